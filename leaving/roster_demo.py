"""The demo's changes of the roster: who approves what, a deferral that waits, one that is approved, an addition that waits."""

from django.db.models import QuerySet

from leaving.choices import Level
from leaving.demo import CLASS, YEAR
from leaving.models import Addition, ApprovalResponsibility, Deferral, Graduate
from leaving.models.cohorts import REGULAR_MONTH
from leaving.selectors.cohorts import cohort_coded
from leaving.selectors.roster import graduates_of_roster
from leaving.services.deferrals import approve_deferrals, propose_deferrals
from leaving.services.responsibilities import set_published_approvals
from leaving.workbooks.additions import propose_addition
from leaving.workbooks.graduates.identity import with_check_character
from portal.accounts.models import User
from portal.demo import Step
from portal.departments.models import Department

NEW = {
    "student_no": "20221900099",
    "name": "邹晚晴",
    "sex": "female",
    "document_no": with_check_character("42010620040909002"),
    "political_status": "共青团员",
    "nationality": "中国",
    "college": "08",
    "major": "软件工程",
    "grade": "2022",
    "school_class": CLASS,
    "campus": "未来城校区",
    "level": "本科",
    "study_mode": "全日制",
    "dispatch": "是",
    "housing": "住校",
    "mobile": "13871230099",
}


def play(_graduates: int) -> None:
    """Proposes and approves as the demo's own accounts. Idempotent."""
    if not ApprovalResponsibility.objects.exists():
        set_published_approvals(
            registrar=Department.objects.get(code="registrar"),
            graduate_school=Department.objects.get(code="graduate-school"),
            actor=None,
        )
    people = User.objects.in_bulk(["college", "secretary", "graduateschool", "roll"], field_name="username")
    if not Deferral.objects.exists():
        _propose(people.get("college"), Level.UNDERGRADUATE, "尚有必修课学分未修满，申请延期毕业。")
        approved = _propose(people.get("secretary"), Level.MASTER, "学位论文尚未完成，申请延期一年。")
        if approved and "graduateschool" in people:
            approve_deferrals(deferrals=approved, actor=people["graduateschool"])
    cohort, teacher = cohort_coded(YEAR), people.get("roll")
    if cohort and teacher and not Addition.objects.exists() and graduates_of_roster(teacher).exists():
        propose_addition(
            cohort=cohort,
            cells=NEW,
            reason="休学后复学，未列入预计毕业生名单；经学院核实，学分已修满。",
            actor=teacher,
        )


def _propose(actor: User | None, level: Level, reason: str) -> list[int]:
    """For one of the crowd who has not been cleared; nobody that a story of the demo is about."""
    if actor is None:
        return []
    crowd: QuerySet[Graduate] = graduates_of_roster(actor).filter(
        cohort__year=YEAR, cohort__month=REGULAR_MONTH, level=level, user=None, sheets__state="open"
    )
    chosen = crowd.exclude(school_class__name=CLASS).order_by("-student_no").values_list("pk", flat=True)[:1]
    if not chosen:
        return []
    made = propose_deferrals(graduates=chosen, year=YEAR + 1, month=REGULAR_MONTH, reason=reason, actor=actor)
    return [deferral.pk for deferral in made]


STEP = Step(35, "roster", play)
