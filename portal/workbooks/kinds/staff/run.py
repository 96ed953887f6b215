"""One pass over a staff list."""

import datetime
from collections.abc import Iterable, Iterator, Sequence

from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.services import add_accounts, same_name
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import below, grants_to_persons, staff_reach
from portal.departments.services import Change, GrantChange, WantedGrant, bring_grants_in_line
from portal.errors import Refused
from portal.workbooks.kinds.staff.names import Departments, rights_of, told
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row, Run

Grant = tuple[str, str, int]  # staff number, right, department


class StaffRun(Run):
    """Checks who, where and what; then grants, prolongs, shortens and, for a complete list, ends."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch
        self._actor = batch.actor
        self._complete = bool(batch.parameters.get("snapshot"))
        self._departments = Departments()
        self._reach = staff_reach(self._actor)
        self._chosen = self._chosen_department(batch.parameters.get("department"))
        self._scope = below({self._chosen.pk}) if self._chosen else self._reach.departments
        self._today = timezone.localdate()
        self._accounts: dict[str, User | None] = {}
        self._spelt: dict[str, str] = {}  # in small letters: as the account, or the first row, writes it
        self._names: dict[str, tuple[int, str]] = {}  # unknown numbers: the first row's number and name
        self._rows: dict[Grant, tuple[int, datetime.date | None]] = {}
        self._fixed = self._unchangeable()

    def _chosen_department(self, code: str | None) -> Department | None:
        if not code:
            return None
        found = self._departments.by_code.get(str(code))
        if found is None or found.pk not in self._reach.departments:
            raise Refused(
                "department_unknown",
                _("There is no department %(code)s whose staff is yours to manage.") % {"code": code},
            )
        return found

    def _unchangeable(self) -> dict[Grant, datetime.date | None]:
        """Grants that this person may not change, which a list may name as they are."""
        rows = grants_to_persons().filter(content_object__in=self._scope)
        return {
            (number, right, department): ends_on
            for user, number, right, department, ends_on in rows.values_list(
                "user_id", "user__username", "permission__codename", "content_object_id", "ends_on"
            )
            if not self._reach.covers(user, right)
        }

    # --- checking ---

    def check(self, rows: Sequence[Row]) -> Iterator[Fault]:
        self._look_up({values[0] for _number, values in rows if values[0]})
        for number, values in rows:
            yield from self._row(number, *values)

    def _look_up(self, numbers: set[str]) -> None:
        new = numbers - self._accounts.keys()
        self._accounts.update(dict.fromkeys(new))
        small = User.objects.alias(small=Lower("username")).filter(small__in={each.lower() for each in new})
        for user in small.order_by("pk"):
            self._spelt.setdefault(user.username.lower(), user.username)
            if user.username in new:
                self._accounts[user.username] = user

    def _row(
        self,
        row: int,
        number: str | None,
        name: str | None,
        department: str | None,
        cell: str | None,
        until: datetime.date | None,
    ) -> Iterator[Fault]:
        if number and name:
            yield from self._person(row, number, name)
        if until is not None and until < self._today:
            yield Fault(row, "until", "until_past")
        place = None
        if department:
            found = self._department(row, department)
            if isinstance(found, Fault):
                yield found
            else:
                place = found
        rights, unknown = rights_of(cell or "")
        for word in unknown or ([cell] if cell and not rights else []):
            yield Fault(row, "rights", "right_unknown", params={"word": word, "known": told(Right)})
        if number and place is not None:
            for right in rights:
                yield from self._right(row, (number, right.value, place), until)

    def _person(self, row: int, number: str, name: str) -> Iterator[Fault]:
        account = self._accounts[number]
        if account is None:
            spelt = self._spelt.setdefault(number.lower(), number)
            if spelt != number:
                yield Fault(row, "staff_no", "spelt_otherwise", number, {"known": spelt})
                return
            first, known = self._names.setdefault(number, (row, name))
            if not same_name(name, known):
                yield Fault(
                    row,
                    "name",
                    "name_differs_above",
                    name,
                    {"first": first, "known": known, "number": number},
                )
        elif not same_name(name, account.name):
            yield Fault(row, "name", "name_differs", name, {"known": account.name, "number": number})
        elif not account.is_active:
            yield Fault(row, "staff_no", "account_closed", params={"number": number})

    def _department(self, row: int, name: str) -> int | Fault:
        found = self._departments.named(name)
        if len(found) != 1:
            return Fault(row, "department", "department_ambiguous" if found else "department_unknown")
        (pk,) = found
        if pk not in self._reach.departments:
            return Fault(row, "department", "department_out_of_reach")
        if pk not in self._scope:
            return Fault(row, "department", "department_elsewhere", params={"chosen": str(self._chosen)})
        return pk

    def _right(self, row: int, grant: Grant, until: datetime.date | None) -> Iterator[Fault]:
        """A right stands once in a list, and what may not be changed stands there as it is."""
        first, _until = self._rows.setdefault(grant, (row, until))
        label = str(Right(grant[1]).label)
        if first != row:
            yield Fault(row, "rights", "twice", params={"first": first, "right": label})
            return
        account = self._accounts[grant[0]]
        if self._reach.covers(account.pk if account else None, grant[1]):
            return
        if grant not in self._fixed or self._fixed[grant] != until:
            own = account is not None and account.pk == self._actor.pk
            yield Fault(row, "rights", "own_rights" if own else "not_handed_on", params={"right": label})

    def finish(self) -> Iterable[Fault]:
        if self._complete and not self._rows:
            raise Refused(
                "list_empty", _("A complete list without a row would end every right. Nothing was changed.")
            )
        return ()

    # --- writing ---

    def apply(self) -> Outcome:
        made = add_accounts(
            names={number: name for number, (_row, name) in self._names.items()}, actor=self._actor
        )
        people = {number: user for number, user in self._accounts.items() if user is not None} | made
        changes = bring_grants_in_line(
            wanted=[
                WantedGrant(people[number].pk, right, department, until)
                for (number, right, department), (_row, until) in self._rows.items()
            ],
            complete_for=self._scope if self._complete else (),
            actor=self._actor,
            source=self._batch,
        )
        counts = {change: sum(one.change is change for one in changes) for change in Change}
        return Outcome(
            created=counts[Change.GRANTED],
            updated=counts[Change.PROLONGED] + counts[Change.SHORTENED] + counts[Change.ENDED],
            unchanged=counts[Change.UNCHANGED],
            difference=self._difference(changes),
        )

    def _difference(self, changes: Sequence[GrantChange]) -> dict[str, list[list[str | None]]]:
        """What is kept of it with the batch: lines of number, name, department, right, last day before and after."""
        people = {
            pk: (number, name)
            for pk, number, name in User.objects.filter(pk__in={one.user for one in changes}).values_list(
                "pk", "username", "name"
            )
        }
        codes = dict(
            Department.objects.filter(pk__in={one.department for one in changes}).values_list("pk", "code")
        )
        kept: dict[str, list[list[str | None]]] = {}
        for one in sorted(changes, key=lambda one: (codes[one.department], people[one.user][0], one.right)):
            days = [day.isoformat() if day else None for day in (one.before, one.after)]
            line = [*people[one.user], codes[one.department], one.right, *days]
            kept.setdefault(one.change.value, []).append(line)
        return kept
