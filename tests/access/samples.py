"""For every route whose URL names an object: which object of the world, and who may open it.

`key` turns the world into the URL's arguments; `insiders` are the personas within whose reach the object lies: they must not
get a 404, everybody else must get exactly the 404 of an object that does not exist.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alumni.services.people import record_graduates
from tests.access.world import World


@dataclass(frozen=True)
class Sample:
    key: Callable[[World], dict[str, Any]]
    insiders: frozenset[str]
    nothing: Callable[[], dict[str, Any]] = lambda: {"uid": uuid.uuid4()}


def graduate(world: World) -> dict[str, Any]:
    return {"uid": world.graduate.uid}


def person(world: World) -> dict[str, Any]:
    """Mei, cleared and become an alumna."""
    record_graduates(graduate_ids=[world.graduate.pk], actor=None)
    return {"uid": world.graduate.degree.person.uid}


def its_class(world: World) -> dict[str, Any]:
    assert world.graduate.school_class is not None
    return {"uid": world.graduate.school_class.uid}


SEES_MEI = frozenset({"mei", "supervisor", "counsellor", "college", "student affairs", "admin"})

SEES_ALUMNI = frozenset({"college", "student affairs", "alumni office", "admin"})

SAMPLES: dict[str, Sample] = {
    "alumni:person-detail": Sample(person, SEES_ALUMNI),
    "alumni:person-edit": Sample(person, SEES_ALUMNI),
    "leaving:activation-codes": Sample(its_class, frozenset({"counsellor", "college", "admin"})),
    "leaving:activation-reset": Sample(graduate, frozenset({"counsellor", "college", "admin"})),
}
