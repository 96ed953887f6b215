"""How far clearance is, for those who look after it: whose figures one sees, and the figures (C10, P7)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from leaving.choices import CohortState, ItemState, Level, OwnerKind, SheetState
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet, Cohort, SchoolClass
from leaving.selectors.counters import counts
from portal.accounts.access import AnyUser, Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department
from portal.departments.selectors import holdings

T = TypeVar("T")

UNIVERSITY, CLASSES, NO_CLASS = "university", "classes", "none"


class OutOfReach(LookupError):
    """What was asked for does not exist, or not for this person: both look the same."""


def classes_of(user: User) -> frozenset[int]:
    """The classes that `user` looks after as counsellor or class teacher (P7); within a request asked once."""
    found: frozenset[int] | None = user.remembered.get("classes") if user.remembered is not None else None
    if found is None:
        mine = SchoolClass.objects.filter(Q(counsellor=user) | Q(class_teacher=user))
        found = frozenset(mine.order_by().values_list("pk", flat=True))
        if user.remembered is not None:
            user.remembered["classes"] = found
    return found


def _of_nodes(user: AnyUser) -> bool:
    held = holdings(user, Right.DECIDE, Right.VIEW_GRADUATES)
    return any(at.kind in DepartmentKind.college_nodes() for at in held)


sees_statistics = Rule(
    "sees statistics, works at a node of a college, or looks after a class",
    lambda user: (
        user.is_authenticated
        and user.is_active
        and (bool(holdings(user, Right.STATISTICS)) or _of_nodes(user) or bool(classes_of(user)))
    ),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a cohort a person looks at in one go: the university, a college or its postgraduates, an office's own
    checkpoints in all colleges, or the own classes."""

    key: str
    department: Department | None = None
    college: int | None = None
    levels: tuple[Level, ...] | None = None
    office: int | None = None
    classes: frozenset[int] | None = None

    @property
    def title(self) -> str:
        if self.department is None:
            return _("My classes")
        if self.levels:
            return _("%(college)s: postgraduates") % {"college": self.department}
        if self.office:
            return _("%(office)s: own checkpoints") % {"office": self.department}
        return str(self.department)

    def reach(self) -> Q:
        """A condition on sheets."""
        where = Q(state__in=SheetState.shown())
        if self.college:
            where &= Q(college=self.college)
        if self.levels:
            where &= Q(level__in=self.levels)
        if self.classes is not None:
            where &= Q(graduate__school_class__in=self.classes)
        return where


def sights_of(user: AnyUser) -> list[Sight]:
    """All that this person may look at, the widest first; who sees the university needs no more. At most four queries."""
    if not user.is_authenticated or not user.is_active:
        return []
    held = holdings(user, Right.STATISTICS)
    nodes = holdings(user, Right.DECIDE, Right.VIEW_GRADUATES)
    held += [at for at in nodes if at.kind in DepartmentKind.college_nodes()]
    own_classes = classes_of(user)
    mine = [Sight(CLASSES, classes=own_classes)] if own_classes else []
    wanted = {at.department for at in held} | {at.parent for at in held if at.parent}
    departments = Department.objects.select_related("parent").in_bulk(wanted) if wanted else {}
    if universities := [at.department for at in held if at.kind == DepartmentKind.UNIVERSITY]:
        return [Sight(UNIVERSITY, departments[universities[0]]), *mine]
    colleges = {at.department for at in held if at.kind == DepartmentKind.COLLEGE}
    offices = {at.department for at in held if at.kind == DepartmentKind.OFFICE}
    if colleges:  # a college can be an office too, as the key laboratory is
        offices |= set(
            Checkpoint.objects.filter(department__in=colleges).values_list("department", flat=True)
        )
    colleges |= {at.parent for at in held if at.kind in (DepartmentKind.WORK_GROUP, DepartmentKind.ROLL)}
    secretaries = {at.parent for at in held if at.kind == DepartmentKind.SECRETARY} - colleges
    return [
        *(Sight(f"college-{pk}", departments[pk], college=pk) for pk in _ordered(colleges, departments)),
        *(
            Sight(f"postgraduates-{pk}", departments[pk], college=pk, levels=Level.postgraduate())
            for pk in _ordered(secretaries, departments)
        ),
        *(Sight(f"office-{pk}", departments[pk], office=pk) for pk in _ordered(offices, departments)),
        *mine,
    ]


