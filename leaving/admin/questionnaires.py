"""Questionnaires are built here (C1): sections and questions on one page, choices and conditions behind each question.

Once it is published, answers point to questions and choices: only texts and the closing time can still change. What graduates
answered is not looked at here: results are pages of their own, and of anonymous answers single rows are nobody's to see.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, QuerySet, TextField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level, QuestionKind, QuestionnaireState
from leaving.models import (
    Choice,
    Question,
    Questionnaire,
    QuestionnaireSection,
    QuestionnaireSubmission,
)
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department


def is_draft(row: Any) -> bool:
    """May more than texts be changed? `row` is a questionnaire, a question of one, or None for a new one."""
    questionnaire = row.questionnaire if isinstance(row, Question) else row
    return questionnaire is None or questionnaire.state == QuestionnaireState.DRAFT


class LockedParts:
    """An inline of a questionnaire or a question whose rows stay as they are once it is published."""

    locked: ClassVar[tuple[str, ...]] = ()
    extra = 0

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if is_draft(obj) else self.locked

    # Who may edit the questionnaire may edit its parts.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj)

    has_delete_permission = has_add_permission


class SectionInline(LockedParts, admin.TabularInline[QuestionnaireSection, Questionnaire]):
    model = QuestionnaireSection
    formfield_overrides = {
        TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 18})},
        CharField: {"widget": forms.TextInput(attrs={"size": 16})},
    }
    locked = ("order",)
    fields = ["order", "title_zh", "title_en", "intro_zh", "intro_en"]


class QuestionInline(LockedParts, admin.TabularInline[Question, Questionnaire]):
    model = Question
    locked = ("section", "order", "kind", "required")
    fields = ["section", "order", "kind", "text_zh", "text_en", "required"]
    show_change_link = True
    verbose_name_plural = _("questions (choices and conditions: “Change” beside each)")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if section := formset.form.base_fields.get("section"):
            section.queryset = QuestionnaireSection.objects.filter(questionnaire=obj)  # type: ignore[attr-defined]
        return formset


class QuestionnaireForm(forms.ModelForm[Questionnaire]):
    levels = forms.MultipleChoiceField(
        label=_("levels"),
        choices=Level.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who answers it. None ticked: everybody."),
    )


@admin.register(Questionnaire)
class QuestionnaireAdmin(ScopedAdmin[Questionnaire]):
    """Save the sections first; questions choose among them. Preview and publish with the link in the list or above."""

    see = (Right.OPEN_COHORT,)
    edit = (Right.OPEN_COHORT,)
    form = QuestionnaireForm
    inlines = [SectionInline, QuestionInline]
    list_display = ["title_zh", "cohort", "state", "anonymous", "opens_at", "closes_at", "preview"]
    list_filter = ["cohort", "state", "anonymous"]
    list_select_related = ["cohort"]
    search_fields = ["title_zh", "title_en"]
    fieldsets = [
        (None, {"fields": ["cohort", "levels", ("title_zh", "title_en"), ("intro_zh", "intro_en")]}),
        (_("When"), {"fields": [("opens_at", "closes_at")]}),
        (_("Answers"), {"fields": ["anonymous", "department"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Questionnaire | None = None) -> list[str]:
        if is_draft(obj):
            return []
        assert obj is not None
        over = ["closes_at"] if obj.state == QuestionnaireState.CLOSED else []
        return ["cohort", "levels", "anonymous", "opens_at", *over]

    def has_delete_permission(self, request: HttpRequest, obj: Questionnaire | None = None) -> bool:
        """A draft may go, by whoever may edit it; what was published stays."""
        return is_draft(obj) and self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "department":
            kwargs["queryset"] = Department.objects.filter(kind=DepartmentKind.OFFICE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def view_on_site(self, obj: Questionnaire) -> str:
        return reverse("leaving:questionnaire-preview", args=[obj.uid])

    @admin.display(description=_("preview"))
    def preview(self, obj: Questionnaire) -> str:
        return format_html('<a href="{}">{}</a>', self.view_on_site(obj), _("Preview, publish, close, copy"))


class ChoiceInline(LockedParts, admin.TabularInline[Choice, Question]):
    model = Choice
    locked = ("order",)
    fields = ["order", "text_zh", "text_en"]


class LabelledChoices(forms.ModelMultipleChoiceField[Choice]):
    """Choices under the name of their question."""

    def label_from_instance(self, obj: Choice) -> str:
        return f"{obj.question} – {obj}"


class QuestionForm(forms.ModelForm[Question]):
    """A condition looks back: to an earlier question with choices of the same questionnaire, and to choices of it."""

    shown_if_choices = LabelledChoices(
        Choice.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("one of these was chosen"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        earlier = self._earlier()
        if "shown_if" in self.fields:
            self.fields["shown_if"].queryset = earlier  # type: ignore[attr-defined]
        if "shown_if_choices" in self.fields:
            self.fields["shown_if_choices"].queryset = Choice.objects.filter(  # type: ignore[attr-defined]
                question__in=earlier
            ).select_related("question")

    def _earlier(self) -> QuerySet[Question]:
        """The questions with choices that come before this one."""
        here = self.instance
        if here.pk is None:
            return Question.objects.none()
        before = (
            Q(section__order__lt=here.section.order)
            | Q(section__order=here.section.order, section__lt=here.section)
            | Q(section=here.section, order__lt=here.order)
            | Q(section=here.section, order=here.order, pk__lt=here.pk)
        )
        return Question.objects.filter(
            before, questionnaire=here.questionnaire_id, kind__in=QuestionKind.with_choices()
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "shown_if" not in self.fields:
            return cleaned
        parent, chosen = cleaned.get("shown_if"), list(cleaned.get("shown_if_choices") or ())
        if parent is None and chosen:
            raise ValidationError(_("Say to which question these choices belong."))
        if parent is not None and (not chosen or any(one.question_id != parent.pk for one in chosen)):
            self.add_error("shown_if_choices", _("Choose answers to the question named above."))
        return cleaned


@admin.register(Question)
class QuestionAdmin(ScopedAdmin[Question]):
    """One question with its choices and its condition; reached from the questionnaire, where questions are added."""

    see = (Right.OPEN_COHORT,)
    edit = (Right.OPEN_COHORT,)
    form = QuestionForm
    inlines = [ChoiceInline]
    list_display = ["text_zh", "questionnaire", "kind", "required"]
    list_filter = ["questionnaire"]
    list_select_related = ["questionnaire"]
    search_fields = ["text_zh", "text_en"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "questionnaire",
                    ("kind", "required"),
                    ("text_zh", "text_en"),
                    ("help_zh", "help_en"),
                ]
            },
        ),
        (_("Condition"), {"fields": ["shown_if", "shown_if_choices"]}),
        (_("Scale"), {"fields": ["scale_max", ("low_zh", "low_en"), ("high_zh", "high_en")]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Question | None = None) -> list[str]:
        locked = ["kind", "required", "shown_if", "shown_if_choices", "scale_max"]
        return ["questionnaire", *([] if is_draft(obj) else locked)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        """Together with its draft; alone it is deleted there, among the others."""
        return obj is not None and is_draft(obj) and self.has_change_permission(request, obj)


@admin.register(QuestionnaireSubmission)
class SubmissionAdmin(ScopedAdmin[QuestionnaireSubmission]):
    """Who has answered, and when."""

    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["graduate", "questionnaire", "submitted_at"]
    list_filter = ["questionnaire"]
    list_select_related = ["graduate", "questionnaire"]
    search_fields = ["graduate__student_no", "graduate__name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
