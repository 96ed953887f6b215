"""What the rows of one import refer to: colleges, campuses, majors, classes, accounts.

Known ones are looked up, new ones planned: a planned row gets its number from the table's sequence at once, so that the
rows that refer to it can be staged, and is written by `write`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection, models
from django.utils.translation import gettext_lazy as _

from leaving.models import CollegeProfile, Major, SchoolClass
from leaving.workbooks.graduates.cells import Problem
from portal.accounts.models import User
from portal.accounts.services import account_to_activate, folded, same_name
from portal.departments.models import Campus, Department
from portal.departments.selectors import campuses, colleges
from portal.errors import Refused

NUMBERS_AT_ONCE = 50


class Numbers:
    """Primary keys for planned rows, taken from the table's sequence some at a time."""

    def __init__(self, model: type[models.Model]) -> None:
        self._table, self._column = model._meta.db_table, model._meta.pk.column
        self._spare: list[int] = []

    def take(self) -> int:
        if not self._spare:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                    [self._table, self._column, NUMBERS_AT_ONCE],
                )
                self._spare = [number for (number,) in cursor.fetchall()][::-1]
        return self._spare.pop()


def _by_name(rows: Iterable[Department] | Iterable[Campus], *fields: str) -> dict[str, int]:
    """Every name and code of the rows → primary key; a name that two rows share means neither."""
    found: dict[str, int] = {}
    shared: set[str] = set()
    for row in rows:
        for name in {folded(getattr(row, each)) for each in fields} - {""}:
            if found.setdefault(name, row.pk) != row.pk:
                shared.add(name)
    return {name: pk for name, pk in found.items() if name not in shared}


@dataclass(slots=True)
class KnownMajor:
    pk: int
    code: str


@dataclass(slots=True)
class KnownClass:
    pk: int
    major: int
    counsellor: int | None
    # The staff number that this file gives as counsellor: one for all rows of the class.
    named: str = ""


@dataclass(slots=True)
class Account:
    """A supervisor or counsellor. A planned one may lack a name until a row gives it."""

    pk: int
    name: str
    planned: bool


