"""Forms of reminders."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from leaving.choices import Reminded
from leaving.models import Reminder
from leaving.reminder_texts import DEFAULTS, FIELDS, check_fields
from portal.longtext import LongText
from portal.notify.kinds import Texts

PLACES = " ".join(f"{{{field}}}" for field in FIELDS)


class ReminderForm(forms.Form):
    """The words of a reminder by hand."""

    title_zh = forms.CharField(label=_("Title (Chinese)"), max_length=100)
    text_zh = LongText(label=_("Text (Chinese)"), rows=10, max_length=4000)
    title_en = forms.CharField(label=_("Title (English)"), max_length=160, required=False)
    text_en = LongText(label=_("Text (English)"), rows=10, max_length=4000, required=False)

    def __init__(self, *args: Any, audience: Reminded = Reminded.GRADUATES, **kwargs: Any) -> None:
        words = DEFAULTS[audience]
        kwargs.setdefault(
            "initial",
            {
                "title_zh": words.title_zh,
                "text_zh": words.body_zh,
                "title_en": words.title_en,
                "text_en": words.body_en,
            },
        )
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators.append(check_fields)

    def texts(self) -> Texts:
        """What stands in the form, valid or not yet touched."""
        words = self.cleaned_data if self.is_bound else self.initial
        return Texts(words["title_zh"], words["text_zh"], words["title_en"], words["text_en"])


class ScheduledReminderForm(forms.ModelForm[Reminder]):
    """A scheduled reminder in the administration."""

    class Meta:
        model = Reminder
        fields = (
            "cohort",
            "audience",
            "older_than",
            "weekdays",
            "at",
            "starts_on",
            "ends_on",
            "is_active",
            "title_zh",
            "title_en",
            "text_zh",
            "text_en",
        )

    weekdays = forms.TypedMultipleChoiceField(
        label=_("days of the week"),
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title_zh", "title_en", "text_zh", "text_en"):
            if name in self.fields:
                self.fields[name].validators.append(check_fields)
                self.fields[name].help_text = PLACES
