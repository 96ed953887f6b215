"""What the rules' page says of each checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leaving.choices import Change
from leaving.models import Checkpoint
from leaving.selectors.applicability import prerequisites
from leaving.selectors.rule_words import owner_in_words, rule_in_words
from leaving.selectors.rules import Simulation
from portal.localized import localized

# What can be asked for by name: the changes, and what else is counted beside them.
TITLES: dict[str, str | Promise] = {
    **{change.value: change.label for change in Change if change != Change.ABSENT},
    "moves": _("somebody else decides"),
    "held": _("waiting for another"),
    "nobody": _("nobody to decide"),
    "cleared": _("sheets that will be complete"),
}
TONES = {Change.GAINS: "info", Change.LOSES: "warning", "nobody": "error"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name in the address, what it means, and a tone."""

    what: str
    label: str
    number: int
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One checkpoint of the page."""

    checkpoint: Checkpoint
    owner: str
    before: list[str]
    rules: list[str]
    changes: list[Figure]
    rest: list[Figure]


def lines_of(checkpoints: Sequence[Checkpoint], simulation: Simulation | None) -> list[Line]:
    """Each checkpoint in words with its figures; no figures without a simulation (a closed cohort)."""
    needs = prerequisites(checkpoints)
    names = {checkpoint.pk: localized(checkpoint, "name") for checkpoint in checkpoints}
    lines = []
    for place, checkpoint in enumerate(checkpoints):
        changes, rest = _figures(simulation, place) if simulation else ([], [])
        lines.append(
            Line(
                checkpoint=checkpoint,
                owner=owner_in_words(checkpoint),
                before=[names[pk] for pk in names if pk in needs[checkpoint.pk]],
                rules=[rule_in_words(rule) for rule in checkpoint.rules.all()],
                changes=changes,
                rest=rest,
            )
        )
    return lines


def _figures(simulation: Simulation, place: int) -> tuple[list[Figure], list[Figure]]:
    """What changes, and what else there is to know."""
    found = simulation.lines[place]
    changes: dict[str, int] = {
        **{change: found.changes.get(change, 0) for change in Change.real()},
        "moves": found.moves,
    }
    rest: dict[str, int] = {
        "held": found.held,
        "nobody": found.nobody,
        Change.STANDS: found.changes.get(Change.STANDS, 0),
        Change.KEEPS: found.changes.get(Change.KEEPS, 0),
    }
    return _worth_telling(changes), _worth_telling(rest)


def totals_of(simulation: Simulation) -> list[Figure]:
    """The changes of all checkpoints together, in items."""
    numbers: dict[str, int] = {
        change: sum(line.changes.get(change, 0) for line in simulation.lines) for change in Change.real()
    }
    return _worth_telling({**numbers, "moves": sum(line.moves for line in simulation.lines)})


def _worth_telling(numbers: dict[str, int]) -> list[Figure]:
    return [
        Figure(str(what), str(TITLES[str(what)]), number, TONES.get(what, "neutral"))
        for what, number in numbers.items()
        if number
    ]
