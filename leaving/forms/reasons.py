"""The form of a reason text, for those who decide for a department (C6)."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leaving.models import Checkpoint, ReasonText
from portal.departments.models import Department
from portal.localized import localized


class ReasonForm(forms.ModelForm[ReasonText]):
    """The department is one of the person's own; the checkpoint, one that the person decides."""

    checkpoint_key = forms.ChoiceField(label=_("Only for the checkpoint"), required=False)

    class Meta:
        model = ReasonText
        fields = ("department", "text_zh", "text_en", "verb", "checkpoint_key", "is_active")
        labels = {
            "department": _("Department"),
            "text_zh": _("Reason (Chinese)"),
            "text_en": _("Reason (English)"),
            "verb": _("Only for"),
            "is_active": _("Offered"),
        }
        help_texts = {"department": "", "text_en": _("What a graduate who uses the portal in English reads.")}

    def __init__(
        self,
        *args: Any,
        departments: QuerySet[Department],
        checkpoints: QuerySet[Checkpoint],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        own = self.fields["department"]
        assert isinstance(own, forms.ModelChoiceField)
        own.queryset, own.required, own.empty_label = departments, True, None
        keys = {one.key: localized(one, "name") for one in checkpoints}
        kept = self.instance.checkpoint_key
        key = self.fields["checkpoint_key"]
        assert isinstance(key, forms.ChoiceField)
        key.choices = [("", str(_("All"))), *{**({kept: kept} if kept else {}), **keys}.items()]
