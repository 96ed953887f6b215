"""The `obligations` workbook: what graduates owe a department, as a complete list or as additions (C7)."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from leaving.choices import DeliveryKind, DeliveryState
from leaving.models import Graduate
from leaving.selectors.cohorts import cohort_choices
from leaving.selectors.feeds import Feed, departments_with_data, feed_for, feeds_of
from leaving.services.deliveries import deliver
from leaving.services.obligations import Owed, Reader
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import departments_where, holds_anywhere
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row, Run, Workbook
from portal.workbooks.spec import CellKind, Column

AMOUNT_BELOW = Decimal(10_000_000_000)
TITLE_LENGTH, NOTE_LENGTH = 200, 500
COLUMNS = (
    Column("student_no", "学号", "Student number", CellKind.IDENTIFIER, required=True, max_length=32, example_zh="20221001234"),
    Column("name", "姓名", "Name", required=True, max_length=100, example_zh="张晓明"),
    Column("title", "事项", "Matter", required=True, max_length=TITLE_LENGTH, example_zh="图书《普通地质学》未归还",
           example_en="Book “Physical Geology” not returned",
           help=_lazy("A graduate's matters must differ: add the volume, the year or the number of the item.")),
    Column("amount", "金额", "Amount", CellKind.NUMBER, example_zh="35.00",
           help=_lazy("In CNY, with two decimal places at most. Empty where no money is owed.")),
    Column("note", "说明", "Note", max_length=NOTE_LENGTH, example_zh="南望山校区图书馆二楼还书处",
           example_en="Return desk, second floor", help=_lazy("The graduate reads it on the sheet.")),
)  # fmt: skip
MESSAGES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "student_unknown": (
        _lazy("There is no graduate %(value)s."),
        _lazy("Check the student number, or take the row out: only graduates belong in this list."),
    ),
    "student_elsewhere": (
        _lazy("The graduate %(value)s is not one of those this checkpoint's list is about."),
        _lazy("Take the row out: another cohort or another department is responsible."),
    ),
    "name_differs": (
        _lazy("This student number belongs to %(known)s."),
        _lazy("Correct the name or the student number."),
    ),
    "obligation_twice": (
        _lazy("The same matter of the same graduate stands in row %(first)s already."),
        _lazy("Make the matters differ, or take one of the rows out."),
    ),
    "amount_not_positive": (
        _lazy("“%(value)s” is not an amount that somebody owes."),
        _lazy(
            "Write more than 0; leave the cell empty where no money is owed, and take out what is settled."
        ),
    ),
    "amount_places": (
        _lazy("“%(value)s” has more than two decimal places."),
        _lazy("Write the amount in yuan and fen."),
    ),
    "amount_too_large": (_lazy("“%(value)s” is too much."), _lazy("Write the amount in yuan.")),
}


class AmountWrong(Exception):
    """An amount that cannot be right; `code` is one of MESSAGES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def amount_of(number: int | float | Decimal | None) -> Decimal | None:
    """The amount in CNY. Raises AmountWrong: it is more than 0, with two decimal places at most."""
    if number is None:
        return None
    amount = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not amount.is_finite() or amount <= 0:
        raise AmountWrong("amount_not_positive")
    if amount >= AMOUNT_BELOW:
        raise AmountWrong("amount_too_large")
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise AmountWrong("amount_places")
    return cents


