"""Whose task it is to import a graduate (G2): it must be the actor's, row by row, and still when the rows are written."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from leaving.selectors.responsibilities import Reach, Responsibilities, Standing, is_overseas, name_of
from leaving.workbooks.graduates.cells import Problem
from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks.load import Stage

ReachOf = Callable[[User], Reach]  # whose rows a person may bring in


class RowReach:
    """One run's questions about it; each standing is asked about once."""

    def __init__(self, actor: User, reach_of: ReachOf) -> None:
        self._actor = actor
        self._reach_of = reach_of
        self._reach = reach_of(actor)
        self._responsibilities = Responsibilities.current()
        self._responsible: dict[Standing, int | None] = {}

    def require(self, standing: Standing) -> None:
        """Raises Problem (`not_responsible`, `nobody_responsible`) for a graduate who is not the actor's to import."""
        if standing not in self._responsible:
            self._responsible[standing] = self._responsibilities.responsible_for(standing)
        responsible = self._responsible[standing]
        if not self._reach.covers(responsible, standing.level):
            raise Problem(
                "not_responsible" if responsible else "nobody_responsible", "college", **name_of(responsible)
            )

    def require_still(self, stage: Stage) -> None:
        """The actor's rights as they are now, over the rows as they are now. Raises Refused (`not_responsible`)."""
        reach, responsibilities = self._reach_of(self._actor), Responsibilities.current()
        standings = set(self._responsible)
        for college, level, mode, certificates, dispatch, nationality, document_type in stage.met(
            "college_id", "level", "study_mode", "certificates", "dispatch", "nationality", "document_type"
        ):
            overseas = is_overseas(nationality, document_type)
            standings.add(Standing(college, level, mode, certificates, dispatch, overseas))
        if not all(reach.covers(responsibilities.responsible_for(each), each.level) for each in standings):
            raise Refused(
                "not_responsible",
                _("Your rights have changed meanwhile; some of these graduates are not yours to import."),
            )
