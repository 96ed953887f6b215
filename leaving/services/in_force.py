"""Putting checkpoints in force: only publishing does, in the transaction that brings the sheets in line (C3; decision 13)."""

from collections.abc import Sequence

from leaving.models import Checkpoint, CheckpointInForce, Cohort, PrerequisiteInForce
from leaving.selectors.applicability import prerequisites
from leaving.selectors.in_force import definitions


def put_in_force(cohort: Cohort, checkpoints: Sequence[Checkpoint]) -> None:
    """From now on these, all of the cohort's (as `checkpoints_of` fetches them), are in force. The caller holds the cohort."""
    CheckpointInForce.objects.filter(checkpoint__cohort=cohort).delete()
    PrerequisiteInForce.objects.filter(checkpoint__cohort=cohort).delete()
    defined = definitions(checkpoints)
    CheckpointInForce.objects.bulk_create(
        CheckpointInForce(checkpoint=one, owner_kind=one.owner_kind, definition=defined[one.pk])
        for one in checkpoints
    )
    PrerequisiteInForce.objects.bulk_create(
        PrerequisiteInForce(checkpoint_id=one, first_id=first)
        for one, before in prerequisites(checkpoints).items()
        for first in sorted(before)
    )
