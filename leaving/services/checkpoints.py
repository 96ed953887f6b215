"""Setting up the checkpoints of a cohort."""

from django.db import transaction
from django.utils.translation import gettext as _

from leaving.choices import CohortState, OwnerKind
from leaving.models import Checkpoint, CheckpointRule, Cohort
from leaving.presets import PUBLISHED, PresetCheckpoint, PresetRule
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import holds_university_wide
from portal.errors import Refused
from portal.localized import localized


def refuse_unless_may_set_up(actor: User | None) -> None:
    """Raises Refused unless `actor` may set up and open cohorts (the right is held on the university; None is the system)."""
    if actor is not None and not holds_university_wide(actor, Right.OPEN_COHORT):
        raise Refused("not_allowed", _("You have no right to set up and open cohorts."))


@transaction.atomic
def apply_published_checkpoints(*, cohort: Cohort, actor: User | None) -> int:
    """Gives a cohort without checkpoints the published ones; returns how many were made (0: it had some already).

    Raises Refused when the cohort is closed, or an office the preset names does not exist. Audited as `checkpoints.preset`.
    """
    refuse_unless_may_set_up(actor)
    cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    if cohort.checkpoints.exists():
        return 0
    if cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("The cohort %(year)s is closed.") % {"year": cohort.code})
    offices = {department.code: department for department in Department.objects.all()}
    colleges = {
        department.name_zh: department
        for department in offices.values()
        if department.kind == DepartmentKind.COLLEGE
    }
    missing = [preset for preset in PUBLISHED if preset.office and preset.office not in offices]
    if missing:
        names = [f"{localized(preset, 'name')} ({preset.office})" for preset in missing]
        raise Refused(
            "office_unknown",
            _("Set up these departments first, in the administration and with these codes: %(codes)s.")
            % {"codes": _(", ").join(names)},
        )
    made = Checkpoint.objects.bulk_create(
        _checkpoint(cohort, order * 10, preset, offices.get(preset.office))
        for order, preset in enumerate(PUBLISHED, start=1)
    )
    wanted = [
        (checkpoint, place * 10, rule)
        for checkpoint, preset in zip(made, PUBLISHED, strict=True)
        for place, rule in enumerate(preset.rules, start=1)
    ]
    rules = CheckpointRule.objects.bulk_create(_rule(*each) for each in wanted)
    of_college = CheckpointRule.colleges.through
    of_college.objects.bulk_create(
        of_college(checkpointrule=rule, department=colleges[name])
        for rule, (*_place, preset) in zip(rules, wanted, strict=True)
        for name in preset.colleges
        if name in colleges
    )
    record(
        "checkpoints.preset",
        actor=actor,
        target=f"leaving.cohort:{cohort.code}",
        details={"checkpoints": len(PUBLISHED)},
    )
    return len(PUBLISHED)


def _checkpoint(
    cohort: Cohort, order: int, preset: PresetCheckpoint, office: Department | None
) -> Checkpoint:
    return Checkpoint(
        cohort=cohort,
        number=preset.number,
        key=preset.key,
        order=order,
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


def _rule(checkpoint: Checkpoint, order: int, preset: PresetRule) -> CheckpointRule:
    return CheckpointRule(
        checkpoint=checkpoint,
        order=order,
        levels=list(preset.levels),
        certificates=preset.certificates or "",
        housing=preset.housing or "",
        college_match=preset.college_match,
        political_match=preset.political_match,
        political_statuses=list(preset.political_statuses),
        outcome=preset.outcome,
        reason_zh=preset.reason_zh,
        reason_en=preset.reason_en,
    )
