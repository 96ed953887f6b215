"""The demo is told by the apps, each its own part, in order. `manage.py demo` plays it (idempotent)."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo: its name to sign in with, and who that is in both languages."""

    username: str
    role_zh: str
    role_en: str


@dataclass(frozen=True)
class Step:
    """A part of the demo: gets the number of graduates asked for; must be idempotent."""

    order: int
    name: str
    play: Callable[[int], None]
    accounts: tuple[DemoAccount, ...] = ()


_steps: list[Step] = []


def register_step(step: Step) -> None:
    """Called from AppConfig.ready(). Orders: 10 departments and staff, 20 graduates, 30 clearance, 40 alumni, 50 liaisons."""
    _steps.append(step)


def steps() -> list[Step]:
    """All parts in the order in which they are played."""
    return sorted(_steps, key=lambda step: step.order)
