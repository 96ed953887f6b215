"""Who proposes and approves deferrals, what is refused, and what happens when two act at once (G5)."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leaving.choices import CohortState, DeferralState, Level, SheetState, Verb
from leaving.models import ClearanceSheet, Cohort, Deferral, Graduate
from leaving.models.deferrals import DOOR
from leaving.selectors.cohorts import cohort_for
from leaving.selectors.roster import places_later_than
from leaving.services.clearance import Outcome, decide
from leaving.services.cohorts import open_cohort
from leaving.services.deferrals import (
    approve_deferrals,
    propose_deferrals,
    refuse_deferrals,
    undo_deferrals,
    withdraw_deferrals,
)
from leaving.signals import deferrals_undone, graduates_deferred
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.doors import door
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.deferrals import college, deferred, graduate_school, proposed, registrar
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


def refused_with(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_a_college_proposes_its_own_and_the_office_in_charge_approves() -> None:
    mei, master = builders.graduate(), builders.graduate(level=Level.MASTER)
    stranger = college("other", builders.college("11", "艺术与传媒学院"))
    office, school, own = registrar(), graduate_school(), college()
    assert refused_with(lambda: proposed(mei, by=stranger)) == "not_allowed"
    ids = proposed(mei, master, by=own)
    assert refused_with(lambda: approve_deferrals(deferrals=ids, actor=own)) == "not_allowed"
    assert refused_with(lambda: approve_deferrals(deferrals=ids, actor=office)) == "not_allowed"
    assert approve_deferrals(deferrals=ids[:1], actor=office).deferrals == 1
    assert approve_deferrals(deferrals=ids[1:], actor=school).deferrals == 1
    assert set(Graduate.objects.values_list("cohort__year", flat=True)) == {2027}


def test_the_postgraduate_secretary_proposes_postgraduates_only() -> None:
    bachelor, master = builders.graduate(), builders.graduate(level=Level.MASTER)
    node = builders.node(builders.college(), "secretary")
    secretary = builders.clerk("secretary", Right.CHANGE_ROSTER, at=node)
    assert refused_with(lambda: proposed(bachelor, by=secretary)) == "not_allowed"
    assert len(proposed(master, by=secretary)) == 1


def test_what_cannot_be_proposed() -> None:
    own, mei = college(), builders.graduate()
    elsewhere = builders.graduate(cohort=builders.cohort(2025))

    def propose(*graduates: Graduate, year: int = 2027, reason: str = "x") -> Callable[[], object]:
        ids = [graduate.pk for graduate in graduates]
        return lambda: propose_deferrals(graduates=ids, year=year, month=6, reason=reason, actor=own)

    assert refused_with(propose(mei, reason=" ")) == "reason_missing"
    assert refused_with(propose()) == "nobody_chosen"
    assert refused_with(propose(mei, elsewhere)) == "several_cohorts"
    assert refused_with(propose(mei, year=2026)) == "cohort_not_later"
    builders.cohort(2028, state=CohortState.CLOSED)
    assert refused_with(propose(mei, year=2028)) == "cohort_not_later"
    propose(mei)()
    assert refused_with(propose(mei)) == "deferred_already"
    Cohort.objects.filter(year=2025).update(state=CohortState.CLOSED)
    assert refused_with(propose(elsewhere, year=2026)) == "cohort_closed"


def test_refused_and_withdrawn_proposals_change_nothing_and_may_be_made_again() -> None:
    own, office, mei = college(), registrar(), builders.graduate()
    ids = proposed(mei, by=own)
    assert refused_with(lambda: refuse_deferrals(deferrals=ids, actor=office, note="")) == "reason_missing"
    refuse_deferrals(deferrals=ids, actor=office, note="材料不全")
    again = proposed(mei, by=own)
    withdraw_deferrals(deferrals=again, actor=own)
    assert list(Deferral.objects.order_by("pk").values_list("state", "note")) == [
        ("refused", "材料不全"),
        ("withdrawn", ""),
    ]
    assert Graduate.objects.get().cohort.year == 2026
    assert len(proposed(mei, by=own)) == 1


def test_only_the_door_writes_the_state() -> None:
    ids = proposed(builders.graduate(), by=college())
    with pytest.raises(ProgrammingError), transaction.atomic():
        Deferral.objects.filter(pk__in=ids).update(state=DeferralState.APPROVED)


def test_many_are_deferred_in_as_many_statements_as_one_and_the_news_goes_out_once() -> None:
    published()
    people = [builders.graduate() for _ in range(9)]
    opened()
    for graduate in people:
        passed_but(graduate)
    own, office = college(), registrar()
    news: list[tuple[str, list[int]]] = []

    def hear(sender: object, graduate_ids: list[int], signal: object, **kwargs: object) -> None:
        news.append(("deferred" if signal is graduates_deferred else "undone", graduate_ids))

    for signal in (graduates_deferred, deferrals_undone):
        signal.connect(hear, weak=False)
    try:
        counts = []
        for some in (people[:1], people[1:]):
            ids = proposed(*some, by=own)
            with CaptureQueriesContext(connection) as approving:
                approve_deferrals(deferrals=ids, actor=office)
            with CaptureQueriesContext(connection) as undoing:
                undo_deferrals(deferrals=ids, actor=office, reason="x")
            counts.append((len(approving), len(undoing)))
    finally:
        for signal in (graduates_deferred, deferrals_undone):
            signal.disconnect(hear)
    assert counts[0] == counts[1]
    assert [(what, len(ids)) for what, ids in news] == [
        ("deferred", 1), ("undone", 1), ("deferred", 8), ("undone", 8)
    ]  # fmt: skip
    assert set(ClearanceSheet.objects.values_list("state", flat=True)) == {SheetState.CLEARED}


def test_a_cohort_has_batches_by_month() -> None:
    """Deferred to December of the same year: a batch with sheets, an opening and certificate numbers of its own."""
    regular, own, office = published(), college(), registrar()
    mei = builders.graduate()
    opened()
    assert places_later_than(regular)[:2] == [(2026, 12), (2027, 6)]
    approve_deferrals(deferrals=proposed(mei, by=own, month=12, year=2026), actor=office)
    december = Graduate.objects.get(pk=mei.pk).cohort
    assert (str(december), december.code, december.state) == ("2026届（12月批次）", 202612, "prepared")
    assert cohort_for(2026) == regular
    assert cohort_for(202612) == december
    for checkpoint in regular.checkpoints.filter(key="library"):
        rules = list(checkpoint.rules.all())
        checkpoint.pk, checkpoint.cohort = None, december
        checkpoint.save()
        for rule in rules:
            rule.pk, rule.checkpoint = None, checkpoint
            rule.save()
    open_cohort(cohort=december, actor=None)
    sheet = mei.sheets.get(cohort=december)
    decide(items=[each.pk for each in sheet.items.all()], verb=Verb.PASS, actor=None)
    assert sheet.certificates.get().number == "202612-000001"


def test_into_a_cohort_that_is_open_the_graduate_gets_a_sheet_at_once() -> None:
    published(2027)
    own, office, mei = college(), registrar(), builders.graduate()
    opened(2027)
    ids = proposed(mei, by=own)
    approve_deferrals(deferrals=ids, actor=office)
    assert mei.sheets.get().cohort.year == 2027
    assert refused_with(lambda: undo_deferrals(deferrals=ids, actor=office, reason="x")) == "next_cohort_open"


def test_a_liaison_whose_seat_was_given_away_stays_without() -> None:
    stories.round_(small_class_size=50)
    mei, lan = stories.student("mei"), stories.student("lan", name="兰草")
    first = stories.appointed([mei])[0]
    own, office = college(), registrar()
    made = deferred(mei, by=own, approver=office)
    first.refresh_from_db()
    assert (first.end_reason, first.in_force) == ("deferred", False)
    second = stories.appointed([lan])[0]
    undo_deferrals(deferrals=[made[0].pk], actor=office, reason="x")
    first.refresh_from_db()
    assert (first.end_reason, second.seat) == ("", 1)
    assert first.seat == 2


def test_undoing_the_second_deferral_does_not_undo_the_first() -> None:
    """A liaison of 2026 is deferred to 2027, then to 2028: back in 2027 she is not the liaison of 2026 again."""
    stories.round_(small_class_size=50)
    mei, lan = stories.student("mei"), stories.student("lan", name="兰草")
    appointment, nomination = stories.appointed([mei])[0], stories.nominated(lan)
    own, office = college(), registrar()
    first = deferred(mei, lan, by=own, approver=office)
    second = proposed(*Graduate.objects.filter(pk__in=[mei.pk, lan.pk]), by=own, year=2028)
    approve_deferrals(deferrals=second, actor=office)

    def held() -> tuple[str, str]:
        appointment.refresh_from_db()
        nomination.refresh_from_db()
        return appointment.end_reason, nomination.state

    undo_deferrals(deferrals=second, actor=office, reason="x")
    assert held() == ("deferred", "withdrawn")
    undo_deferrals(deferrals=[each.pk for each in first], actor=office, reason="x")
    assert held() == ("", "class")


# --- two at once -----------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Carries these out in threads that start together; what each returned, or the code it was refused with."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def carry_out(place: int) -> None:
        try:
            start.wait()
            results[place] = acts[place]()  # type: ignore[call-overload]
        except Refused as refused:
            results[place] = refused.code  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_wins_and_the_other_is_told() -> None:
    published()
    mei, own = builders.graduate(), college()
    alice = registrar("alice")
    bob = builders.clerk("bob", Right.CHANGE_ROSTER, at=builders.office("registrar"))
    opened()
    for _round in range(5):
        ids = proposed(mei, by=own)

        def approve(actor: User, ids: list[int] = ids) -> Callable[[], object]:
            return lambda: approve_deferrals(deferrals=ids, actor=actor).deferrals

        results = at_once(approve(alice), approve(bob))
        assert sorted(map(str, results)) == ["1", "decided_meanwhile"]
        assert mei.sheets.get().state == SheetState.CLOSED
        undo_deferrals(deferrals=ids, actor=alice, reason="x")


@pytest.mark.django_db(transaction=True)
def test_a_decision_at_the_same_moment_comes_before_or_is_told() -> None:
    """Whoever takes the sheet first: either the decision stands and the sheet is closed with it, or the clerk hears “closed”."""
    published()
    mei, own, office = builders.graduate(), college(), registrar()
    librarian = builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))
    opened()
    book = item(mei, 2).pk
    for _round in range(6):
        ids = proposed(mei, by=own)
        outcome, moved = at_once(
            lambda: decide(items=[book], verb=Verb.PASS, actor=librarian),
            lambda ids=ids: approve_deferrals(deferrals=ids, actor=office).deferrals,  # type: ignore[misc]
        )
        assert moved == 1
        assert isinstance(outcome, Outcome)
        assert mei.sheets.get().state == SheetState.CLOSED
        before = outcome.decided == [book]
        assert before or [skipped.code for skipped in outcome.skipped] == ["closed"]
        assert item(mei, 2).state == ("passed" if before else "pending")
        undo_deferrals(deferrals=ids, actor=office, reason="x")
        if before:
            decide(items=[book], verb=Verb.REOPEN, actor=librarian)


# --- pages -----------------------------------------------------------------------------------------------


def english(client: Client, name: str, **query: str) -> str:
    return client.get(reverse(name), query, headers={"accept-language": "en"}).content.decode()


def test_pasted_numbers_are_proposed_and_carried_out_at_once_by_who_approves() -> None:
    published()
    mei, lan = builders.graduate("20221001"), builders.graduate("20221002")
    office, client = registrar(), Client()
    client.force_login(office)
    answer = client.post(
        reverse("leaving:deferral-new"),
        {"students": "20221001，20221002\n9999", "to": "2027-6", "reason": "休学", "approve": "on"},
        headers={"accept-language": "en"},
    )
    assert answer.status_code == 400
    assert "Not among your graduates: 9999." in answer.content.decode()
    assert not Deferral.objects.exists()
    answer = client.post(
        reverse("leaving:deferral-new"),
        {"students": "20221001，20221002", "to": "2027-6", "reason": "休学", "approve": "on"},
    )
    assert answer.status_code == 302
    assert {mei.pk, lan.pk} == set(
        Deferral.objects.filter(state=DeferralState.APPROVED).values_list("graduate", flat=True)
    )


def test_ticked_rows_are_approved_refused_and_undone() -> None:
    own, office, client = college(), registrar(), Client()
    ids = proposed(builders.graduate(), builders.graduate(), by=own)
    client.force_login(office)
    decide_url = reverse("leaving:deferral-decide")
    client.post(decide_url, {"item": [ids[0]], "action": "approve"})
    client.post(decide_url, {"item": [ids[1]], "action": "refuse", "reason": "材料不全"})
    assert list(Deferral.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "refused"]
    assert "材料不全" in english(client, "leaving:deferral-list", state="refused")
    client.post(decide_url, {"item": [ids[0]], "action": "undo", "reason": "已修满"})
    assert Deferral.objects.get(pk=ids[0]).state == DeferralState.UNDONE
    client.force_login(own)
    page = client.post(
        decide_url, {"item": [ids[0]], "action": "approve"}, follow=True, headers={"accept-language": "en"}
    )
    assert "Undone" in page.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_a_constant_number_of_queries(rows: int, django_assert_num_queries: object) -> None:
    own, office, client = college(), registrar(), Client()
    proposed(*(builders.graduate() for _ in range(rows)), by=own)
    client.force_login(office)
    client.get(reverse("leaving:deferral-list"))
    with django_assert_num_queries(13):  # type: ignore[operator]
        client.get(reverse("leaving:deferral-list"))


def test_the_start_page_tells_the_office_what_waits() -> None:
    own, office, client = college(), registrar(), Client()
    proposed(builders.graduate(), by=own)
    client.force_login(office)
    assert "proposals wait for your approval" in english(client, "start")
    client.force_login(own)
    assert "proposals wait for your approval" not in english(client, "start")


def test_a_graduate_has_one_standing_deferral_in_a_cohort_whoever_writes() -> None:
    own, mei = college(), builders.graduate()
    made = Deferral.objects.get(pk=proposed(mei, by=own)[0])
    made.pk = None
    with pytest.raises(IntegrityError), transaction.atomic(), door(DOOR):
        made.save(force_insert=True)


def test_the_supervisor_of_a_deferred_postgraduate_has_nothing_to_review() -> None:
    published()
    master = postgraduate()
    opened()
    own, school = college(of=master.college), graduate_school()
    deferred(master, by=own, approver=school)
    supervisor, client = master.supervisor, Client()
    assert supervisor is not None
    client.force_login(supervisor)
    assert master.name not in english(client, "leaving:clearance-students")
