"""Delegation for a period (C4): who may name whom, what the delegate may do and until when, and that both names are shown."""

import datetime
import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from leaving.choices import Verb
from leaving.models import ClearanceItem, Decision, Delegation
from leaving.selectors.clearance import snapshot, supervises
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide, reopen_batch
from leaving.services.delegations import name_delegate, revoke_delegation
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.models import Department
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published, states
from tests.leaving.test_supervision import huang, secretary, text_of

pytestmark = pytest.mark.django_db


DELEGATIONS, SUPERVISORS = 16, 13


def day(offset: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=offset)


def bai() -> User:
    return builders.user("T0002", name="白老师")


def named(supervisor: User, delegate: User, actor: User | None = None, **given: Any) -> list[Delegation]:
    values = {"starts_on": day(), "ends_on": day(7), "reason": "出国访问", **given}
    return name_delegate(supervisor=supervisor, delegate=delegate, actor=actor or supervisor, **values)


def refused(supervisor: User, delegate: User, actor: User | None = None, **given: Any) -> str:
    with pytest.raises(Refused) as refusal:
        named(supervisor, delegate, actor, **given)
    return refusal.value.code


def test_a_supervisor_names_a_delegate_who_decides_under_both_names() -> None:
    published()
    old, new = huang(), bai()
    graduate = postgraduate(supervisor=old)
    opened()
    review = item(graduate, 1)
    assert [s.code for s in decide(items=[review.pk], verb=Verb.PASS, actor=new).skipped] == ["not_yours"]
    assert not supervises.allows(new)
    named(old, new)
    assert supervises.allows(new)
    outcome = decide(items=[review.pk], verb=Verb.PASS, actor=new)
    assert outcome.decided == [review.pk]
    assert states(graduate)[2] == "pending"  # the gate is open
    review.refresh_from_db()
    assert (review.decided_by, review.decided_for) == (new, old)
    made = Decision.objects.get()
    assert (made.batch.actor, made.on_behalf_of) == (new, old)
    view = sheet_of(graduate)
    assert view is not None
    assert "白老师" in view.needed[0].explanation
    assert "黄导师" in view.needed[0].explanation
    assert ["白老师" in event.what and "黄导师" in event.what for event in view.needed[0].history] == [True]
    entry = AuditEntry.objects.get(verb="delegation.named")
    assert (entry.actor_id, entry.reason, entry.details["delegate"]) == (old.pk, "出国访问", "T0002")
    assert AuditEntry.objects.get(verb="clearance.decided").details["delegated"] == 1
    # The delegate takes it back, the supervisor keeps the right to decide.
    assert outcome.batch is not None
    assert reopen_batch(batch=outcome.batch, actor=new).decided == [review.pk]
    assert decide(items=[review.pk], verb=Verb.FAIL, actor=old, reason="论文未交").decided == [review.pk]


@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [(-3, -1, False), (-3, 0, True), (0, 0, True), (0, 3, True), (1, 3, False)],
)
def test_a_delegation_counts_from_its_first_to_its_last_day(starts: int, ends: int, counts: bool) -> None:
    published()
    old, new = huang(), bai()
    graduate = postgraduate(supervisor=old)
    opened()
    Delegation.objects.create(
        supervisor=old, delegate=new, starts_on=day(starts), ends_on=day(ends), reason="x", created_by=old
    )
    outcome = decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=new)
    assert bool(outcome.decided) is counts
    assert supervises.allows(new) is counts


def test_a_revoked_one_and_a_closed_account_give_nothing() -> None:
    published()
    old, new, third = huang(), bai(), builders.user("T0003")
    graduate = postgraduate(supervisor=old)
    opened()
    (delegation,) = named(old, new)
    named(old, third)
    User.objects.filter(pk=third.pk).update(is_active=False)
    third.refresh_from_db()
    revoke_delegation(delegation=delegation, actor=old)
    for actor in (new, third):
        assert decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=actor).decided == []
    with pytest.raises(Refused) as twice:
        revoke_delegation(delegation=delegation, actor=old)
    assert twice.value.code == "already_revoked"
    with pytest.raises(Refused) as stranger:
        revoke_delegation(delegation=Delegation.objects.get(delegate=third), actor=builders.user("nobody"))
    assert stranger.value.code == "not_allowed"