def _ordered(ids: Iterable[int], departments: Mapping[int, Department]) -> list[int]:
    return sorted(ids, key=lambda pk: (departments[pk].order, departments[pk].code))


@dataclass(frozen=True, slots=True)
class Selection:
    """A sight narrowed down. `parameters` says the same as an address does."""

    user: User
    sight: Sight
    sights: list[Sight] = field(repr=False)
    cohorts: list[Cohort] = field(repr=False)
    cohort: Cohort
    college: Department | None = None
    school_class: SchoolClass | None = None
    without_class: bool = False
    level: str = ""
    checkpoint: Checkpoint | None = None
    state: str = ""
    q: str = ""

    @property
    def of_classes(self) -> bool:
        """Are the rows classes? Else they are colleges."""
        return bool(self.sight.college or self.college or self.sight.classes is not None)

    @property
    def of_one_class(self) -> bool:
        """One class only, or those who are in none."""
        return bool(self.school_class or self.without_class)

    @property
    def place(self) -> str:
        """The narrowest of sight, college and class, in words."""
        if self.without_class:
            return _("without a class")
        return str(self.school_class or self.college or self.sight.title)

    @property
    def levels(self) -> list[Level] | None:
        """Only these, or all."""
        if self.level:
            return [Level(self.level)]
        return list(self.sight.levels) if self.sight.levels else None

    def parameters(self) -> dict[str, str]:
        """What `select` makes the same of."""
        said = {
            "sight": self.sight.key,
            "cohort": key_of(self.cohort),
            "college": self.college.code if self.college else "",
            "class": str(self.school_class.uid)
            if self.school_class
            else NO_CLASS
            if self.without_class
            else "",
            "level": self.level,
            "checkpoint": str(self.checkpoint.number) if self.checkpoint else "",
            "state": self.state,
            "q": self.q,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def told(self) -> str:
        """The same in words."""
        state = ItemState(self.state).label if self.state else ""
        level = Level(self.level).label if self.level else ""
        parts = (self.cohort, self.place, level, self.checkpoint, state, self.q and f"“{self.q}”")
        return " · ".join(str(part) for part in parts if part)

    def sheets(self) -> QuerySet[ClearanceSheet]:
        """The sheets within, open and cleared."""
        where = self.sight.reach() & Q(cohort=self.cohort, state__in=SheetState.shown())
        if self.college:
            where &= Q(college=self.college)
        if self.of_one_class:
            where &= Q(graduate__school_class=self.school_class)
        if self.level:
            where &= Q(level=self.level)
        return ClearanceSheet.objects.filter(where)

    def items(self) -> Q:
        """A condition on items: those that this sight shows."""
        return Q(owner=self.sight.office) if self.sight.office else Q()

    def late(self) -> QuerySet[ClearanceSheet]:
        """The open sheets on which something is missing, or just the checkpoint and state asked for."""
        open_items = ClearanceItem.objects.filter(self.items(), sheet=OuterRef("pk"))
        open_items = open_items.filter(state__in=[self.state] if self.state else ItemState.open())
        if self.checkpoint:
            open_items = open_items.filter(checkpoint=self.checkpoint)
        sheets = self.sheets().filter(Exists(open_items), state=SheetState.OPEN)
        if self.q:
            sheets = sheets.filter(
                Q(graduate__student_no__startswith=self.q) | Q(graduate__name__contains=self.q)
            )
        return sheets


def cohorts() -> list[Cohort]:
    """Those that have checkpoints, the open ones first, the latest first."""
    found = Cohort.objects.filter(Exists(Checkpoint.objects.filter(cohort=OuterRef("pk")))).order_by(
        "-year", "-month"
    )
    return sorted(found, key=lambda cohort: cohort.state != CohortState.OPEN)


def key_of(cohort: Cohort) -> str:
    """How an address names a cohort."""
    return str(cohort.code)


def select(user: User, parameters: Mapping[str, str]) -> Selection | None:
    """What `parameters` (`sight cohort college class level checkpoint state q`, each may be missing) ask for, as far as `user`
    may see it; `class=none` those in no class. None when there is no cohort yet. Raises OutOfReach."""
    sights, available = sights_of(user), cohorts()
    if not sights:
        raise OutOfReach
    if not available:
        return None
    sight = _named(sights, parameters.get("sight"), lambda one: one.key)
    cohort = _named(available, parameters.get("cohort"), key_of)
    given = {name: parameters.get(name, "") for name in ("level", "state", "q")}
    if given["level"] not in ("", *(sight.levels or Level.values)):
        raise OutOfReach
    if given["state"] not in ("", *ItemState.open()):
        raise OutOfReach
    college = school_class = checkpoint = None
    if code := parameters.get("college"):
        college = Department.objects.filter(code=code, kind=DepartmentKind.COLLEGE).first()
        if college is None or sight.college not in (None, college.pk) or sight.classes is not None:
            raise OutOfReach
    uid = parameters.get("class", "")
    if uid == NO_CLASS and sight.classes is not None:
        raise OutOfReach
    if uid not in ("", NO_CLASS):
        school_class = _class_of(uid, sight)
        if college is not None and school_class.college_id != college.pk:
            raise OutOfReach
    if number := parameters.get("checkpoint"):
        checkpoint = next((one for one in checkpoints(cohort, sight) if str(one.number) == number), None)
        if checkpoint is None:
            raise OutOfReach
    return Selection(
        user,
        sight,
        sights,
        available,
        cohort,
        college=college,
        school_class=school_class,
        without_class=uid == NO_CLASS,
        checkpoint=checkpoint,
        **given,
    )


def _named(choices: Collection[T], name: str | None, key: Callable[[T], str]) -> T:
    """The one of that name, the first without a name. Raises OutOfReach."""
    for choice in choices:
        if not name or key(choice) == name:
            return choice
    raise OutOfReach


def _class_of(uid: str, sight: Sight) -> SchoolClass:
    try:
        found = SchoolClass.objects.select_related("college").filter(uid=UUID(uid)).first()
    except ValueError:
        found = None
    if found is None or sight.college not in (None, found.college_id):
        raise OutOfReach
    if sight.classes is not None and found.pk not in sight.classes:
        raise OutOfReach
    return found


def checkpoints(cohort: Cohort, sight: Sight) -> list[Checkpoint]:
    """The checkpoints of a cohort that a sight shows, in order: an office its own."""
    found = Checkpoint.objects.filter(cohort=cohort)
    if sight.office:
        own = Q(department=sight.office)
        if Campus.objects.filter(dormitory_office=sight.office).exists():
            own |= Q(owner_kind=OwnerKind.DORMITORY)
        found = found.filter(own)
    return list(found.order_by("order", "number"))


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a sight's graduates are cleared."""

    sight: Sight
    graduates: int
    cleared: int


def cleared_share(user: AnyUser) -> Share | None:
    """Of the latest open cohort, what this person looks after; None for an office alone, or where there is nothing yet."""
    sight = next((one for one in sights_of(user) if not one.office), None)
    cohort = Cohort.objects.filter(state=CohortState.OPEN).order_by("-year", "-month").first()
    if sight is None or cohort is None:
        return None
    if sight.classes is not None:
        states = list(
            ClearanceSheet.objects.filter(
                sight.reach(), cohort=cohort, state__in=SheetState.shown()
            ).values_list("state", flat=True)
        )
        return Share(sight, len(states), states.count(SheetState.CLEARED)) if states else None
    colleges = [sight.college] if sight.college else None
    sheets = [
        one for one in counts(cohort.pk, colleges=colleges, levels=sight.levels) if one.checkpoint is None
    ]
    total = sum(one.n for one in sheets if one.state in SheetState.shown())
    return (
        Share(sight, total, sum(one.n for one in sheets if one.state == SheetState.CLEARED))
        if total
        else None
    )
