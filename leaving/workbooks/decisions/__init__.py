"""The `decisions` workbook: a list of student numbers with what is decided about one checkpoint (C6)."""

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leaving.choices import CohortState
from leaving.models import Checkpoint, Cohort
from leaving.selectors.clearance import checkpoints_decided_by
from leaving.selectors.cohorts import cohort_choices, cohort_for
from leaving.selectors.decisions import batches_visible_to
from leaving.selectors.reasons import ReasonBook
from leaving.workbooks.decisions.columns import COLUMNS
from leaving.workbooks.decisions.messages import MESSAGES
from leaving.workbooks.decisions.run import DecisionsRun
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import departments_where, holds_anywhere
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Workbook
from portal.workbooks.spec import Column

REASONS_SHOWN = 20


class DecisionsWorkbook(Workbook):
    """Passes, fails and waives by list. Whose items they are is asked row by row, and once more by the door itself."""

    kind = "decisions"
    title = gettext_lazy("Decisions")
    columns = COLUMNS
    parameters = ("checkpoint", "department", "cohort")
    required_parameters = ("checkpoint",)
    messages = MESSAGES

    def may_hand_in(self, user: User) -> bool:
        return holds_anywhere(user, Right.DECIDE)

    def run(self, batch: ImportBatch) -> DecisionsRun:
        """Raises Refused when cohort, checkpoint or department make no sense or are not the actor's."""
        cohort = cohort_for(batch.parameters.get("cohort"))
        if cohort.state != CohortState.OPEN:
            raise Refused(
                "cohort_not_open",
                _("The cohort %(year)s is not open: nothing is decided there.") % {"year": cohort.code},
            )
        number = batch.parameters["checkpoint"]
        checkpoint = Checkpoint.objects.filter(cohort=cohort, number=number).first()
        if checkpoint is None:
            raise Refused(
                "checkpoint_unknown",
                _("The cohort %(year)s has no checkpoint no. %(number)s.")
                % {"year": cohort.code, "number": number},
            )
        if not checkpoints_decided_by(batch.actor).filter(pk=checkpoint.pk).exists():
            raise Refused(
                "checkpoint_not_yours",
                _("“%(checkpoint)s” is not decided by your departments.") % {"checkpoint": checkpoint},
            )
        return DecisionsRun(batch, checkpoint, _department(batch))

    def template_columns(self, user: User) -> Sequence[Column]:
        """With the reasons that this person's departments give again and again."""
        offered = ReasonBook(user, reviews=False).offered()[:REASONS_SHOWN]
        if not offered:
            return self.columns
        *others, reason = self.columns
        told = "\n".join([str(reason.help), _("Your departments' reasons:"), *offered])
        return (*others, replace(reason, help=told))

    def links(self, batch: ImportBatch, user: User) -> Sequence[tuple[str, str]]:
        """To what the list decided, where it can be taken back as a whole."""
        if not batches_visible_to(user).filter(workbook=batch).exists():
            return ()
        return ((_("What it decided"), reverse("leaving:decision-workbook", args=[batch.uid])),)

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        """The checkpoints and departments that this person decides, and the open cohorts that have them."""
        if parameter == "checkpoint":
            found = {str(one.number): str(one) for one in checkpoints_decided_by(user)}
            return list(found.items())
        if parameter == "department":
            mine = departments_where(user, Right.DECIDE).select_related("parent").order_by("kind", "order")
            return [(department.code, str(department)) for department in mine]
        cohorts = Cohort.objects.filter(pk__in=checkpoints_decided_by(user).order_by().values("cohort"))
        return cohort_choices(cohorts)


def _department(batch: ImportBatch) -> Department | None:
    code = batch.parameters.get("department")
    if not code:
        return None
    found = departments_where(batch.actor, Right.DECIDE).filter(code=code).first()
    if found is None:
        raise Refused(
            "department_not_yours",
            _("You decide nothing for a department with the code “%(code)s”.") % {"code": code},
        )
    return found
