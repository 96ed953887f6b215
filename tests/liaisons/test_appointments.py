"""Appointed only after the third opinion, for three years, within the quota, with a numbered letter (L1, L3)."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from leaving.models import SchoolClass
from liaisons.choices import EndReason, NominationState, Step
from liaisons.models import Appointment, LetterCounter
from liaisons.services.appointments import appoint, last_day, record_attendance, renew
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import builders
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


def test_a_term_is_three_years_and_the_letters_are_numbered() -> None:
    people = [
        stories.student(f"s{n}", stories.class_of_2022(f"软工220{n}班"), name=f"学生{n}") for n in (1, 2, 3)
    ]
    made = stories.appointed(people, stories.TERM_BEGINS)
    assert [(each.name, each.number, each.starts_on, each.until, each.seat) for each in made] == [
        ("学生1", "2026-0001", datetime.date(2026, 6, 20), datetime.date(2029, 6, 19), 1),
        ("学生2", "2026-0002", datetime.date(2026, 6, 20), datetime.date(2029, 6, 19), 1),
        ("学生3", "2026-0003", datetime.date(2026, 6, 20), datetime.date(2029, 6, 19), 1),
    ]
    assert {each.nomination.state for each in Appointment.objects.select_related("nomination")} == {
        "appointed"
    }
    assert len({each.code for each in made}) == 3
    assert all(len(bytes.fromhex(each.code)) == 16 for each in made)
    entry = AuditEntry.objects.get(verb="liaisons.appointed")
    assert entry.details["numbers"] == ["2026-0001", "2026-0002", "2026-0003"]


@pytest.mark.parametrize(
    ("starts_on", "until"),
    [
        (datetime.date(2026, 6, 20), datetime.date(2029, 6, 19)),
        (datetime.date(2026, 1, 1), datetime.date(2028, 12, 31)),
        (datetime.date(2028, 2, 29), datetime.date(2031, 2, 28)),
    ],
)
def test_the_last_day_of_a_term(starts_on: datetime.date, until: datetime.date) -> None:
    assert last_day(starts_on, 3) == until


@pytest.mark.parametrize(
    "state", [state for state in NominationState if state != NominationState.RECOMMENDED]
)
def test_no_letter_before_the_third_opinion(state: NominationState) -> None:
    nomination = stories.nominated(stories.student("zhang"))
    type(nomination).objects.filter(pk=nomination.pk).update(state=state)
    with pytest.raises(Refused) as refused:
        appoint(nominations=[nomination.pk], starts_on=stories.TERM_BEGINS, actor=stories.director())
    assert refused.value.code == "opinions_missing"


def test_nor_does_the_database_take_it() -> None:
    nomination = stories.reviewed(stories.nominated(stories.student("zhang")), Step.COLLEGE)
    type(nomination).objects.filter(pk=nomination.pk).update(state=NominationState.RECOMMENDED)
    with pytest.raises(IntegrityError, match="Three favourable opinions"), transaction.atomic():
        appoint(nominations=[nomination.pk], starts_on=stories.TERM_BEGINS, actor=stories.director())


def test_only_the_centre_appoints() -> None:
    nomination = stories.reviewed(stories.nominated(stories.student("zhang")))
    for actor in (stories.counsellor(), stories.dean(), nomination.graduate.user):
        assert actor
        with pytest.raises(Refused) as refused:
            appoint(nominations=[nomination.pk], starts_on=stories.TERM_BEGINS, actor=actor)
        assert refused.value.code == "not_allowed"


@pytest.mark.parametrize(("size", "allowed"), [(2, 1), (3, 2)])
def test_a_small_class_has_one_a_larger_one_two(size: int, allowed: int) -> None:
    stories.round_(small_class_size=2)
    people = [stories.student(f"s{n}", name=f"学生{n}") for n in range(size)]
    ready = [stories.reviewed(stories.nominated(each)).pk for each in people]
    with pytest.raises(Refused) as refused:
        appoint(nominations=ready[: allowed + 1], starts_on=stories.TERM_BEGINS, actor=stories.director())
    assert refused.value.code == "quota_full"
    made = appoint(nominations=ready[:allowed], starts_on=stories.TERM_BEGINS, actor=stories.director())
    assert [each.seat for each in made] == list(range(1, allowed + 1))


def test_one_for_the_postgraduates_of_a_major_in_a_cohort() -> None:
    stories.round_()
    masters = [
        stories.student(f"m{n}", name=f"硕士{n}", level="master", major=builders.major(name_zh=major))
        for n, major in enumerate(["软件工程", "软件工程", "网络安全"])
    ]
    ready = [stories.reviewed(stories.nominated(each)).pk for each in masters]
    with pytest.raises(Refused) as refused:
        appoint(nominations=ready, starts_on=stories.TERM_BEGINS, actor=stories.director())
    assert refused.value.code == "quota_full"
    made = appoint(nominations=ready[1:], starts_on=stories.TERM_BEGINS, actor=stories.director())
    assert [each.class_title for each in made] == ["2022级软件工程专业", "2022级网络安全专业"]


def test_a_term_that_is_over_frees_its_seat() -> None:
    (old,) = stories.appointed([stories.student("zhang")], datetime.date(2020, 6, 20))
    (new,) = stories.appointed([stories.student("li", name="李四")])
    old.refresh_from_db()
    assert (old.end_reason, old.ended_on, new.seat) == (EndReason.EXPIRED, old.until, 1)


def test_a_renewal_is_another_term_with_a_letter_of_its_own() -> None:
    (old,) = stories.appointed([stories.student("zhang")], timezone.localdate())
    (new,) = renew(appointments=[old.pk], actor=stories.director())
    old.refresh_from_db()
    assert (old.end_reason, old.ended_on, old.in_force) == (EndReason.RENEWED, old.until, True)
    assert (new.starts_on, new.until) == (
        old.until + datetime.timedelta(days=1),
        last_day(old.until + datetime.timedelta(days=1), 3),
    )
    assert (new.renews, new.seat, new.in_force) == (old, 1, False)
    assert (new.number, new.code) != (old.number, old.code)
    with pytest.raises(Refused) as refused:
        renew(appointments=[old.pk], actor=stories.director())
    assert refused.value.code == "not_renewable"


def test_a_term_long_over_is_not_renewed_when_the_seat_has_gone() -> None:
    (old,) = stories.appointed([stories.student("zhang")], datetime.date(2020, 6, 20))
    stories.appointed([stories.student("li", name="李四")])
    with pytest.raises(Refused) as refused:
        renew(appointments=[old.pk], actor=stories.director())
    assert refused.value.code == "quota_full"


def test_who_was_at_the_ceremony_and_the_training() -> None:
    made = stories.appointed(
        [stories.student(f"s{n}", stories.class_of_2022(f"软工220{n}班")) for n in (1, 2)]
    )
    assert (
        record_attendance(appointments=[each.pk for each in made], actor=stories.director(), ceremony=True)
        == 2
    )
    record_attendance(appointments=[made[0].pk], actor=stories.director(), training=False)
    assert list(Appointment.objects.order_by("pk").values_list("attended_ceremony", "attended_training")) == [
        (True, False),
        (True, None),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quota", [1, 2])
def test_two_appointments_at_once_never_exceed_the_quota(quota: int) -> None:
    """Two directors click in the same moment: each asks for as many as the class may have; one gets them."""
    stories.round_(small_class_quota=quota)
    people = [stories.student(f"s{n}", name=f"学生{n}") for n in range(2 * quota)]
    ready = [stories.reviewed(stories.nominated(each)).pk for each in people]
    director, start = stories.director(), Barrier(2)

    def click(chosen: list[int]) -> str:
        try:
            start.wait(timeout=10)
            return str(len(appoint(nominations=chosen, starts_on=stories.TERM_BEGINS, actor=director)))
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        results = sorted(threads.map(click, [ready[:quota], ready[quota:]]))
    assert results == [str(quota), "quota_full"]
    assert Appointment.objects.filter(school_class=SchoolClass.objects.get()).count() == quota
    assert LetterCounter.objects.get(year=2026).last == quota
