"""Checkpoints and their rules as an administrator edits them, and copying them to another year (C3 to C5)."""

from itertools import pairwise
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState, Level, Match, OwnerKind, RuleOutcome, StudyMode
from leaving.models import Checkpoint, CheckpointRule, Cohort
from leaving.selectors.applicability import check_no_cycle, checkpoints_of, prerequisites
from portal.errors import Refused


class CheckpointForm(forms.ModelForm[Checkpoint]):
    """Refuses an owner that does not fit, and checkpoints that would wait for each other."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_owner(cleaned)
        cohort = self.instance.cohort if self.instance.pk else cleaned.get("cohort")
        if cohort is not None:
            self._clean_prerequisites(cohort, cleaned)
        return cleaned

    def _clean_owner(self, cleaned: dict[str, Any]) -> None:
        """What another kind of owner needs is emptied; what this one needs is asked for."""
        kind = cleaned.get("owner_kind")
        if kind == OwnerKind.OFFICE and not cleaned.get("department") and "department" not in self.errors:
            self.add_error("department", _("Choose the office that decides."))
        if kind == OwnerKind.NODE and not cleaned.get("node_kind") and "node_kind" not in self.errors:
            self.add_error("node_kind", _("Choose the node of the college that decides."))
        if kind and kind != OwnerKind.OFFICE:
            cleaned["department"] = None
        if kind and kind != OwnerKind.NODE:
            cleaned["node_kind"] = ""

    def _clean_prerequisites(self, cohort: Cohort, cleaned: dict[str, Any]) -> None:
        # Held, so that two people cannot close a circle from both ends, nor edit what is being published.
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        requires = set(cleaned.get("requires") or ())
        if any(one.cohort_id != cohort.pk for one in requires):
            self.add_error("requires", _("A checkpoint can only wait for one of its own cohort."))
            return
        others = [one for one in checkpoints_of(cohort.pk) if one.pk != self.instance.pk]
        if cleaned.get("is_gate") and (gate := next((one for one in others if one.is_gate), None)):
            self.add_error("is_gate", _("“%(name)s” is the gate of this cohort already.") % {"name": gate})
            return
        try:
            check_no_cycle(self._needs(others, requires, cleaned), [*others, self._named(cleaned)])
        except Refused as refused:
            field = "requires" if "requires" in self.fields and requires else "is_gate"
            self.add_error(field, str(refused))

    def _needs(
        self, others: list[Checkpoint], requires: set[Checkpoint], cleaned: dict[str, Any]
    ) -> dict[int, set[int]]:
        """Who would wait for whom, once this is saved."""
        here = self.instance.pk or 0
        needs = prerequisites(others)
        needs[here] = {one.pk for one in requires} | {one.pk for one in others if one.is_gate}
        for one in others:
            if cleaned.get("is_gate"):
                needs[one.pk].add(here)
        return needs

    def _named(self, cleaned: dict[str, Any]) -> Checkpoint:
        return Checkpoint(
            pk=self.instance.pk, name_zh=cleaned.get("name_zh") or "?", name_en=cleaned.get("name_en") or ""
        )


class RuleForm(forms.ModelForm[CheckpointRule]):
    """One rule, whose lists have to make sense together."""

    levels = forms.MultipleChoiceField(
        label=_("levels"), choices=Level.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    study_modes = forms.MultipleChoiceField(
        label=_("study modes"), choices=StudyMode.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    political_statuses = SimpleArrayField(
        forms.CharField(max_length=40),
        label=_("these political statuses"),
        required=False,
        help_text=_("As the roster writes them, separated by commas: 中共党员,中共预备党员"),
    )

    def clean_political_statuses(self) -> list[str]:
        """Each once, without the full-width commas that an input method writes."""
        given: list[str] = self.cleaned_data["political_statuses"] or []
        parts = (
            part.strip() for text in given for part in text.replace("，", ",").replace("、", ",").split(",")
        )
        return list(dict.fromkeys(part for part in parts if part))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for match, listed in (("college_match", "colleges"), ("political_match", "political_statuses")):
            if match not in cleaned or listed not in cleaned:
                continue
            fits_any, given = cleaned[match] == Match.ANY, cleaned[listed]
            if fits_any and given:
                self.add_error(match, _("Say whether only the listed are meant, or all except them."))
            if not fits_any and not given:
                self.add_error(listed, _("List at least one, or choose “all”."))
        explains = cleaned.get("outcome") in (RuleOutcome.EXEMPT, RuleOutcome.PASSED)
        if explains and not cleaned.get("reason_zh") and "reason_zh" not in self.errors:
            self.add_error("reason_zh", _("Say in Chinese why it is not needed or passes by itself."))
        return cleaned

    def validate_constraints(self) -> None:
        """All but the orders: the set of forms compares these as they will be, so that two rules can change places."""
        try:
            self.instance.validate_constraints(exclude={"order", *self.errors})
        except ValidationError as error:
            self.add_error(None, error)

    @property
    def fits_all(self) -> bool:
        """Whether nobody is left for the rules after this one."""
        conditions = ("levels", "study_modes", "certificates", "housing", "campuses")
        return not any(self.cleaned_data.get(name) for name in conditions) and all(
            self.cleaned_data.get(name) == Match.ANY for name in ("college_match", "political_match")
        )


class RuleFormSet(BaseInlineFormSet[CheckpointRule, Checkpoint, RuleForm]):
    """The rules of one checkpoint: no two at the same place, none that can never fit."""

    def clean(self) -> None:
        kept = [
            form
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if any(self.errors):
            return
        kept.sort(key=lambda form: form.cleaned_data["order"])
        for first, second in pairwise(kept):
            place = {"order": second.cleaned_data["order"]}
            if first.cleaned_data["order"] == second.cleaned_data["order"]:
                raise ValidationError(
                    _("Two rules have the order %(order)s. The first that fits decides.") % place
                )
            if first.fits_all:
                raise ValidationError(
                    _(
                        "The rule %(order)s can never fit: the one before it fits all. Put the general rule last."
                    )
                    % place
                )


class CopyForm(forms.Form):
    """Where to: a cohort that is there, or the next year's, which is then set up."""

    code = forms.TypedChoiceField(label=_("to the cohort"), coerce=int)
    replace = forms.BooleanField(
        label=_("Replace the checkpoints that are there"),
        required=False,
        help_text=_("Only where none of them stands on a sheet yet. What was edited there is lost."),
    )

    def __init__(self, *args: Any, source: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Cohort.objects.exclude(pk=source.pk)
        names = {one.code: str(one) for one in others.exclude(state=CohortState.CLOSED)}
        following = source.year + 1
        if not others.filter(year=following).exists():
            names[following] = _("%(year)s (will be set up)") % {"year": following}
        field = self.fields["code"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            (year, names[year]) for year in sorted(names, key=lambda year: (year <= source.year, year))
        ]
