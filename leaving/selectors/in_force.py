"""What is in force on the sheets, beside what has been edited and not published yet (C3, C4).

Whatever happens on a sheet between two publications reads this; the plan, the simulator and publishing read the checkpoints.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from leaving.models import Checkpoint, CheckpointInForce, PrerequisiteInForce
from leaving.selectors.applicability import prerequisites


def before_in_force(checkpoints: Iterable[int]) -> defaultdict[int, set[int]]:
    """Checkpoint → the checkpoints that must be passed before it, the gate among them (C4), for each of these ids. One query."""
    before: defaultdict[int, set[int]] = defaultdict(set)
    found = PrerequisiteInForce.objects.filter(checkpoint__in=list(checkpoints))
    for one, first in found.values_list("checkpoint", "first"):
        before[one].add(first)
    return before


def edited_since_published(checkpoints: Sequence[Checkpoint]) -> bool:
    """Whether these (all of a cohort, as `checkpoints_of` fetches them) would decide otherwise about sheets than those in force.

    Names and texts, which are shown at once, do not count. One query.
    """
    ids = [checkpoint.pk for checkpoint in checkpoints]
    in_force = CheckpointInForce.objects.filter(checkpoint__in=ids).values_list("checkpoint", "definition")
    return dict(in_force) != definitions(checkpoints)


def definitions(checkpoints: Sequence[Checkpoint]) -> dict[int, dict[str, Any]]:
    """Checkpoint → all that says who decides it, what comes before it, and whom it is for, as JSON can hold it."""
    needs = prerequisites(checkpoints)
    return {
        checkpoint.pk: {
            "decides": [checkpoint.owner_kind, checkpoint.department_id, checkpoint.node_kind],
            "before": sorted(needs[checkpoint.pk]),
            "rules": [
                [
                    rule.outcome,
                    sorted(rule.levels),
                    sorted(rule.study_modes),
                    rule.certificates,
                    rule.housing,
                    rule.college_match,
                    sorted(college.pk for college in rule.colleges.all()),
                    sorted(campus.pk for campus in rule.campuses.all()),
                    rule.political_match,
                    sorted(rule.political_statuses),
                ]
                for rule in sorted(checkpoint.rules.all(), key=lambda rule: rule.order)
            ],
        }
        for checkpoint in checkpoints
    }
