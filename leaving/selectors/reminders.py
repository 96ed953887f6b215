"""Whom a reminder goes to, and what it tells each of them (C10)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leaving.choices import ItemState, Reminded, SheetState
from leaving.models import (
    Checkpoint,
    ClearanceItem,
    ClearanceSheet,
    Cohort,
    Delegation,
    ReminderRun,
    SchoolClass,
)
from leaving.reminder_texts import written
from leaving.selectors.contacts import WhomToAsk
from leaving.selectors.delegations import in_force
from leaving.selectors.missing import open_items, told
from leaving.selectors.questionnaires import unanswered
from leaving.selectors.queues import old_queues
from leaving.selectors.statistics import Selection
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import people_with
from portal.localized import localized
from portal.navigation import university
from portal.notify.kinds import LANGUAGES, Texts
from portal.notify.models import Message
from portal.notify.services.messages import Letter

BLOCK = 500
KINDS = {
    Reminded.GRADUATES: "clearance.missing",
    Reminded.CLERKS: "clearance.queue",
    Reminded.SUPERVISORS: "clearance.reviews",
    Reminded.COUNSELLORS: "clearance.classes",
    Reminded.UNANSWERED: "questionnaire.unanswered",
}
Values = Mapping[str, object]
S = TypeVar("S")
V = TypeVar("V")


def matter_of(cohort: Cohort) -> str:
    """What a reminder is about, for “once a day”: the cohort, whoever reminds of whichever of its checkpoints."""
    return f"cohort:{cohort.code}"


# --- graduates -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Recipients:
    """How many graduates a reminder would reach, and how; and of how many others the sheets are shut until they answer."""

    late: int
    with_account: int
    with_mail: int
    already: int
    shut: int

    @property
    def without_account(self) -> int:
        return self.late - self.with_account

    @property
    def to_remind(self) -> int:
        return self.with_account - self.already

    @property
    def portal_only(self) -> int:
        return self.with_account - self.with_mail


def reminded_of(selection: Selection, audience: Reminded) -> QuerySet[ClearanceSheet]:
    """Whose sheets a reminder by hand is about: GRADUATES who miss something, or those with a questionnaire UNANSWERED."""
    if audience == Reminded.UNANSWERED:
        return unanswered(selection.sheets(), selection.cohort)
    return _not_shut(selection.late(), selection.cohort)


def _not_shut(sheets: QuerySet[ClearanceSheet], cohort: Cohort) -> QuerySet[ClearanceSheet]:
    """Without those that a questionnaire keeps shut: what stands on them is not told, and they are reminded to answer (C1)."""
    return sheets.exclude(pk__in=unanswered(ClearanceSheet.objects.all(), cohort).values("pk"))


def recipients_of(selection: Selection, audience: Reminded = Reminded.GRADUATES) -> Recipients:
    """Counted in five queries, three about questionnaires."""
    late = reminded_of(selection, audience).order_by()
    active = Q(graduate__user__is_active=True)
    mail = active & (~Q(graduate__user__email="") | ~Q(graduate__email=""))
    numbers = late.aggregate(
        late=Count("pk"), with_account=Count("pk", filter=active), with_mail=Count("pk", filter=mail)
    )
    told_today = Message.objects.filter(
        kind=KINDS[audience],
        day=timezone.localdate(),
        matter=matter_of(selection.cohort),
        person__in=late.filter(active).values("graduate__user"),
    )
    if not settings.SENDS_MAIL:
        numbers["with_mail"] = 0
    shut = 0
    if audience == Reminded.GRADUATES:
        shut = unanswered(selection.late(), selection.cohort).count()
    return Recipients(**numbers, already=told_today.count(), shut=shut)


def late_in_cohort(cohort: Cohort) -> QuerySet[ClearanceSheet]:
    """Everybody who misses something and may see what."""
    missing = ClearanceItem.objects.filter(sheet=OuterRef("pk"), state__in=ItemState.open())
    late = ClearanceSheet.objects.filter(Exists(missing), cohort=cohort, state=SheetState.OPEN)
    return _not_shut(late, cohort)


def letters_to_graduates(
    texts: Texts, sheets: QuerySet[ClearanceSheet], items: QuerySet[ClearanceItem]
) -> Iterator[tuple[list[Letter], int]]:
    """Blocks of letters, each with the number of graduates without an account; in the order of the class lists."""
    last = 0
    rows = sheets.select_related("graduate__user", "cohort").defer("graduate__identity_cipher").order_by("pk")
    while block := list(rows.filter(pk__gt=last)[:BLOCK]):
        last = block[-1].pk
        reachable = [sheet for sheet in block if sheet.graduate.user and sheet.graduate.user.is_active]
        yield _letters_about(texts, reachable, items), len(block) - len(reachable)


def letter_to_the_first(
    texts: Texts, sheets: QuerySet[ClearanceSheet], items: QuerySet[ClearanceItem]
) -> Letter | None:
    """What the first of them who can be reached gets to read. Two queries."""
    reachable = sheets.filter(graduate__user__is_active=True).order_by("pk")
    first = reachable.select_related("graduate__user", "cohort").defer("graduate__identity_cipher")[:1]
    return next(iter(_letters_about(texts, list(first), items)), None)


def _letters_about(
    texts: Texts, sheets: Sequence[ClearanceSheet], items: QuerySet[ClearanceItem]
) -> list[Letter]:
    missing = open_items([sheet.pk for sheet in sheets], items)
    pairs = [(sheet, missing[sheet.pk]) for sheet in sheets if sheet.pk in missing]
    values = in_both_languages(pairs, _of_graduate)
    return [
        Letter(sheet.graduate.user_id or 0, written(texts, chinese, english), sheet.graduate.email)
        for (sheet, _items), chinese, english in zip(pairs, *values, strict=True)
    ]


def _of_graduate(pair: tuple[ClearanceSheet, list[ClearanceItem]]) -> Values:
    sheet, items = pair
    ready = [item for item in items if item.state != ItemState.WAITING]
    waiting = [item for item in items if item.state == ItemState.WAITING]
    lines = [f"{number}. {told(item)}{_whom(item)}" for number, item in enumerate(ready, start=1)]
    if waiting:
        names = _(", ").join(localized(item.checkpoint, "name") for item in waiting)
        lines.append(_("After these: %(names)s.") % {"names": names})
    return common(sheet.graduate.name, sheet.cohort, len(items), lines)


def _whom(item: ClearanceItem) -> str:
    whom = str(WhomToAsk.of(item))
    return "\n   " + _("Ask: %(whom)s") % {"whom": whom} if whom else ""


# --- those who decide, and those who look after classes -----------------------------------------------------------------
def letters_to_clerks(texts: Texts, cohort: Cohort, *, days: int) -> list[Letter]:
    """To everybody who may decide for a department with something that old: what, how much, since when."""
    queues = old_queues(cohort.pk, days=days, supervisors=False)
    names = Checkpoint.objects.in_bulk({queue.checkpoint for queue in queues})
    owners = Department.objects.select_related("parent").in_bulk(
        {queue.owner for queue in queues if queue.owner}
    )
    held = people_with(Right.DECIDE, owners)
    people = User.objects.in_bulk(held)

    def values(person: int) -> Values:
        mine = [queue for queue in queues if queue.owner in held[person]]
        lines = [
            _("%(owner)s, %(checkpoint)s: %(n)d, the oldest since %(day)s")
            % {
                "owner": owners[queue.owner or 0],
                "checkpoint": localized(names[queue.checkpoint], "name"),
                "n": queue.n,
                "day": date_format(timezone.localtime(queue.oldest), "Y-m-d"),
            }
            for queue in mine
        ]
        return common(people[person].name, cohort, sum(queue.n for queue in mine), lines)

    return _letters(texts, sorted(people), values)


def letters_to_supervisors(texts: Texts, cohort: Cohort, *, days: int) -> list[Letter]:
    """To every supervisor with a review that old, and to who stands in today: the students who wait."""
    late = {queue.supervisor for queue in old_queues(cohort.pk, days=days, supervisors=True)} - {None}
    waiting = ClearanceItem.objects.filter(
        checkpoint__cohort=cohort,
        supervisor__in=late,
        state=ItemState.PENDING,
        sheet__state=SheetState.OPEN,
    )
    standing_in: dict[int, list[Delegation]] = defaultdict(list)
    for delegation in Delegation.objects.filter(in_force(), supervisor__in=late).order_by("pk"):
        standing_in[delegation.supervisor_id].append(delegation)
    students: dict[int, dict[str, int]] = defaultdict(dict)  # who reviews: student, whose one it is
    for supervisor, college, own, name, number in waiting.order_by("sheet").values_list(
        "supervisor",
        "sheet__graduate__college",
        "sheet__graduate__user",
        "sheet__graduate__name",
        "sheet__graduate__student_no",
    ):
        delegates = {
            one.delegate_id
            for one in standing_in[supervisor]
            if one.college_id in (None, college) and one.delegate_id != own
        }
        for person in {supervisor, *delegates}:
            students[person][f"{name} ({number})"] = supervisor
    people = User.objects.in_bulk({*students, *late})

    def values(person: int) -> Values:
        lines = [
            student
            if supervisor == person
            else _("%(student)s, for %(supervisor)s")
            % {"student": student, "supervisor": people[supervisor].name}
            for student, supervisor in students[person].items()
        ]
        return common(people[person].name, cohort, len(lines), lines)

    return _letters(texts, sorted(person for person in students if people[person].is_active), values)


def letters_to_counsellors(texts: Texts, cohort: Cohort) -> list[Letter]:
    """To everybody who looks after a class that is not cleared yet: how far each of them is."""
    figures: dict[int, tuple[int, int]] = {}
    rows = ClearanceSheet.objects.filter(cohort=cohort, state__in=SheetState.shown())
    for its_class, total, open_ in (
        rows.order_by()
        .values_list("graduate__school_class")
        .annotate(total=Count("pk"), open=Count("pk", filter=Q(state=SheetState.OPEN)))
    ):
        if its_class and open_:
            figures[its_class] = (total, open_)
    of: dict[int, list[SchoolClass]] = defaultdict(list)
    for its_class in SchoolClass.objects.filter(pk__in=figures).order_by("grade", "name"):
        for person in {its_class.counsellor_id, its_class.class_teacher_id} - {None}:
            of[person or 0].append(its_class)
    people = User.objects.filter(is_active=True).in_bulk(of)

    def values(person: int) -> Values:
        lines = [
            _("%(class)s: %(cleared)d of %(total)d cleared, %(open)d not yet")
            % {
                "class": its_class.name,
                "cleared": figures[its_class.pk][0] - figures[its_class.pk][1],
                "total": figures[its_class.pk][0],
                "open": figures[its_class.pk][1],
            }
            for its_class in of[person]
        ]
        missing = sum(figures[its_class.pk][1] for its_class in of[person])
        return common(people[person].name, cohort, missing, lines)

    return _letters(texts, sorted(people), values)


def _letters(texts: Texts, people: Sequence[int], values: Callable[[int], Values]) -> list[Letter]:
    both = in_both_languages(people, values)
    return [
        Letter(person, written(texts, chinese, english))
        for person, chinese, english in zip(people, *both, strict=True)
    ]


def in_both_languages(subjects: Collection[S], values: Callable[[S], V]) -> tuple[list[V], list[V]]:
    """The values of each in Chinese, and in English."""
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append([values(subject) for subject in subjects])
    return said[0], said[1]


def common(name: str, cohort: Cohort, count: int, lines: Iterable[str]) -> Values:
    """The values of the places, in the present language."""
    deadline = date_format(cohort.closes_on, "Y-m-d") if cohort.closes_on else _("the last day")
    return {
        "name": name,
        "cohort": cohort,
        "count": count,
        "missing": "\n".join(lines),
        "deadline": deadline,
        "university": university(),
    }


def last_runs(selection: Selection, audience: Reminded = Reminded.GRADUATES) -> QuerySet[ReminderRun]:
    """What this person sent off by hand of late, newest first."""
    mine = ReminderRun.objects.filter(actor=selection.user, cohort=selection.cohort, audience=audience)
    return mine.order_by("-pk")[:5]
