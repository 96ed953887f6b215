"""The form of contacts and employer (G7): each field by the rule that its cell has in the graduates' workbook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leaving.models import Graduate
from leaving.selectors.locks import EMPLOYMENT
from leaving.workbooks.graduates import GraduatesWorkbook, cells
from leaving.workbooks.graduates.columns import COLUMNS
from portal.workbooks.normalise import CellFault, for_column
from portal.workbooks.runs import Fault
from portal.workbooks.services.faults import teller

KEYS = ("mobile", "wechat", "qq", "email", "address", *EMPLOYMENT)
BY_KEY = {column.key: column for column in COLUMNS}


class ContactsForm(forms.Form):
    """Empty takes a value away."""

    mobile = forms.CharField(label=_("Mobile"), required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    wechat = forms.CharField(label=_("WeChat"), required=False)
    qq = forms.CharField(label="QQ", required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    email = forms.CharField(
        label=_("E-mail"), required=False, widget=forms.TextInput(attrs={"type": "email"})
    )
    address = forms.CharField(label=_("Postal address"), required=False)
    employer = forms.CharField(label=_("Employer"), required=False)
    post = forms.CharField(label=_("Post"), required=False)

    @classmethod
    def of(cls, graduate: Graduate, data: Any = None) -> "ContactsForm":
        """The form with what is on file."""
        return cls(data, initial={key: getattr(graduate, key) for key in KEYS})

    def clean(self) -> dict[str, Any]:
        """Every value as the import would store it, or what the import would say."""
        given = super().clean() or {}
        tell = teller(GraduatesWorkbook(), {})
        for key in KEYS:
            column, typed = BY_KEY[key], given.get(key, "")
            value = for_column(column)[typed or None]
            if isinstance(value, CellFault):
                fault = Fault(1, key, value.value, typed, {"most": column.max_length})
                self.add_error(key, tell(fault).message)
                continue
            try:
                given[key] = (
                    cells.RULES[key](str(value)) if value and key in cells.RULES else str(value or "")
                )
            except cells.Problem as problem:
                self.add_error(key, tell(Fault(1, key, problem.code, typed, problem.params)).message)
        return given
