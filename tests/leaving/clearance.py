"""A small university with the published checkpoints, for the stories about clearance."""

from leaving.choices import Certificates, Level, Verb
from leaving.models import ClearanceItem, Cohort, Graduate
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.clearance import Outcome, decide
from leaving.services.cohorts import open_cohort
from portal.departments.choices import DepartmentKind
from portal.departments.demo import COLLEGES, OFFICES
from portal.departments.models import Department
from tests import builders

COLLEGE_NAMES = {name_zh: code for code, name_zh, *_rest in COLLEGES}


def published(year: int = 2026) -> Cohort:
    """The cohort with the offices and colleges its published checkpoints name."""
    builders.offices(*((code, name_zh, name_en) for code, name_zh, name_en, *_rest in OFFICES))
    builders.colleges(*((code, name_zh, name_en) for code, name_zh, _short, name_en in COLLEGES))
    cohort = builders.cohort(year)
    apply_published_checkpoints(cohort=cohort, actor=None)
    return cohort


def postgraduate(student_no: str | None = None, college: str = "地球科学学院", **fields: object) -> Graduate:
    """A master who studies for both certificates, with a supervisor."""
    values: dict[str, object] = {
        "level": Level.MASTER,
        "certificates": Certificates.BOTH,
        "political_status": "中共党员",
        **fields,
    }
    values.setdefault("supervisor", builders.user())
    return builders.graduate(
        student_no, college=Department.objects.get(name_zh=college, kind=DepartmentKind.COLLEGE), **values
    )


def opened(year: int = 2026) -> None:
    open_cohort(cohort=builders.cohort(year), actor=None)


def item(graduate: Graduate, number: int) -> ClearanceItem:
    return ClearanceItem.objects.get(sheet__graduate=graduate, checkpoint__number=number)


def states(graduate: Graduate) -> dict[int, str]:
    """Published number → state, of everything on the sheet."""
    return dict(
        ClearanceItem.objects.filter(sheet__graduate=graduate)
        .order_by("checkpoint__order")
        .values_list("checkpoint__number", "state")
    )


def passed_but(graduate: Graduate, *numbers: int) -> Outcome:
    """Everything on the sheet passed by the system but these."""
    for gate in (True, False):
        outcome = decide(
            items=ClearanceItem.objects.filter(
                sheet__graduate=graduate, checkpoint__is_gate=gate, state="pending"
            ).exclude(checkpoint__number__in=numbers),
            verb=Verb.PASS,
            actor=None,
        )
    return outcome
