"""Setting up the checkpoints of a cohort."""

from django.db import transaction
from django.utils.translation import gettext as _

from leaving.choices import OwnerKind
from leaving.models import Checkpoint, CheckpointRule, Cohort
from leaving.presets import PUBLISHED, PresetCheckpoint
from leaving.selectors.applicability import check_no_cycle, checkpoints_of, prerequisites
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import holds_university_wide
from portal.errors import Refused


def refuse_unless_may_set_up(actor: User | None) -> None:
    """Raises Refused unless `actor` may set up and open cohorts (the right is held on the university; None is the system)."""
    if actor is not None and not holds_university_wide(actor, Right.OPEN_COHORT):
        raise Refused("not_allowed", _("You have no right to set up and open cohorts."))


@transaction.atomic
def apply_published_checkpoints(*, cohort: Cohort, actor: User | None) -> int:
    """Gives a cohort without checkpoints the published ones; returns how many were made (0: it had some already).

    Raises Refused when an office the preset names does not exist. Audited as `checkpoints.preset`.
    """
    refuse_unless_may_set_up(actor)
    Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    if cohort.checkpoints.exists():
        return 0
    offices = {department.code: department for department in Department.objects.all()}
    colleges = {
        department.name_zh: department
        for department in offices.values()
        if department.kind == DepartmentKind.COLLEGE
    }
    missing = {preset.office for preset in PUBLISHED} - offices.keys() - {""}
    if missing:
        raise Refused(
            "office_unknown",
            _("Set up these departments first (by their codes): %(codes)s.")
            % {"codes": ", ".join(sorted(missing))},
        )
    for order, preset in enumerate(PUBLISHED, start=1):
        _create(cohort, order, preset, offices.get(preset.office), colleges)
    record(
        "checkpoints.preset",
        actor=actor,
        target=f"leaving.cohort:{cohort.year}",
        details={"checkpoints": len(PUBLISHED)},
    )
    return len(PUBLISHED)


def _create(
    cohort: Cohort,
    order: int,
    preset: PresetCheckpoint,
    office: Department | None,
    colleges: dict[str, Department],
) -> None:
    checkpoint = Checkpoint.objects.create(
        cohort=cohort,
        number=preset.number,
        key=preset.key,
        order=order * 10,
        name_zh=preset.name_zh,
        name_en=preset.name_en,
        instructions_zh=preset.instructions_zh,
        instructions_en=preset.instructions_en,
        owner_kind=preset.owner_kind,
        department=office if preset.owner_kind == OwnerKind.OFFICE else None,
        node_kind=preset.node_kind or "",
        is_gate=preset.is_gate,
        takes_evidence=bool(preset.evidence_zh),
        evidence_zh=preset.evidence_zh,
        evidence_en=preset.evidence_en,
        asks_for=preset.asks_for or "",
    )
    for place, rule in enumerate(preset.rules, start=1):
        made = CheckpointRule.objects.create(
            checkpoint=checkpoint,
            order=place * 10,
            levels=list(rule.levels),
            certificates=rule.certificates or "",
            housing=rule.housing or "",
            college_match=rule.college_match,
            political_match=rule.political_match,
            political_statuses=list(rule.political_statuses),
            outcome=rule.outcome,
            reason_zh=rule.reason_zh,
            reason_en=rule.reason_en,
        )
        made.colleges.set([colleges[name] for name in rule.colleges if name in colleges])


@transaction.atomic
def set_requires(*, checkpoint: Checkpoint, requires: list[Checkpoint], actor: User) -> None:
    """Says what must be passed before `checkpoint` (C4). Sheets follow when the cohort is opened again.

    Raises Refused for a circle or a checkpoint of another cohort. Audited as `checkpoints.required`.
    """
    refuse_unless_may_set_up(actor)
    Cohort.objects.select_for_update(no_key=True).get(pk=checkpoint.cohort_id)
    if any(required.cohort_id != checkpoint.cohort_id for required in requires):
        raise Refused("checkpoint_elsewhere", _("A checkpoint can only wait for one of its own cohort."))
    checkpoints = checkpoints_of(checkpoint.cohort_id)
    needs = prerequisites(checkpoints)
    gates = {one for one in needs if Checkpoint.objects.filter(pk=one, is_gate=True).exists()}
    needs[checkpoint.pk] = {required.pk for required in requires} | (gates - {checkpoint.pk})
    check_no_cycle(needs, checkpoints)
    checkpoint.requires.set(requires)
    record(
        "checkpoints.required",
        actor=actor,
        target=f"leaving.checkpoint:{checkpoint.pk}",
        details={"requires": [required.number for required in requires]},
    )