def test_the_secretary_names_one_for_the_own_college_only() -> None:
    published()
    old, new, xiaomi = huang(), bai(), secretary()
    mine, other = postgraduate(supervisor=old), postgraduate(college="外国语学院", supervisor=old)
    opened()
    (delegation,) = named(old, new, xiaomi)
    assert delegation.college == Department.objects.get(name_zh="地球科学学院")
    reviews = [item(mine, 1).pk, item(other, 1).pk]
    outcome = decide(items=reviews, verb=Verb.PASS, actor=new)
    assert (outcome.decided, [s.code for s in outcome.skipped]) == (reviews[:1], ["not_yours"])
    # The supervisor, back again, ends it.
    revoke_delegation(delegation=delegation, actor=old)
    assert decide(items=reviews[1:], verb=Verb.PASS, actor=new).decided == []


def test_whom_nobody_may_name() -> None:
    published()
    old, new, xiaomi = huang(), bai(), secretary()
    student = builders.user("20221001")
    builders.graduate("20221001", user=student)
    own = postgraduate(supervisor=old, user=builders.user("2023001"))
    away = builders.user("T0004")
    postgraduate(college="外国语学院", supervisor=away)
    closed = builders.user("T0005", is_active=False)
    opened()
    assert refused(old, old) == "delegate_is_supervisor"
    assert refused(old, closed) == "delegate_inactive"
    assert refused(old, student) == "delegate_is_student"
    assert own.user is not None
    assert refused(old, own.user) == "delegate_is_student"
    assert refused(new, old) == "not_allowed"  # supervises nobody
    assert refused(old, new, actor=new) == "not_allowed"
    assert refused(away, new, actor=xiaomi) == "not_allowed"  # of another college
    assert refused(old, new, reason=" ") == "reason_missing"
    assert refused(old, new, starts_on=day(3), ends_on=day(2)) == "dates_wrong"
    assert refused(old, new, starts_on=day(-9), ends_on=day(-2)) == "dates_wrong"
    assert refused(old, new, ends_on=day(400)) == "dates_wrong"
    named(old, new)
    assert refused(old, new, starts_on=day(7), ends_on=day(9)) == "delegation_exists"
    named(old, new, starts_on=day(8), ends_on=day(9))


@pytest.mark.parametrize("change", [{"ends_on": day(-1)}, {"delegate": None}, {"revoked_at": timezone.now()}])
def test_the_database_refuses_what_makes_no_sense(change: dict[str, Any]) -> None:
    old, new = huang(), bai()
    values = {"supervisor": old, "delegate": new, "starts_on": day(), "ends_on": day(), "created_by": old}
    if change.get("delegate", new) is None:
        change = {"delegate": old}
    with pytest.raises(IntegrityError), transaction.atomic():
        Delegation.objects.create(**{**values, **change}, reason="x")


def test_a_chain_of_delegates_ends_at_the_first() -> None:
    published()
    old, new, third = huang(), bai(), builders.user("T0003")
    graduate = postgraduate(supervisor=old)
    postgraduate(supervisor=new)
    opened()
    named(old, new)
    named(new, third)
    assert decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=third).decided == []


