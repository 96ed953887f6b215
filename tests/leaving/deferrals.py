"""The offices of the stories about deferrals and additions, and the clicks of one who defers in the browser."""

from playwright.sync_api import Page

from leaving.models import Deferral, Graduate
from leaving.services.deferrals import approve_deferrals, propose_deferrals
from leaving.services.responsibilities import set_published_approvals
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders
from tests.browser import Visitor, settled


def offices() -> tuple[Department, Department]:
    """教务处 approves undergraduates, 研究生院 postgraduates."""
    registrar = builders.office("registrar", "教务处", "Registrar")
    school = builders.office("graduate-school", "研究生院", "Graduate School")
    set_published_approvals(registrar=registrar, graduate_school=school, actor=None)
    return registrar, school


def registrar(username: str = "registrar") -> User:
    """A clerk of the registrar's office."""
    return builders.clerk(username, Right.CHANGE_ROSTER, at=offices()[0])


def graduate_school(username: str = "graduateschool") -> User:
    """A clerk of the graduate school."""
    return builders.clerk(username, Right.CHANGE_ROSTER, at=offices()[1])


def college(username: str = "college", of: Department | None = None) -> User:
    """A clerk of a college, who proposes."""
    return builders.clerk(username, Right.CHANGE_ROSTER, Right.VIEW_GRADUATES, at=of or builders.college())


def proposed(*graduates: Graduate, by: User, year: int = 2027, month: int = 6) -> list[int]:
    """The deferrals proposed for these, as ids."""
    made = propose_deferrals(
        graduates=[graduate.pk for graduate in graduates],
        year=year,
        month=month,
        reason="学分未修满",
        actor=by,
    )
    return [deferral.pk for deferral in made]


def deferred(*graduates: Graduate, by: User, approver: User) -> list[Deferral]:
    """The deferrals of these to 2027, approved."""
    ids = proposed(*graduates, by=by)
    approve_deferrals(deferrals=ids, actor=approver)
    return list(Deferral.objects.filter(pk__in=ids).order_by("pk"))


# --- in the browser --------------------------------------------------------------------------------------


def defer_in_browser(registrar: Visitor, student_no: str, reason: str = "学分未修满") -> Page:
    """Somebody who approves defers one student at once; stops where the portal says that it is done."""
    page = registrar.go(f"/roster/new/?student={student_no}")
    page.select_option("[name=to]", "2027-6")
    page.fill("[name=reason]", reason)
    page.check("[name=approve]")
    page.click("main form button.primary")
    settled(page, ".messages", 15)
    return page


def undo_in_browser(registrar: Visitor, student_no: str, reason: str = "学分已修满") -> Page:
    """The same person undoes it."""
    page = registrar.go(f"/roster/?state=approved&q={student_no}")
    page.check("[data-tick-all]")
    page.fill("[name=reason]", reason)
    page.click("button[name=action][value=undo]")
    page.click("dialog[open] button[value=yes]")
    settled(page, ".messages", 15)
    return page
