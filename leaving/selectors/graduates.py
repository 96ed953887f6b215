"""Lists of graduates, and how complete their import is (G1, G2). Everything here stays within `graduates_visible_to`."""

import re
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Replace

from leaving.choices import Level
from leaving.models import Cohort, Graduate
from leaving.selectors.reach import graduates_visible_to, reached_by
from leaving.selectors.responsibilities import ImportReach, Responsibilities, Standing, is_overseas
from leaving.selectors.statistics import classes_of
from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import holds_anywhere

_PINYIN = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*")


def sees_graduates(user: User) -> bool:
    """Has this person any reason to look at a list of graduates?"""
    return (
        holds_anywhere(user, Right.VIEW_GRADUATES, Right.IMPORT_GRADUATES)
        or Graduate.objects.filter(Q(supervisor=user) | Q(second_supervisor=user)).exists()
        or bool(classes_of(user))
    )


graduates_viewer = Rule(
    "sees graduates or has students",
    lambda user: user.is_authenticated and user.is_active and sees_graduates(user),
)


@dataclass(frozen=True, slots=True)
class GraduateFilters:
    """What narrows the list down; empty means all."""

    q: str = ""
    cohort: Cohort | None = None
    college: Department | None = None
    level: str = ""
    school_class: str = ""


def found(graduates: QuerySet[Graduate], filters: GraduateFilters) -> QuerySet[Graduate]:
    """The graduates that the filters leave."""
    if filters.cohort:
        graduates = graduates.filter(cohort=filters.cohort)
    if filters.college:
        graduates = graduates.filter(college=filters.college)
    if filters.level:
        graduates = graduates.filter(level=filters.level)
    if filters.school_class:
        graduates = graduates.filter(school_class__name__icontains=filters.school_class)
    return _searched(graduates, filters.q.strip()) if filters.q.strip() else graduates


def _searched(graduates: QuerySet[Graduate], text: str) -> QuerySet[Graduate]:
    """By student number from its beginning, by part of the name, or by pinyin: `zhangxiaoming`, `zhang xiao`, `zxm`."""
    if _NUMBER.fullmatch(text):
        return graduates.filter(student_no__istartswith=text)
    letters = "".join(_PINYIN.findall(text.casefold()))
    if not letters or not text.isascii():
        return graduates.filter(name__icontains=text)
    graduates = graduates.alias(letters=Replace(F("sort_key"), Value(" "), Value("")))
    initials = "^" + "[a-z]* ".join(letters)
    return graduates.filter(
        Q(letters__startswith=letters)
        | Q(name__icontains=text)
        | Q(sort_key__regex=initials, pk__isnull=len(letters) < 2)
    )


def for_list(graduates: QuerySet[Graduate]) -> QuerySet[Graduate]:
    """With what a line of the list shows, and without what it does not."""
    return graduates.select_related("college", "major", "school_class", "campus").defer("identity_cipher")


def may_reveal(user: User, graduate: Graduate) -> bool:
    """May this person see the number of the document in plain, with a reason (X2)?"""
    return Graduate.objects.filter(reached_by(user, Right.REVEAL), pk=graduate.pk).exists()


@dataclass(frozen=True, slots=True)
class Imported:
    """How many graduates one department has brought in of one college and level."""

    responsible: Department | None
    college: Department
    level: str
    total: int
    mine: bool

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)


def completeness(user: User, cohort: Cohort) -> list[Imported]:
    """What each responsible department has imported, by college and level, within reach of `user` (G2). Four queries."""
    responsibilities, reach = Responsibilities.current(), ImportReach(user)
    totals: Counter[tuple[int | None, int, str]] = Counter()
    groups = (
        graduates_visible_to(user)
        .filter(cohort=cohort)
        .order_by()
        .values_list(
            "college", "level", "study_mode", "certificates", "dispatch", "nationality", "document_type"
        )
        .annotate(total=Count("pk"))
    )
    for college, level, mode, certificates, dispatch, nationality, kind, total in groups:
        standing = Standing(college, level, mode, certificates, dispatch, is_overseas(nationality, kind))
        totals[responsibilities.responsible_for(standing), college, level] += total
    departments = Department.objects.in_bulk(
        {pk for first, second, _ in totals for pk in (first, second) if pk}
    )
    order = {level: place for place, level in enumerate(Level.values)}
    lines = [
        Imported(departments[pk] if pk else None, departments[college], level, total, reach.covers(pk, level))
        for (pk, college, level), total in totals.items()
    ]
    return sorted(
        lines,
        key=lambda line: (
            not line.mine,
            line.responsible.order if line.responsible else 10**9,
            line.college.order,
            order[line.level],
        ),
    )


def rosters_seen_by(user: User) -> QuerySet[Graduate]:
    """The graduates of `graduates_visible_to` but oneself: a list is for those who look after others."""
    return graduates_visible_to(user).exclude(user=user)
