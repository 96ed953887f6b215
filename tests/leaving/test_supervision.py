"""A supervisor who is away or wrongly recorded: the postgraduate secretary reassigns, or decides as a named delegate (C4)."""

import re
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from leaving.choices import Level, Verb
from leaving.models import ClearanceItem, Decision, Graduate, SupervisorChange
from leaving.selectors.clearance import snapshot
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide, reopen_batch
from leaving.services.supervision import Reassigned, find_or_make_supervisor, reassign_supervisor
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published, states

pytestmark = pytest.mark.django_db


def secretary(username: str = "xiaomi", college: str = "地球科学学院", name: str = "小米") -> User:
    of = Department.objects.get(name_zh=college)
    rights = (Right.DECIDE, Right.VIEW_GRADUATES)
    made = builders.clerk(username, *rights, at=builders.node(of, "secretary"))
    User.objects.filter(pk=made.pk).update(name=name)
    made.refresh_from_db()
    return made


def huang(**fields: Any) -> User:
    return builders.user("T0001", name="黄导师", **fields)


def test_open_reviews_go_to_the_new_supervisor_and_decided_ones_stay() -> None:
    published()
    old, new, xiaomi = huang(), builders.user("T0002", name="白导师"), secretary()
    done, failed, waiting = (postgraduate(supervisor=old) for _ in range(3))
    both = postgraduate(supervisor=old, second_supervisor=new)
    opened()
    decide(items=[item(done, 1).pk], verb=Verb.PASS, actor=old)
    decide(items=[item(failed, 1).pk], verb=Verb.FAIL, actor=old, reason="论文未修改")
    ids = [graduate.pk for graduate in (done, failed, waiting, both)]
    assert reassign_supervisor(
        graduates=ids, supervisor=new, actor=xiaomi, reason=" 出国访问 "
    ) == Reassigned(graduates=4, items=3)
    assert [item(graduate, 1).supervisor for graduate in (done, failed, waiting, both)] == [
        old,
        new,
        new,
        new,
    ]
    assert Graduate.objects.filter(supervisor=new, second_supervisor=None).count() == 4
    assert list(
        SupervisorChange.objects.order_by("graduate").values_list(
            "graduate", "before", "after", "actor", "reason"
        )
    ) == [(pk, old.pk, new.pk, xiaomi.pk, "出国访问") for pk in ids]
    entry = AuditEntry.objects.get(verb="supervisor.reassigned")
    assert (entry.actor_id, entry.reason, entry.details) == (
        xiaomi.pk,
        "出国访问",
        {"graduates": 4, "items": 3, "supervisor": "T0002"},
    )
    # The old one has lost them, the new one decides; who had failed it is still told.
    assert [s.code for s in decide(items=[item(waiting, 1).pk], verb=Verb.PASS, actor=old).skipped] == [
        "not_yours"
    ]
    view = sheet_of(failed)
    assert view is not None
    assert "黄导师" in view.needed[0].explanation
    assert decide(items=[item(failed, 1).pk], verb=Verb.PASS, actor=new).decided == [item(failed, 1).pk]
    # A second time there is nothing to change.
    again = reassign_supervisor(graduates=ids, supervisor=new, actor=xiaomi, reason="x")
    assert again == Reassigned(0, 0)


@pytest.mark.parametrize("rows", [1, 30])
def test_the_number_of_statements_does_not_depend_on_the_graduates(
    rows: int, django_assert_num_queries: Any
) -> None:
    published()
    old, new, xiaomi = huang(), builders.user("T0002"), secretary()
    ids = [postgraduate(supervisor=old).pk for _ in range(rows)]
    opened()
    with django_assert_num_queries(10 if rows == 1 else 9):  # of one, the audit trail names the graduate
        reassign_supervisor(graduates=ids, supervisor=new, actor=xiaomi, reason="x")


