"""Forms of the clearance pages."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from leaving.choices import ItemState, Level, Verb
from leaving.models import Checkpoint, Cohort
from leaving.models.reasons import REASON_LENGTH
from leaving.selectors.certificates import CODE_LENGTH, normalised_code
from leaving.selectors.clearance import Filters, readable_snapshot
from portal.departments.models import Department

ANY = "any"


class QueueFilters(forms.Form):
    """What narrows the queue down. All of it stays in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Student number or name")}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            (ANY, _("All")),
            *[(state.value, state.label) for state in ItemState if state != ItemState.EXEMPT],
        ],
    )
    checkpoint = forms.ModelChoiceField(
        Checkpoint.objects.none(), label=_("Checkpoint"), required=False, empty_label=_("All")
    )
    college = forms.ModelChoiceField(
        Department.objects.none(), label=_("College"), required=False, empty_label=_("All")
    )
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All")), *Level.choices])
    school_class = forms.CharField(label=_("Class"), required=False, max_length=80)
    again = forms.BooleanField(label=_("Asks to look again"), required=False)
    supervisor = forms.CharField(
        label=_("Supervisor"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": _("Staff number or name")}),
    )

    def __init__(
        self,
        query: QueryDict,
        *,
        checkpoints: QuerySet[Checkpoint],
        colleges: QuerySet[Department],
        supervisors: bool = False,
    ) -> None:
        """`checkpoints` come with their cohorts. `cohorts` is empty unless several are open: then each by its id."""
        self.cohorts: Mapping[int, Cohort] = {}
        data = query.copy()
        data.setdefault("state", ItemState.PENDING)
        if data.get("again"):
            data["state"] = ItemState.FAILED  # only what was not passed can be looked at again
        super().__init__(data)
        if not supervisors:
            del self.fields["supervisor"]
        for name, choices in (("checkpoint", checkpoints), ("college", colleges)):
            found = list(choices)
            if len(found) < 2:
                del self.fields[name]
            else:
                field = self.fields[name]
                assert isinstance(field, forms.ModelChoiceField)
                field.queryset = choices
                if name == "checkpoint":
                    self._name_cohorts(field, found)

    def _name_cohorts(self, field: forms.ModelChoiceField[Any], checkpoints: Iterable[Any]) -> None:
        """Where several cohorts are open each has a checkpoint of the same name: their names tell which is meant."""
        cohorts = {checkpoint.cohort_id: checkpoint.cohort for checkpoint in checkpoints}
        if len(cohorts) > 1:
            self.cohorts = cohorts
            field.label_from_instance = _with_cohort  # type: ignore[method-assign]

    def checkpoint_key(self) -> str | None:
        """The key of the checkpoint the list is narrowed to, if it is."""
        self.is_valid()
        checkpoint = self.cleaned_data.get("checkpoint")
        return checkpoint.key if checkpoint else None

    def filters(self) -> Filters:
        """What was filled in and makes sense; nothing narrows what was not understood."""
        self.is_valid()
        given = self.cleaned_data
        return Filters(
            checkpoint=given["checkpoint"].pk if given.get("checkpoint") else None,
            state="" if given.get("state") == ANY else given.get("state") or ItemState.PENDING,
            college=given["college"].pk if given.get("college") else None,
            level=given.get("level", ""),
            school_class=given.get("school_class", ""),
            q=typed(given.get("q", "")),
            supervisor=given.get("supervisor", "").strip(),
            again=given.get("again", False),
        )


def _with_cohort(obj: Any) -> str:
    return f"{obj} · {obj.cohort}"


def typed(text: str) -> str:
    """What was typed or scanned into a search: full-width digits and spaces at the ends do not matter."""
    return unicodedata.normalize("NFKC", text).replace("\0", "").strip()


def why_not(form: forms.Form) -> str:
    """What the clerk is told of a decision that cannot be read: too long a reason, or else a list that is out of date."""
    for name in ("reason", "delegation"):
        if name in form.errors:
            return str(form.errors[name][0])
    return str(_("The list is too old. Load it again."))


class TickedForm(forms.Form):
    """Ticked items, or all that matched when the list was looked at."""

    seen = forms.CharField(max_length=20_100)
    all_matching = forms.BooleanField(required=False)
    item = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["item"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.valid_value = str.isdecimal  # type: ignore[method-assign,assignment]

    def clean_seen(self) -> str:
        token = readable_snapshot(self.cleaned_data["seen"])
        if token is None:
            raise forms.ValidationError(_("The list is too old. Load it again."))
        return token


class DecisionForm(TickedForm):
    """A verb on them."""

    verb = forms.ChoiceField(choices=Verb)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH, strip=True)
    keep_reason = forms.BooleanField(required=False)
    delegation = forms.CharField(required=False, max_length=200, strip=True)


class SupervisorForm(forms.Form):
    """Who is to decide instead, and why."""

    staff_no = forms.CharField(
        label=_("Staff number"),
        max_length=64,
        help_text=_("Of the new supervisor."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Needed where the staff number has no account yet; otherwise it is compared."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("It stays in the history, and the graduate reads it.")
    )


class CodeForm(forms.Form):
    """The code of a certificate, as somebody reads it off the paper."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_("26 letters and digits, below the QR code. Spaces and dashes do not matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code = normalised_code(self.cleaned_data["code"])
        if len(code) != CODE_LENGTH:
            raise forms.ValidationError(
                _("A code has %(length)d letters and digits."), params={"length": CODE_LENGTH}
            )
        return code
