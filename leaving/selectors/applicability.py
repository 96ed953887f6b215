"""Rules as conditions of the database: which checkpoint applies to whom, and who decides it (C3 to C5).

Everything here is an expression of the database, so that a cohort is opened, simulated or brought in line by one statement,
whatever its size.
"""

from collections.abc import Iterable, Mapping

from django.db.models import BigIntegerField, Case, Expression, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from leaving.choices import Match, OwnerKind
from leaving.models import Checkpoint, CheckpointRule
from portal.departments.choices import DepartmentKind
from portal.departments.models import Campus, Department
from portal.errors import Refused
from portal.localized import localized

ON_SHEET = "graduate__"  # from a sheet to its graduate


def checkpoints_of(cohort_id: int) -> list[Checkpoint]:
    """The checkpoints of a cohort in order, with their offices, rules and prerequisites fetched."""
    return list(
        Checkpoint.objects.filter(cohort_id=cohort_id)
        .select_related("department")
        .order_by("order", "number")
        .prefetch_related("rules__colleges", "rules__campuses", "requires")
    )


def prerequisites(checkpoints: Iterable[Checkpoint]) -> dict[int, set[int]]:
    """Checkpoint → the checkpoints that must be passed before it: those it requires, and the gate (C4)."""
    checkpoints = list(checkpoints)
    gates = {checkpoint.pk for checkpoint in checkpoints if checkpoint.is_gate}
    return {
        checkpoint.pk: ({required.pk for required in checkpoint.requires.all()} | gates) - {checkpoint.pk}
        for checkpoint in checkpoints
    }


def check_no_cycle(needs: Mapping[int, set[int]], checkpoints: Iterable[Checkpoint]) -> None:
    """Raises Refused (`checkpoint_cycle`), naming the `checkpoints` of one circle, when some wait for each other (C4)."""
    circle = _circle(needs)
    if not circle:
        return
    names = {checkpoint.pk or 0: localized(checkpoint, "name") for checkpoint in checkpoints}
    raise Refused(
        "checkpoint_cycle",
        _("These checkpoints wait for each other in a circle: %(names)s. Take one of these steps away.")
        % {"names": " → ".join(names.get(one, "…") for one in circle)},
        checkpoints=circle,
    )


def _circle(needs: Mapping[int, set[int]]) -> list[int]:
    """One circle as a walk that ends where it began, each waiting for the next; empty where there is none."""
    left = {one: set(others) for one, others in needs.items()}
    while free := {one for one, others in left.items() if not others & left.keys()}:
        left = {one: others for one, others in left.items() if one not in free}
    if not left:
        return []
    walk = [min(left)]  # whoever is left waits for somebody who is left, so the walk comes back to itself
    while (following := min(left[walk[-1]] & left.keys())) not in walk:
        walk.append(following)
    return [*walk[walk.index(following) :], following]


def fits(rule: CheckpointRule, path: str = ON_SHEET) -> Q:
    """The condition that `rule` fits a graduate; `path` leads to the graduate from what is asked, a sheet unless told."""
    condition = Q(pk__isnull=False)
    if rule.levels:
        condition &= Q(**{f"{path}level__in": rule.levels})
    if rule.study_modes:
        condition &= Q(**{f"{path}study_mode__in": rule.study_modes})
    if rule.certificates:
        condition &= Q(**{f"{path}certificates": rule.certificates})
    if rule.housing:
        condition &= Q(**{f"{path}housing": rule.housing})
    campuses = [campus.pk for campus in rule.campuses.all()]
    if campuses:
        condition &= Q(**{f"{path}campus__in": campuses})
    if rule.college_match != Match.ANY:
        listed = Q(**{f"{path}college__in": [college.pk for college in rule.colleges.all()]})
        condition &= listed if rule.college_match == Match.ONLY else ~listed
    if rule.political_match != Match.ANY:
        listed = Q(**{f"{path}political_status__in": rule.political_statuses})
        condition &= listed if rule.political_match == Match.ONLY else ~listed
        condition &= ~Q(**{f"{path}political_status": ""})
    return condition


def first_rule(checkpoint: Checkpoint, path: str = ON_SHEET) -> Expression:
    """The id of the first rule that fits; NULL where none does. `path` as for `fits`."""
    rules = sorted(checkpoint.rules.all(), key=lambda rule: rule.order)
    return Case(
        *[When(fits(rule, path), then=Value(rule.pk)) for rule in rules],
        default=nobody(),
        output_field=IntegerField(),
    )


def decided_by(checkpoint: Checkpoint, path: str = ON_SHEET) -> Expression:
    """The department that decides, NULL where the supervisor does (C5). `path` as for `fits`."""
    kind = checkpoint.owner_kind
    if kind == OwnerKind.OFFICE:
        return Value(checkpoint.department_id, output_field=IntegerField())
    if kind == OwnerKind.COLLEGE:
        return F(f"{path}college_id")  # type: ignore[return-value]
    if kind == OwnerKind.NODE:
        nodes = Department.objects.filter(kind=DepartmentKind(checkpoint.node_kind), parent__isnull=False)
        return _looked_up(f"{path}college", dict(nodes.values_list("parent_id", "pk")))
    if kind == OwnerKind.DORMITORY:
        offices = Campus.objects.values_list("pk", "dormitory_office_id")
        return _looked_up(f"{path}campus", dict(offices))
    return nobody()


def _looked_up(field: str, table: Mapping[int | None, int]) -> Expression:
    return Case(
        *[When(Q(**{field: key}), then=Value(value)) for key, value in table.items()],
        default=nobody(),
        output_field=IntegerField(),
    )


def nobody() -> Expression:
    """No department, no supervisor, no rule."""
    return Cast(Value(None), BigIntegerField())
