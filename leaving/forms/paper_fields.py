"""What the papers are made of: a form that may be a draft, and its kinds of fields (C8)."""

import datetime
import re
from typing import Any

from django import forms
from django.core.validators import MinLengthValidator, RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
telephone = RegexValidator(r"^[+(\d][\d ()\-]{5,30}$", _("Enter a telephone number."))


def credit_code(value: str) -> None:
    """A unified social credit code (统一社会信用代码, GB 32100): 18 signs, the last one checks the others."""
    known = re.fullmatch(rf"[{CREDIT_SIGNS}]{{2}}\d{{6}}[{CREDIT_SIGNS}]{{10}}", value)
    signs = enumerate(value[:17]) if known else ()
    total = sum(CREDIT_SIGNS.index(sign) * pow(3, place, 31) for place, sign in signs)
    if not known or CREDIT_SIGNS[-total % 31] != value[17]:
        raise forms.ValidationError(
            _("This is not a unified social credit code: 18 digits and capital letters.")
        )


def date_field(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


def telephone_field(label: Any, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
    return forms.CharField(label=label, max_length=32, widget=widget, validators=[telephone], **kwargs)


def credit_code_field() -> forms.CharField:
    return forms.CharField(
        label=_("Unified social credit code"),
        max_length=18,
        required=False,
        validators=[credit_code],
        help_text=_("18 digits and capital letters, on the employer's seal or licence."),
    )


class PaperForm(forms.Form):
    """The entries of a paper, or one line of a table in it. With `draft` nothing is required."""

    def __init__(self, *args: Any, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        for field in self.fields.values() if draft else ():
            field.required = False
            field.widget.is_required = False
            field.validators = [one for one in field.validators if not isinstance(one, MinLengthValidator)]

    def entries(self) -> dict[str, Any]:
        """What was filled in, as JSON."""
        return {
            key: value.isoformat() if isinstance(value, datetime.date) else value
            for key, value in self.cleaned_data.items()
            if value not in ("", None) and key != "evidence"
        }
