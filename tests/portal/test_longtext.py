"""Texts of several lines: counted as the browser counts them, in every form of the portal."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms

from portal.longtext import LongText

FORMS = ("additions", "deferrals", "handin", "papers", "plans", "questionnaires", "reminders")
for module in (*(f"leaving.forms.{name}" for name in FORMS), "liaisons.forms"):
    import_module(module)


def test_a_line_break_counts_as_one_character_however_it_is_sent() -> None:
    field = LongText(max_length=5)
    for sent in ("ab\r\ncd", "ab\rcd", "ab\ncd", "  ab\r\ncd \r\n"):
        assert field.clean(sent) == "ab\ncd"
    with pytest.raises(forms.ValidationError):
        field.clean("ab\r\n\r\ncd")
    assert LongText(required=False).clean(None) == ""
    assert 'maxlength="5"' in str(field.widget.render("text", "", field.widget_attrs(field.widget)))


def _kinds(of: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


def test_no_form_of_the_portal_counts_them_otherwise() -> None:
    counted = [
        (kind.__name__, name, type(field))
        for kind in _kinds(forms.Form)
        if kind.__module__.startswith(("leaving.", "liaisons.", "alumni.", "portal."))
        for name, field in getattr(kind, "base_fields", {}).items()
        if isinstance(field.widget, forms.Textarea)
    ]
    assert len(counted) >= 12
    assert [each for each in counted if not issubclass(each[2], LongText)] == []
