"""A delivery as the API receives it: JSON turned into rows, with every fault and its place."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from leaving.choices import DeliveryKind
from leaving.services.obligations import Owed, RowFault
from leaving.workbooks.obligations import MESSAGES, NOTE_LENGTH, TITLE_LENGTH, AmountWrong, amount_of
from portal.api import ApiProblem
from portal.workbooks import normalise

MAX_ROWS = 100_000
FIELDS = ("kind", "taken_at", "cohort", "checkpoint", "rows")
NUMBERS = {"cohort": 1_000_000, "checkpoint": 10_000}  # each is below; 202612 is the batch of December
ROW_FIELDS = frozenset(("student_no", "name", "title", "amount", "note", "reference", "settled"))
_AMOUNT = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,8})?")
LENGTHS = {"student_no": 32, "name": 100, "title": TITLE_LENGTH, "note": NOTE_LENGTH, "reference": 200}


@dataclass(slots=True)
class GivenDelivery:
    """A body that makes sense."""

    kind: DeliveryKind
    taken_at: datetime.datetime
    cohort: int | None
    checkpoint: int | None
    rows: list[Owed] = field(default_factory=list)


class _Faults:
    """What is wrong, in the form of the answer."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, where: str, code: str, message: object) -> None:
        self.found.append({"where": where, "code": code, "message": str(message)})

    def problem(self, total: int | None = None) -> ApiProblem:
        said = _("Nothing was applied. Correct what is listed and send it again.")
        return ApiProblem(422, "rows_refused", said, errors=self.found, total=total)


def read_delivery(body: Mapping[str, Any]) -> GivenDelivery:
    """The delivery in a body. Raises ApiProblem (422) with every fault: `where`, `code`, `message`."""
    faults = _Faults()
    for name in body.keys() - set(FIELDS):
        faults.add(name, "field_unknown", _("There is no such field."))
    kind = body.get("kind")
    if kind not in DeliveryKind.values:
        faults.add("kind", "kind_unknown", _("Say “snapshot” (complete list) or “changes”."))
    taken_at = _moment(body.get("taken_at"))
    if taken_at is None:
        faults.add(
            "taken_at", "taken_at_wrong", _("Say when the data were taken, as 2026-06-12T02:00:00+08:00.")
        )
    numbers = {name: body.get(name) for name in NUMBERS}
    for name, number in numbers.items():
        if number is not None and (type(number) is not int or not 0 < number < NUMBERS[name]):
            faults.add(name, "not_a_number", _("This must be a whole number."))
    rows = body.get("rows")
    if not isinstance(rows, list):
        faults.add("rows", "rows_missing", _("This must be a list; an empty one says that nothing is open."))
        rows = []
    if len(rows) > MAX_ROWS:
        faults.add("rows", "too_many_rows", _("Send %(most)s rows at most.") % {"most": MAX_ROWS})
        rows = []
    owed = [
        _row(row, f"rows[{place}]", faults, changes=kind == DeliveryKind.CHANGES)
        for place, row in enumerate(rows)
    ]
    if faults.found:
        raise faults.problem()
    assert taken_at is not None
    found = [row for row in owed if row is not None]
    return GivenDelivery(DeliveryKind(str(kind)), taken_at, numbers["cohort"], numbers["checkpoint"], found)


def told_faults(faults: Sequence[RowFault], *, total: int | None = None) -> ApiProblem:
    """What the database knows better than the sender, in the same form; `total` where these are only the first."""
    told = _Faults()
    for fault in faults:
        told.add(f"rows[{fault.place}].{fault.column}", fault.code, told_fault(fault))
    return told.problem(total)


def told_fault(fault: RowFault) -> str:
    """What is wrong with a row, and what to do."""
    what, remedy = MESSAGES[fault.code]
    if fault.code == "obligation_twice":
        what = _("This matter of the same graduate is rows[%(first)s] already.")
        remedy = _("Give each a “reference” of its own.")
    return f"{str(what) % {**fault.params, 'value': fault.value}} {remedy}"


def _row(row: object, where: str, faults: _Faults, *, changes: bool) -> Owed | None:
    if not isinstance(row, dict):
        faults.add(where, "not_an_object", _("This must be an object."))
        return None
    for name in row.keys() - ROW_FIELDS:
        faults.add(f"{where}.{name}", "field_unknown", _("There is no such field."))
    texts = {name: _text(row.get(name), name, where, faults) for name in LENGTHS}
    settled = row.get("settled", False)
    if type(settled) is not bool or (settled and not changes):
        faults.add(
            f"{where}.settled", "settled_wrong", _("This is true or false, and only “changes” have it.")
        )
    if not texts["student_no"]:
        faults.add(f"{where}.student_no", "required", _("The student number is missing."))
    if not texts["title"] and settled is not True:
        faults.add(f"{where}.title", "required", _("Say what is owed."))
    amount = _amount(row.get("amount"), where, faults)
    return Owed(
        texts["student_no"],
        texts["title"],
        amount,
        texts["note"],
        texts["name"],
        texts["reference"],
        settled is True,
    )


def _text(value: object, name: str, where: str, faults: _Faults) -> str:
    if value is None:
        return ""
    read = normalise.identifier if name == "student_no" else normalise.text
    plain = read(value) if isinstance(value, str) else normalise.CellFault.NOT_TEXT
    if isinstance(plain, normalise.CellFault) or len(str(plain or "")) > LENGTHS[name]:
        said = _("This must be a text of %(most)s characters at most, without control characters.")
        faults.add(f"{where}.{name}", "text_wrong", said % {"most": LENGTHS[name]})
        return ""
    return str(plain or "")


def _amount(value: object, where: str, faults: _Faults) -> Decimal | None:
    """A number, or the same as text (`"35.00"`), which no program rounds."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return amount_of(Decimal(value))
        if type(value) is int or isinstance(value, Decimal):
            return amount_of(value)
        raise AmountWrong("amount_not_positive")
    except AmountWrong as wrong:
        what, remedy = MESSAGES[wrong.code]
        faults.add(f"{where}.amount", wrong.code, f"{str(what) % {'value': str(value)[:40]}} {remedy}")
        return None


def _moment(value: object) -> datetime.datetime | None:
    """A moment with its time zone."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and not timezone.is_naive(moment) else None
