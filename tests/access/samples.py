"""For every route whose URL names an object: which object of the world, and who may open it.

`key` turns the world into the URL's arguments; `insiders` are the personas within whose reach the object lies: they must not
get a 404, everybody else must get exactly the 404 of an object that does not exist.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.access.world import World


@dataclass(frozen=True)
class Sample:
    key: Callable[[World], dict[str, Any]]
    insiders: frozenset[str]
    nothing: Callable[[], dict[str, Any]] = lambda: {"uid": uuid.uuid4()}


def graduate(world: World) -> dict[str, Any]:
    return {"uid": world.graduate.uid}


SEES_MEI = frozenset({"mei", "supervisor", "counsellor", "college", "student affairs", "admin"})

SAMPLES: dict[str, Sample] = {}