def test_the_delegates_list_has_a_mark_and_the_sheet_opens(client: Client) -> None:
    published()
    old, new = huang(), bai()
    graduate = postgraduate("2023001", supervisor=old)
    own = postgraduate("2023002", supervisor=new)
    opened()
    client.force_login(new)
    client.cookies["django_language"] = "en"
    assert re.findall(r"2023\d{3}(?=</td>)", text_of(client.get("/clearance/students/"))) == ["2023002"]
    assert client.get(f"/sheet/{graduate.uid}/").status_code == 404
    named(old, new)
    page = text_of(client.get("/clearance/students/"))
    assert re.findall(r"2023\d{3}(?=</td>)", page) == ["2023001", "2023002"]
    assert page.count("for 黄导师") == 1
    assert client.get(f"/sheet/{graduate.uid}/").status_code == 200
    ticks = {"item": [item(graduate, 1).pk, item(own, 1).pk], "seen": snapshot()}
    answer = client.post("/clearance/students/decide/", {**ticks, "verb": "pass"}, follow=True)
    assert "Passed: 2 items." in text_of(answer)
    by = ClearanceItem.objects.filter(checkpoint__number=1).order_by("sheet__graduate__student_no")
    assert list(by.values_list("decided_by", "decided_for")) == [(new.pk, old.pk), (new.pk, None)]
    shown = text_of(client.get("/clearance/students/?state=passed"))
    assert "白老师 for 黄导师" in shown


def test_the_pages_of_delegates(client: Client) -> None:
    published()
    old, new, xiaomi = huang(), bai(), secretary()
    postgraduate(supervisor=old)
    opened()
    client.force_login(old)
    client.cookies["django_language"] = "en"
    days = {"starts_on": day().isoformat(), "ends_on": day(7).isoformat(), "reason": "abroad"}
    wrong = client.post(
        "/clearance/delegations/new/", {**days, "delegate_no": "T0002", "delegate_name": "王老师"}
    )
    assert (wrong.status_code, "not the name of the account" in text_of(wrong)) == (400, True)
    unknown = client.post("/clearance/delegations/new/", {**days, "delegate_no": "T9", "delegate_name": "x"})
    assert "no account with this staff number" in text_of(unknown)
    made = client.post(
        "/clearance/delegations/new/",
        {**days, "delegate_no": "T0002", "delegate_name": "白 老师"},
        follow=True,
    )
    assert "白老师 reviews in the supervisor" in text_of(made)
    delegation = Delegation.objects.get()
    assert (delegation.supervisor, delegation.delegate, delegation.college) == (old, new, None)
    revoke = f"/clearance/delegations/{delegation.uid}/revoke/"
    # The secretary sees it, and who is away, but it is not hers to end.
    client.force_login(xiaomi)
    assert "白老师" in text_of(client.get("/clearance/delegations/"))
    assert "白老师 until" in text_of(client.get("/clearance/supervisors/?q=T0001"))
    assert client.post(revoke).status_code == 403
    client.force_login(builders.user("stranger"))
    assert client.post(revoke).status_code == 404
    client.force_login(old)
    assert "The delegation has ended." in text_of(client.post(revoke, follow=True))
    client.force_login(xiaomi)
    form = {**days, "supervisor_no": "T0001", "delegate_no": "T0002", "delegate_name": "白老师"}
    assert client.get("/clearance/delegations/new/")["Location"] == "/clearance/delegations/new/?for="
    assert client.post("/clearance/delegations/new/?for=T0001", form).status_code == 302
    assert Delegation.objects.filter(created_by=xiaomi, college__isnull=False).count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_take_the_same_queries_for_one_row_and_three(
    rows: int, client: Client, django_assert_num_queries: Any
) -> None:
    published()
    xiaomi = secretary()
    for number in range(rows):
        old = builders.user(f"T100{number}")
        postgraduate(supervisor=old)
        named(old, builders.user(f"T200{number}"), xiaomi)
    opened()
    client.force_login(xiaomi)
    for url in ("/clearance/delegations/", "/clearance/supervisors/"):
        client.get(url)
    with django_assert_num_queries(DELEGATIONS):
        client.get("/clearance/delegations/")
    with django_assert_num_queries(SUPERVISORS):
        client.get("/clearance/supervisors/")
