"""Rules, owners and prerequisites in words, in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leaving.choices import Certificates, Housing, Level, Match, OwnerKind, RuleOutcome, StudyMode
from leaving.models import Checkpoint, CheckpointRule
from portal.departments.choices import DepartmentKind
from portal.localized import localized

# Shorter than the labels of the form.
OUTCOMES = {
    RuleOutcome.REQUIRED: gettext_lazy("must be passed"),
    RuleOutcome.PASSED: gettext_lazy("passes by itself"),
    RuleOutcome.EXEMPT: gettext_lazy("not needed"),
    RuleOutcome.ABSENT: gettext_lazy("not listed"),
}


def rule_in_words(rule: CheckpointRule) -> str:
    """“Undergraduate; only 体育学院: not needed (…)”. Colleges and campuses should be prefetched."""
    reason = localized(rule, "reason")
    values = {
        "whom": _("; ").join(conditions_in_words(rule)) or _("all (others)"),
        "outcome": OUTCOMES[RuleOutcome(rule.outcome)],
        "reason": reason,
    }
    if reason:
        return _("%(whom)s: %(outcome)s (%(reason)s)") % values
    return _("%(whom)s: %(outcome)s") % values


def conditions_in_words(rule: CheckpointRule) -> list[str]:
    """Each condition of a rule on its own; none where it fits all."""
    found = [_listed(Level(level).label for level in rule.levels)] if rule.levels else []
    if rule.study_modes:
        found.append(_listed(StudyMode(mode).label for mode in rule.study_modes))
    if rule.certificates:
        found.append(str(Certificates(rule.certificates).label))
    if rule.housing:
        found.append(str(Housing(rule.housing).label))
    if rule.college_match != Match.ANY:
        found.append(_matching(rule.college_match, (localized(one, "name") for one in rule.colleges.all())))
    campuses = [localized(campus, "name") for campus in rule.campuses.all()]
    if campuses:
        found.append(_listed(campuses))
    if rule.political_match != Match.ANY:
        named = _matching(rule.political_match, rule.political_statuses)
        found.append(_("political status: %(which)s") % {"which": named})
    return found


def owner_in_words(checkpoint: Checkpoint) -> str:
    """Who decides: the office by name, or whose node or office it is. The department should be fetched."""
    if checkpoint.owner_kind == OwnerKind.OFFICE and checkpoint.department:
        return localized(checkpoint.department, "name")
    if checkpoint.owner_kind == OwnerKind.NODE and checkpoint.node_kind:
        node = DepartmentKind(checkpoint.node_kind).label
        return _("%(node)s of the graduate's college") % {"node": node}
    return str(checkpoint.get_owner_kind_display())


def _matching(match: str, names: Iterable[str]) -> str:
    listed = {"names": _listed(names)}
    return (_("only %(names)s") if match == Match.ONLY else _("all except %(names)s")) % listed


def _listed(names: Iterable[object]) -> str:
    return _(", ").join(str(name) for name in names)