class Directory:
    """Looked up once per run, but for accounts, which are looked up block by block."""

    def __init__(self) -> None:
        every_college = list(colleges())
        self._colleges = _by_name(every_college, "name_zh", "short_zh", "code", "name_en", "short_en")
        self.college_names = {row.pk: row.name_zh for row in every_college}
        every_campus = list(campuses())
        self._campuses = _by_name(every_campus, "name_zh", "code", "name_en")
        self.campus_names = [row.name_zh for row in every_campus]
        self._home = dict(CollegeProfile.objects.exclude(campus=None).values_list("college_id", "campus_id"))
        self._majors: dict[tuple[int, str], KnownMajor] = {}
        for pk, college, zh, en, code in Major.objects.values_list(
            "pk", "college_id", "name_zh", "name_en", "code"
        ):
            known = KnownMajor(pk, code)
            self._majors[college, folded(zh)] = known
            if en:
                self._majors.setdefault((college, folded(en)), known)
        self._classes = {
            (college, grade, name): KnownClass(pk, major, counsellor)
            for pk, college, grade, name, major, counsellor in SchoolClass.objects.values_list(
                "pk", "college_id", "grade", "name", "major_id", "counsellor_id"
            )
        }
        self._accounts: dict[str, Account | None] = {}
        self._new_majors: list[Major] = []
        self._new_codes: dict[int, str] = {}
        self._new_classes: list[SchoolClass] = []
        self._numbers = {model: Numbers(model) for model in (Major, SchoolClass, User)}

    # --- colleges and campuses ---

    def college(self, name: str) -> int:
        try:
            return self._colleges[folded(name)]
        except KeyError:
            raise Problem(
                "college_unknown", "college", known="、".join(self.college_names.values())
            ) from None

    def campus(self, name: str | None, college: int) -> int:
        """The campus of that name or, where none is given, the college's only one."""
        if name is None:
            try:
                return self._home[college]
            except KeyError:
                raise Problem("campus_missing", "campus") from None
        try:
            return self._campuses[folded(name)]
        except KeyError:
            raise Problem("campus_unknown", "campus", known="、".join(self.campus_names)) from None

    # --- majors and classes ---

    def major(self, college: int, name: str, code: str) -> int:
        """The college's major of that name (Chinese or English), planned if new. A major has one code, if any."""
        known = self._majors.get((college, folded(name)))
        if known is None:
            pk = self._numbers[Major].take()
            self._new_majors.append(Major(pk=pk, college_id=college, name_zh=name, code=code))
            self._majors[college, folded(name)] = KnownMajor(pk, code)
            return pk
        if code and known.code and code != known.code:
            raise Problem("major_code_differs", "major_code", known=known.code)
        if code and not known.code:
            known.code = self._new_codes[known.pk] = code
        return known.pk

    def school_class(self, college: int, grade: int, name: str, major: int, counsellor_no: str) -> int:
        """The class of that name in the college's grade, planned if new."""
        known = self._classes.get((college, grade, name))
        if known is None:
            known = KnownClass(self._numbers[SchoolClass].take(), major, None)
            self._classes[college, grade, name] = known
            self._new_classes.append(
                SchoolClass(pk=known.pk, college_id=college, grade=grade, name=name, major_id=major)
            )
        if known.major != major:
            raise Problem("class_of_other_major", "school_class")
        if counsellor_no:
            if known.named and known.named != counsellor_no:
                raise Problem("counsellor_differs", "counsellor_no", known=known.named)
            known.named = counsellor_no
        return known.pk

    # --- accounts ---

    def look_up(self, numbers: Iterable[str]) -> None:
        """Asks the database for accounts not yet asked for; one query at most."""
        new = set(numbers) - self._accounts.keys()
        if not new:
            return
        self._accounts.update(dict.fromkeys(new))
        for number, pk, name in User.objects.filter(username__in=new).values_list("username", "pk", "name"):
            self._accounts[number] = Account(pk, name, planned=False)

    def counsellor(self, number: str) -> None:
        """Raises Problem where there is no such account."""
        account = self._accounts.get(number)
        if account is None or account.planned:
            raise Problem("counsellor_unknown", "counsellor_no")

    def supervisor(self, number: str, name: str, column: str = "supervisor_no") -> int:
        """The account with that staff number, planned if new. `name` must be that of the account, where it is given."""
        account = self._accounts.get(number)
        if account is None:
            account = self._accounts[number] = Account(self._numbers[User].take(), name, planned=True)
        elif account.planned and not account.name:
            account.name = name
        elif name and not same_name(name, account.name):
            raise Problem("supervisor_name_differs", "supervisor_name", known=account.name, number=number)
        return account.pk

    def nameless(self, number: str) -> bool:
        """Is this an account that the file needs and nobody has named?"""
        account = self._accounts.get(number)
        return account is not None and account.planned and not account.name

    # --- writing ---

    def write(self) -> dict[str, int]:
        """Writes what was planned, and counsellors of classes where they change; returns how many of each.

        Raises Refused (`changed_meanwhile`) when somebody else has added one of them since it was planned.
        """
        accounts = [
            account_to_activate(pk=account.pk, username=number, name=account.name)
            for number, account in self._accounts.items()
            if account is not None and account.planned
        ]
        try:
            User.objects.bulk_create(accounts, batch_size=2000)
            Major.objects.bulk_create(self._new_majors, batch_size=2000)
            SchoolClass.objects.bulk_create(self._new_classes, batch_size=2000)
        except IntegrityError as error:
            raise Refused(
                "changed_meanwhile", _("Somebody else has just imported the same rows. Please try again.")
            ) from error
        coded = [Major(pk=pk, code=code) for pk, code in self._new_codes.items()]
        Major.objects.bulk_update(coded, ["code"], batch_size=1000)
        return {
            "accounts": len(accounts),
            "majors": len(self._new_majors),
            "classes": len(self._new_classes),
            "counsellors": self._write_counsellors(),
        }

    def _write_counsellors(self) -> int:
        changed: list[SchoolClass] = []
        for known in self._classes.values():
            account = self._accounts.get(known.named) if known.named else None
            if account is not None and account.pk != known.counsellor:
                changed.append(SchoolClass(pk=known.pk, counsellor_id=account.pk))
        SchoolClass.objects.bulk_update(changed, ["counsellor"], batch_size=1000)
        return len(changed)
