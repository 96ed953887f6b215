"""Graduates as a workbook: the columns of the roster, the number of the document by its mask (X2)."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from leaving.models import Graduate
from leaving.selectors.cohorts import cohort_choices, cohort_for
from leaving.selectors.reach import reached_by
from leaving.workbooks.graduates.columns import COLUMNS
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from portal.workbooks.spec import Column

CHUNK = 2_000
_PATHS = {
    "document_no": "identity_mask",
    "college": "college__name_zh",
    "major": "major__name_zh",
    "major_code": "major__code",
    "school_class": "school_class__name",
    "campus": "campus__name_zh",
    "supervisor_no": "supervisor__username",
    "supervisor_name": "supervisor__name",
    "second_supervisor_no": "second_supervisor__username",
    "counsellor_no": "school_class__counsellor__username",
}
_YES_NO = {True: "yes", False: "no", None: None}


def _exported(column: Column) -> Column:
    if column.key != "document_no":
        return column
    return dataclasses.replace(
        column, header_zh="证件号码（部分隐去）", header_en="Number of document (masked)"
    )


class GraduatesExport(ExportKind):
    """Within reach of the right to export."""

    kind = "graduates"
    title = _("Graduates")
    description = _("The roster of a cohort, without the numbers of documents.")
    columns = tuple(map(_exported, COLUMNS))
    parameters = ("cohort",)

    def may_export(self, user: User) -> bool:
        return holds_anywhere(user, Right.EXPORT)

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        chinese = (get_language() or "").startswith("zh")
        words: dict[str, dict[Any, str]] = {
            column.key: {choice.value: choice.zh if chinese else choice.en for choice in column.choices}
            for column in COLUMNS
            if column.choices
        }
        tell = [words.get(key) for key in columns]
        yes_no = [key == "dispatch" for key in columns]
        paths = [_PATHS.get(key, key) for key in columns]
        graduates = self._graduates(user, parameters).order_by("student_no").values_list(*paths)
        for row in graduates.iterator(chunk_size=CHUNK):
            yield [
                value if known is None else known.get(_YES_NO[value] if boolean else value)
                for value, known, boolean in zip(row, tell, yes_no, strict=True)
            ]

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return self._graduates(user, parameters).count()

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        return cohort_choices()

    def _graduates(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[Graduate]:
        year = parameters.get("cohort")
        try:
            cohort = cohort_for(int(year) if year else None)
        except ValueError:
            raise Refused("cohort_unknown", _("Say which cohort is meant (its year).")) from None
        return Graduate.objects.filter(reached_by(user, Right.EXPORT), cohort=cohort)