class ObligationsRun(Run):
    """One list of one department. Its data are of the moment at which the workbook was handed in."""

    def __init__(self, batch: ImportBatch, feed: Feed) -> None:
        self._batch, self._feed = batch, feed
        self._reader: Reader | None = None
        self._rows: list[Owed] = []
        self._strangers: dict[int, str] = {}

    def check(self, rows: Sequence[Row]) -> Iterable[Fault]:
        reader = self._reader = self._reader or Reader(self._feed)
        faults, owed = [], []
        for number, (student_no, name, title, amount, note) in rows:
            try:
                cny = amount_of(amount)
            except AmountWrong as wrong:
                faults.append(Fault(number, "amount", wrong.code))
                cny = None
            if student_no and title:
                owed.append((number, Owed(student_no, title, cny, note or "", name or "")))
        known, strange = len(reader.faults), len(reader.not_ours)
        reader.read(owed)
        numbers = {number: row.student_no for number, row in owed}
        self._strangers |= {number: numbers[number] for number in reader.not_ours[strange:]}
        self._rows += [row for _number, row in owed]
        faults += [
            Fault(each.place, each.column, each.code, "", each.params) for each in reader.faults[known:]
        ]
        return faults

    def finish(self) -> Iterator[Fault]:
        known = set(
            Graduate.objects.filter(student_no__in=set(self._strangers.values())).values_list(
                "student_no", flat=True
            )
        )
        for number, student_no in sorted(self._strangers.items()):
            code = "student_elsewhere" if student_no in known else "student_unknown"
            yield Fault(number, "student_no", code, student_no)

    def apply(self) -> Outcome:
        done = deliver(
            feed=self._feed,
            kind=DeliveryKind.SNAPSHOT if self._batch.parameters.get("snapshot") else DeliveryKind.CHANGES,
            taken_at=self._batch.created_at,
            rows=self._rows,
            uid=uuid.uuid5(self._batch.uid, "delivery"),  # a job of its own, should it have to wait
            actor=self._batch.actor,
        )
        if done.state == DeliveryState.SUPERSEDED:
            raise Refused(
                "superseded", _("A newer complete list has been applied meanwhile. Hand in a new list.")
            )
        if done.state == DeliveryState.HELD:
            listed = {"before": done.before, "rows": done.rows}
            message = _(
                "This list is held: %(before)s matters are open, and it has %(rows)s rows. "
                "Nothing changes until it is confirmed under Clearance → Data."
            )
            return Outcome(unchanged=done.rows, code="held", message=message % listed)
        if done.state == DeliveryState.RECEIVED:
            message = _(
                "Lists that came before are still being applied. This one follows; see Clearance → Data."
            )
            return Outcome(unchanged=done.rows, code="received", message=message)
        written = done.opened + done.changed
        return Outcome(done.opened, done.changed + done.settled, max(done.rows - written, 0))


class ObligationsWorkbook(Workbook):
    """What graduates owe. Every row must be about a graduate of this list: a person made it for this purpose."""

    kind = "obligations"
    title = _lazy("Obligations")
    columns = COLUMNS
    parameters = ("cohort", "department", "checkpoint", "snapshot")
    required_parameters = ("department",)
    messages = MESSAGES

    def may_hand_in(self, user: User) -> bool:
        return holds_anywhere(user, Right.DECIDE)

    def run(self, batch: ImportBatch) -> ObligationsRun:
        """Raises Refused when the department is unknown or not the actor's, or it is open which checkpoint is meant."""
        given = batch.parameters
        department = departments_where(batch.actor, Right.DECIDE).filter(code=given["department"]).first()
        if department is None:
            if not Department.objects.filter(code=given["department"]).exists():
                text = _lazy("There is no department %(code)s.") % {"code": given["department"]}
                raise Refused("department_unknown", text)
            raise Refused("not_allowed", _lazy("You may not hand in data of this department."))
        feed = feed_for(department, number=given.get("checkpoint"), year=given.get("cohort"))
        return ObligationsRun(batch, feed)

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        feeds = feeds_of(departments_with_data(user))
        match parameter:
            case "department":
                return list({feed.department.code: str(feed.department) for feed in feeds}.items())
            case "checkpoint":
                return list({str(feed.checkpoint.number): str(feed.checkpoint) for feed in feeds}.items())
            case "cohort":
                return cohort_choices(feed.checkpoint.cohort for feed in feeds)  # running ones first
        return ()