def test_only_the_secretary_of_the_own_college_and_only_for_postgraduates() -> None:
    published()
    old, new = huang(), builders.user("T0002")
    earth = Department.objects.get(name_zh="地球科学学院")
    mine, other = postgraduate(supervisor=old), postgraduate(college="外国语学院", supervisor=old)
    bachelor = builders.graduate(college=earth, level=Level.UNDERGRADUATE)
    opened()
    xiaomi = secretary()
    work = builders.clerk("work", Right.DECIDE, Right.VIEW_GRADUATES, at=builders.node(earth, "work"))
    looks_only = builders.clerk("looks", Right.VIEW_GRADUATES, at=builders.node(earth, "secretary"))
    for actor, ids in (
        (xiaomi, [mine.pk, other.pk]),
        (xiaomi, [bachelor.pk]),
        (work, [mine.pk]),
        (looks_only, [mine.pk]),
        (old, [mine.pk]),
    ):
        with pytest.raises(Refused) as refused:
            reassign_supervisor(graduates=ids, supervisor=new, actor=actor, reason="x")
        assert refused.value.code == "not_allowed"
    for actor in (work, looks_only, builders.user("nobody")):
        outcome = decide(items=[item(mine, 1).pk], verb=Verb.PASS, actor=actor, delegation="x")
        assert [skipped.code for skipped in outcome.skipped] == ["not_yours"]
    assert set(Graduate.objects.exclude(supervisor=None).values_list("supervisor", flat=True)) == {old.pk}
    assert not SupervisorChange.objects.exists()


def test_a_delegate_decides_by_name_and_the_history_keeps_for_whom() -> None:
    published()
    old, xiaomi = huang(), secretary()
    graduate = postgraduate(supervisor=old)
    foreign = postgraduate(college="外国语学院", supervisor=old)
    opened()
    reviews = [item(graduate, 1).pk, item(foreign, 1).pk]
    # Without a reason the secretary has no say in it.
    assert decide(items=reviews, verb=Verb.PASS, actor=xiaomi).decided == []
    outcome = decide(items=reviews, verb=Verb.PASS, actor=xiaomi, delegation="出国访问")
    assert outcome.decided == reviews[:1]
    assert states(graduate)[2] == "pending"
    review = item(graduate, 1)
    assert (review.state, review.decided_by, review.decided_for) == ("passed", xiaomi, old)
    made = Decision.objects.get()
    assert (made.batch.actor, made.on_behalf_of, made.batch.delegation) == (xiaomi, old, "出国访问")
    entry = AuditEntry.objects.get(verb="clearance.decided")
    assert (entry.details["delegation"], entry.details["delegated"]) == ("出国访问", 1)
    for named in (False, True):
        view = sheet_of(graduate, named=named)
        assert view is not None
        line = view.needed[0]
        assert "小米" in line.explanation
        assert "黄导师" in line.explanation
        assert "出国访问" in line.explanation
        assert ["出国访问" in event.what for event in line.history] == [True]
    # The supervisor, back again, may decide otherwise; the delegate's decision is history.
    decide(items=[review.pk], verb=Verb.REOPEN, actor=old)
    review.refresh_from_db()
    assert (review.decided_by, review.decided_for) == (old, None)


def test_a_delegate_takes_the_decision_back_as_a_whole() -> None:
    published()
    old, xiaomi = huang(), secretary()
    first, second = postgraduate(supervisor=old), postgraduate(supervisor=old)
    opened()
    reviews = [item(first, 1).pk, item(second, 1).pk]
    decide(items=reviews, verb=Verb.FAIL, actor=xiaomi, reason="论文未交", delegation="住院")
    batch = decide(items=reviews, verb=Verb.PASS, actor=xiaomi, delegation="住院").batch
    assert batch is not None
    assert reopen_batch(batch=batch, actor=xiaomi).decided == reviews
    review = item(first, 1)
    assert (review.state, review.reason, review.decided_by, review.decided_for) == (
        "failed",
        "论文未交",
        xiaomi,
        old,
    )
    assert set(Decision.objects.values_list("on_behalf_of", flat=True)) == {old.pk}


