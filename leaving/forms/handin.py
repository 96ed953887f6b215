"""Evidence, “please look again”, and the choice of what a plan is about (C8)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from leaving.choices import EmploymentKind, Verb
from leaving.models import Graduate
from leaving.selectors.clearance import readable_snapshot
from leaving.selectors.handin import kinds_of_plan
from leaving.services.handin import MAX_BYTES
from portal.longtext import LongText
from portal.uploads.checking import ACCEPT


class UploadField(forms.FileField):
    """A picture or PDF. What is in it is checked when it is kept; here only that it is not absurdly large."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.FileInput(attrs={"accept": ACCEPT}),
            error_messages={"required": _("Choose a file first.")},
            help_text=_("A picture (JPEG, PNG, WebP) or a PDF, at most 10 MB."),
            **kwargs,
        )

    def clean(self, data: "UploadedFile[Any] | None", initial: object = None) -> "UploadedFile[Any] | None":
        file: UploadedFile[Any] | None = super().clean(data, initial)
        if file and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(number)d MB."), params={"number": MAX_BYTES // 1024 // 1024}
            )
        return file


class EvidenceForm(forms.Form):
    """One file."""

    file = UploadField(label=_("File"))


class LookAgainForm(forms.Form):
    """What has changed since the item was not passed."""

    text = LongText(
        label=_("What has changed"),
        max_length=500,
        rows=4,
        help_text=_("For example: the books were returned on 12 June at the ground floor desk."),
    )
    evidence = UploadField(label=_("Evidence"), required=False)


class KindForm(forms.Form):
    """What the employment plan is about."""

    kind = forms.ChoiceField(label=_("After graduation"), widget=forms.RadioSelect)

    def __init__(
        self, data: object = None, *, graduate: Graduate, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.value, EmploymentKind(kind).label) for kind in kinds_of_plan(graduate)]


class ItemDecisionForm(forms.Form):
    """A verb on the one item of the page, and what the database showed when it was opened."""

    verb = forms.ChoiceField(choices=Verb)
    reason = forms.CharField(required=False, max_length=500, strip=True)
    delegation = forms.CharField(required=False, max_length=200, strip=True)
    seen = forms.CharField(max_length=20_100)

    def clean_seen(self) -> str:
        token = readable_snapshot(self.cleaned_data["seen"])
        if token is None:
            raise forms.ValidationError(_("The list is too old. Load it again."))
        return token
