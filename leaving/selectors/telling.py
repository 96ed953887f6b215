"""Whom the news concern, and the letters to them: block by block, in the order of the persons (C6, C8, C9)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from leaving.choices import DecidedBy, ItemState, News, SheetState, Verb
from leaving.models import (
    ClearanceItem,
    ClearanceSheet,
    Decision,
    DecisionBatch,
    Graduate,
    LookAgain,
    Telling,
)
from leaving.selectors.handin import HandedIn, handed_in_on
from leaving.selectors.history import decisions_on
from leaving.selectors.reminders import in_both_languages
from leaving.telling_texts import Line, Words, of_clearing, of_decisions, of_reopening
from portal.notify.kinds import Texts
from portal.notify.models import Message
from portal.notify.services.messages import Letter

T = TypeVar("T")
BLOCK = 500
KINDS = {
    News.DECIDED: "clearance.decided",
    News.CLEARED: "clearance.cleared",
    News.REOPENED: "clearance.reopened",
}
Block = tuple[list[Letter], int | None]


def matter_of(telling: Telling) -> str:
    """What the messages are about. What data take away in one night is one matter, however many departments send theirs."""
    if telling.batch is None:
        return f"sheets:{telling.uid}"
    if telling.batch.how == DecidedBy.DATA and telling.batch.verb == Verb.FAIL:
        return "data"
    return _matter_of_batch(telling.batch)


def _matter_of_batch(batch: DecisionBatch) -> str:
    return f"decision:{batch.uid}"


def concerned(batch: DecisionBatch) -> QuerySet[Decision]:
    """The decisions of a batch that somebody may have to be told of; `services.telling` says why these."""
    decisions = Decision.objects.filter(batch=batch)
    if batch.undoes is not None:
        told = Message.objects.filter(
            kind=KINDS[News.DECIDED],
            matter=_matter_of_batch(batch.undoes),
            person=OuterRef("item__sheet__graduate__user"),
        )
        return decisions.filter(Exists(told))
    if batch.verb == Verb.FAIL:
        return decisions.filter(before=ItemState.PASSED) if batch.how == DecidedBy.DATA else decisions
    return decisions.filter(Exists(LookAgain.objects.filter(item=OuterRef("item"))))


def letters_of(telling: Telling, *, after: int) -> Block:
    """The letters to the next persons after `after` (id), and the last of these persons; None when nobody is left.

    A number of queries that does not depend on how many they are.
    """
    if telling.batch is not None:
        return _of_decisions(telling.batch, after)
    return _of_sheets(telling, after)


def _of_decisions(batch: DecisionBatch, after: int) -> Block:
    found = concerned(batch)
    people = _people(found, "item__sheet__graduate__user", after)
    if not people:
        return [], None
    made = {one.item_id: one for one in found.filter(item__sheet__graduate__user__in=people)}
    related = ("checkpoint", "owner__parent", "supervisor", "rule", "sheet__cohort", "sheet__graduate")
    rows = ClearanceItem.objects.filter(pk__in=made).select_related(*related)
    items = list(rows.defer("sheet__graduate__identity_cipher").order_by("checkpoint__order", "checkpoint"))
    history = decisions_on(items)
    handed = handed_in_on(items, history)
    lines: dict[int, list[Line]] = defaultdict(list)
    for item in items:
        line = _line(batch, made[item.pk], history[item.pk][0], handed[item.pk])
        if line is not None:
            lines[item.sheet.graduate.user_id or 0].append(line)
    return _letters(lines, of_decisions, lambda own: own[0].item.sheet.graduate, _page_of), people[-1]


def _line(batch: DecisionBatch, made: Decision, last: Decision, handed: HandedIn) -> Line | None:
    """None where there is nothing to tell (any more): it was decided again since, or the sheet itself says something greater."""
    if made.pk != last.pk or handed.item.sheet.state != SheetState.OPEN:
        return None
    if batch.undoes_id is not None:
        return Line(handed.item, batch)
    before = max((one.pk for one in handed.answers if one.pk < made.pk), default=0)

    def answered(after: Iterable[int | None]) -> bool:
        return any(before <= (decision or 0) < made.pk for decision in after)

    looked = answered(look.decision_id for look in handed.looks)
    if batch.verb != Verb.FAIL:
        return Line(handed.item, batch, looked=True) if looked else None
    if batch.how == DecidedBy.DATA:  # they take away what had passed, and answer nothing
        return Line(handed.item, batch)
    forms = (form.after_id for form in handed.forms if form.handed_in_at)
    returned = answered((*forms, *(each.after_id for each in handed.files)))
    return Line(handed.item, batch, returned, looked)


def _page_of(lines: Sequence[Line]) -> str:
    """The item, or the sheet where there are several."""
    if len(lines) > 1:
        return reverse("leaving:sheet-own")
    item = lines[0].item
    return reverse("leaving:sheet-item", args=[item.sheet.graduate.uid, item.checkpoint.number])


def _of_sheets(telling: Telling, after: int) -> Block:
    """Only of those that still are what they became."""
    cleared = telling.news == News.CLEARED
    state = SheetState.CLEARED if cleared else SheetState.OPEN
    found = ClearanceSheet.objects.filter(pk__in=telling.sheets, state=state)
    people = _people(found, "graduate__user", after)
    if not people:
        return [], None
    rows = found.filter(graduate__user__in=people).select_related("graduate", "cohort")
    sheets = {sheet.graduate.user_id or 0: sheet for sheet in rows.defer("graduate__identity_cipher")}

    def page(sheet: ClearanceSheet) -> str:
        if not cleared:
            return reverse("leaving:sheet-own")
        return reverse("leaving:certificate-detail", args=[sheet.graduate.uid])

    words = of_clearing if cleared else of_reopening
    return _letters(sheets, words, lambda sheet: sheet.graduate, page), people[-1]


def _people(rows: QuerySet[Any], path: str, after: int) -> list[int]:
    """The next active persons behind `rows`, in order."""
    beyond = rows.filter(**{f"{path}__gt": after, f"{path}__is_active": True})
    return list(beyond.order_by(path).values_list(path, flat=True).distinct()[:BLOCK])


def _letters(
    news: dict[int, T],
    words: Callable[[T], Words],
    graduate_of: Callable[[T], Graduate],
    page_of: Callable[[T], str],
) -> list[Letter]:
    """A letter to each person (id), in both languages."""
    chinese, english = in_both_languages(news.values(), words)
    return [
        Letter(person, Texts(*said_zh, *said_en), graduate_of(own).email, page_of(own))
        for (person, own), said_zh, said_en in zip(news.items(), chinese, english, strict=True)
    ]