def test_an_unknown_staff_number_with_a_name_makes_an_account_to_activate() -> None:
    xiaomi = builders.user("xiaomi")
    builders.user("T0001", name="黄 导师")
    builders.user("T0003", is_active=False)
    builders.graduate("20221001")
    builders.user("20221001")
    assert find_or_make_supervisor(staff_no=" T0001 ", name="黄导师", actor=xiaomi)[1] is False
    made, new = find_or_make_supervisor(staff_no="T0002", name="白导师", actor=xiaomi)
    assert (made.name, new, made.has_usable_password()) == ("白导师", True, False)
    codes = []
    for number, name in (("T0001", "王导师"), ("T0009", ""), ("T0003", ""), ("20221001", "")):
        with pytest.raises(Refused) as refused:
            find_or_make_supervisor(staff_no=number, name=name, actor=xiaomi)
        codes.append(refused.value.code)
    assert codes == [
        "supervisor_name_differs",
        "supervisor_unknown",
        "supervisor_inactive",
        "supervisor_is_student",
    ]
    assert AuditEntry.objects.filter(verb="supervisor.added").count() == 1


def test_changes_of_supervisors_are_history() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("DELETE FROM leaving_supervisorchange")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_secretary_does_it_on_the_page(client: Client) -> None:
    published()
    old, xiaomi = huang(), secretary()
    first, second = postgraduate("2023001", supervisor=old), postgraduate("2023002", supervisor=old)
    postgraduate("2023003", college="外国语学院", supervisor=old)
    opened()
    client.force_login(xiaomi)
    client.cookies["django_language"] = "en"
    page = text_of(client.get("/clearance/reviews/"))
    assert re.findall(r"2023\d{3}(?=</td>)", page) == ["2023001", "2023002"]
    assert "/clearance/reviews/" in text_of(client.get("/clearance/"))
    ticks = {"item": [item(first, 1).pk], "seen": snapshot()}
    # Not without a reason.
    client.post("/clearance/reviews/decide/", {**ticks, "verb": "pass"})
    assert item(first, 1).state == "pending"
    client.post("/clearance/reviews/decide/", {**ticks, "verb": "pass", "delegation": "abroad"})
    assert item(first, 1).state == "passed"
    sheet = text_of(client.get(f"/sheet/{first.uid}/"))
    assert "小米 for 黄导师 (supervisor away: abroad)" in sheet
    assert f"/sheet/{first.uid}/supervisor/" in sheet
    # All that match, to somebody new.
    asked = client.post("/clearance/reviews/supervisor/?state=any", {"all_matching": "1", "seen": snapshot()})
    assert f'name="graduates" value="{first.pk},{second.pk}"' in text_of(asked)
    given = {"graduates": f"{first.pk},{second.pk}", "staff_no": "T0002", "reason": "retired"}
    refused = client.post("/clearance/reviews/supervisor/?state=any", given)
    assert refused.status_code == 400
    assert "no account with this staff number" in text_of(refused)
    answer = client.post("/clearance/reviews/supervisor/?state=any", {**given, "name": "白导师"}, follow=True)
    page = text_of(answer)
    assert "白导师 is the supervisor of 2 graduates now. The account T0002 has yet to be activated." in page
    assert (item(first, 1).supervisor, item(second, 1).supervisor) == (
        old,
        User.objects.get(username="T0002"),
    )
    # One, from the sheet.
    url = f"/sheet/{second.uid}/supervisor/"
    assert client.get(url).status_code == 200
    client.post(url, {"staff_no": "T0001", "reason": "back"})
    assert item(second, 1).supervisor == old
    client.force_login(builders.user("stranger"))
    assert client.get(url).status_code == 404
    assert ClearanceItem.objects.filter(checkpoint__number=1, supervisor=old).count() == 3
