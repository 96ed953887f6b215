"""A text of several lines in a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class LongText(forms.CharField):
    """Several lines of text, at most `max_length` characters as the reader counts them.

    A browser counts a line break as one character and sends two (CR LF): counted as they are sent, a text that just fits on
    the page would be refused. Breaks are kept as one.
    """

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        said = {"max_length": _("At most %(limit_value)d characters; these are %(show_value)d.")}
        super().__init__(
            **{
                "widget": forms.Textarea(attrs={"rows": rows}),
                **kwargs,
                "error_messages": {**said, **kwargs.get("error_messages", {})},
            }
        )

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text
