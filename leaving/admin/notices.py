"""Notices are written in the administration (C11)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leaving.choices import Audience
from leaving.models import Notice, NoticeAttachment
from leaving.selectors.notices import EDITORS, edits_notices
from leaving.services.notices import FILE_TYPES, attach_file, checked_type, remove_file, save_notice
from portal.departments.admin import ScopedAdmin
from portal.errors import Refused


class NoticeForm(forms.ModelForm[Notice]):
    audiences = forms.MultipleChoiceField(
        label=_("audiences"), choices=Audience.choices, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("published_from"), cleaned.get("published_until")
        if start and end and end < start.date():
            self.add_error("published_until", _("The last day lies before the first."))
        return cleaned


class AttachmentForm(forms.ModelForm[NoticeAttachment]):
    """A new file is chosen; one that is there can only be taken off."""

    upload = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(FILE_TYPES)}),
        help_text=_("PDF, PNG, JPEG, Word or Excel, 20 MB at most."),
    )

    class Meta:
        model = NoticeAttachment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["upload"].widget = forms.HiddenInput()
            self.fields["upload"].disabled = True

    def clean_upload(self) -> Any:
        upload = self.cleaned_data.get("upload")
        if self.instance.pk:
            return None
        if upload is None:
            raise ValidationError(_("Choose a file."))
        try:
            checked_type(upload)
        except Refused as refused:
            raise ValidationError(str(refused)) from refused
        return upload


class AttachmentInline(admin.TabularInline[NoticeAttachment, Notice]):
    model = NoticeAttachment
    form = AttachmentForm
    extra = 1
    fields = ["upload"]

    # Who may edit the notice may attach files and take them off.
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return edits_notices(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return edits_notices(request.user)

    has_view_permission = has_change_permission
    has_delete_permission = has_change_permission


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin[Notice]):
    see = EDITORS
    edit = EDITORS
    form = NoticeForm
    inlines = [AttachmentInline]
    list_display = ["title_zh", "cohort", "audiences_shown", "published_from", "published_until", "pinned"]
    list_filter = ["cohort", "pinned", "published_from"]
    list_select_related = ["cohort"]
    search_fields = ["title_zh", "title_en"]
    fieldsets = [
        (None, {"fields": [("title_zh", "title_en"), "body_zh", "body_en"]}),
        (
            _("For whom, and when"),
            {"fields": ["audiences", "cohort", ("published_from", "published_until"), "pinned"]},
        ),
    ]

    @admin.display(description=_("audiences"))
    def audiences_shown(self, notice: Notice) -> str:
        return "、".join(str(Audience(one).label) for one in notice.audiences)

    def save_model(self, request: HttpRequest, obj: Notice, form: Any, change: bool) -> None:
        assert request.user.is_authenticated
        save_notice(notice=obj, actor=request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        assert request.user.is_authenticated
        formset.save(commit=False)
        for attachment in formset.deleted_objects:
            remove_file(attachment=attachment, actor=request.user)
        for one in formset.extra_forms:
            upload = one.cleaned_data.get("upload") if one.has_changed() else None
            if upload is not None and not one.cleaned_data.get("DELETE"):
                attach_file(notice=form.instance, upload=upload, actor=request.user)


@admin.register(NoticeAttachment)
class NoticeAttachmentAdmin(ScopedAdmin[NoticeAttachment]):
    """To look at; files are attached on the notice's page."""

    see = EDITORS
    list_display = ["name", "notice", "media_type", "size"]
    list_select_related = ["notice"]
    search_fields = ["name", "notice__title_zh"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
