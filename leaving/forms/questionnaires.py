"""The questionnaire as a form that builds itself from its questions, and the forms of those who look after it."""

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from leaving.choices import QuestionKind
from leaving.models import Cohort
from leaving.selectors.questionnaires import TEXT_LENGTH, Answers, Asked, Checked, Value, checked
from portal.departments.models import Department
from portal.localized import localized
from portal.longtext import LongText


def name_of(asked: Asked | int) -> str:
    """The name of a question's field."""
    return f"q{asked if isinstance(asked, int) else asked.pk}"


class AnswersForm(forms.Form):
    """All questions of a questionnaire. What is required is decided by what is asked, and that by the other answers."""

    use_required_attribute = False

    def __init__(
        self, *args: Any, questions: list[Asked], draft: Answers | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        self.draft = draft or {}
        for asked in questions:
            field = _field(asked)
            field.initial = _as_initial(asked, self.draft.get(asked.pk))
            self.fields[name_of(asked)] = field

    @cached_property
    def answers(self) -> dict[int, Value]:
        """What was filled in, as far as it makes sense; before that, the draft."""
        if not self.is_bound:
            return dict(self.draft)
        self.is_valid()
        found = {
            asked.pk: _as_value(asked, self.cleaned_data.get(name_of(asked))) for asked in self.questions
        }
        return {pk: value for pk, value in found.items() if value is not None}

    @property
    def not_kept(self) -> list[tuple[Asked, str]]:
        """What was filled in and is no answer, a text that is too long say, and why: in no draft is it found again."""
        problems = self.errors.as_data()
        return [
            (asked, problem.messages[0])
            for asked in self.questions
            for problem in problems.get(name_of(asked), [])
            if problem.code != "required"
        ]

    @cached_property
    def checked(self) -> Checked:
        """What counts of it."""
        return checked(self.questions, self.answers)

    def clean(self) -> dict[str, Any]:
        """Questions that are not asked may stay open whatever they say."""
        cleaned = super().clean() or {}
        found = {asked.pk: _as_value(asked, cleaned.get(name_of(asked))) for asked in self.questions}
        for asked in self.questions:
            if asked.pk not in checked(self.questions, found).values:
                self.errors.pop(name_of(asked), None)
        return cleaned


def _field(asked: Asked) -> forms.Field:
    question = asked.question
    common: dict[str, Any] = {
        "label": f"{asked.number}. {localized(question, 'text')}",
        "help_text": localized(question, "help"),
        "required": question.required,
        "error_messages": {"required": _("Please answer this question.")},
    }
    if asked.kind == QuestionKind.TEXT:
        return LongText(**common, max_length=TEXT_LENGTH)
    if asked.kind == QuestionKind.SCALE:
        return forms.TypedChoiceField(
            **common,
            choices=_scale(asked),
            coerce=int,
            empty_value=None,
            widget=forms.RadioSelect(attrs={"class": "scale"}),
        )
    choices = [(choice.pk, localized(choice, "text")) for choice in asked.choices]
    if asked.kind == QuestionKind.SINGLE:
        return forms.TypedChoiceField(
            **common, choices=choices, coerce=int, empty_value=None, widget=forms.RadioSelect
        )
    return forms.TypedMultipleChoiceField(
        **common, choices=choices, coerce=int, widget=forms.CheckboxSelectMultiple
    )


def _scale(asked: Asked) -> list[tuple[int, str]]:
    """The values, with what the ends mean."""
    low, high = localized(asked.question, "low"), localized(asked.question, "high")
    last = asked.question.scale_max
    ends = {1: low, last: high}
    return [
        (value, f"{value} {ends[value]}" if ends.get(value) else str(value)) for value in range(1, last + 1)
    ]


def _as_initial(asked: Asked, value: Value) -> Any:
    if asked.kind == QuestionKind.SINGLE:
        return value[0] if isinstance(value, list) and value else None
    return value


def _as_value(asked: Asked, cleaned: Any) -> Value:
    if asked.kind == QuestionKind.SINGLE and cleaned is not None:
        return asked.understood([cleaned])
    return asked.understood(cleaned)


class CopyForm(forms.Form):
    """To which cohort a questionnaire is copied."""

    cohort = forms.ModelChoiceField(Cohort.objects.all(), label=_("Cohort"), empty_label=None)


class CollegeForm(forms.Form):
    """Of which college the results are shown."""

    college = forms.ModelChoiceField(
        Department.objects.none(), label=_("College"), required=False, empty_label=_("All")
    )

    def __init__(self, *args: Any, colleges: list[Department], whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["college"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Department.objects.filter(pk__in=[college.pk for college in colleges])
        field.to_field_name = "code"
        if not whole:
            field.empty_label = None

    def chosen(self) -> Department | None:
        """The college, if one within reach was named."""
        college: Department | None = self.cleaned_data.get("college") if self.is_valid() else None
        return college
