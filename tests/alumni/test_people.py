"""The cleared graduate becomes an alumnus or alumna (A1, C9)."""

import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from alumni.choices import ContactKind, Source
from alumni.models import ContactPoint, Degree, Employment, Person
from alumni.selectors.people import degrees_exportable_by, people_visible_to, person_of
from alumni.services.people import Recorded, bound_to, record_graduates, update_own_record
from leaving.choices import Level, Verb
from leaving.models import Graduate
from leaving.services.clearance import decide, reopen_batch
from leaving.signals import sheets_cleared
from portal.audit.models import AuditEntry
from portal.crypto import decrypt
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published

pytestmark = pytest.mark.django_db


def current(person: Person) -> dict[str, tuple[str, str]]:
    """Kind → (value, source) of what counts now."""
    return {c.kind: (c.value, c.source) for c in person.contacts.filter(is_current=True)}


def test_the_cleared_graduate_becomes_a_person_with_a_degree_contacts_and_an_employer() -> None:
    amber = builders.graduate(
        "2022000001",
        name="曾晓明",
        identity="E10000001",
        mobile="13900000001",
        email="amber@example.edu",
        employer="示范地质公司",
        post="工程师",
        school_class=builders.school_class(),
        graduated_on=datetime.date(2026, 6, 20),
    )
    done = record_graduates(graduate_ids=[amber.pk], actor=None)
    person = Person.objects.get()
    degree = person.degrees.get()
    assert done == Recorded(people=1, degrees=1, values=3)
    assert (person.name, person.sort_key, person.search_text) == (
        "曾晓明",
        "zeng xiao ming",
        "曾晓明 zengxiaoming zxm",
    )
    assert decrypt(bytes(person.identity_cipher or b""), bound_to=bound_to(person)) == b"E10000001"
    assert person.identity_mask == amber.identity_mask
    assert (degree.graduate, degree.cohort_year, degree.grade_and_major) == (amber, 2026, "2022级软件工程")
    assert (degree.school_class, degree.student_no) == (amber.school_class, "2022000001")
    assert degree.graduated_on == datetime.date(2026, 6, 20)
    assert current(person) == {
        "mobile": ("13900000001", "graduate"),
        "email": ("amber@example.edu", "graduate"),
    }
    assert [(e.employer, e.post, e.source) for e in person.employments.all()] == [
        ("示范地质公司", "工程师", "graduate")
    ]
    entry = AuditEntry.objects.get(verb="alumni.recorded")
    assert entry.details == {"graduates": 1, "people": 1, "degrees": 1, "values": 3}


def test_a_bachelor_who_comes_back_as_a_master_stays_one_person() -> None:
    bachelor = builders.graduate(
        cohort=builders.cohort(2023), identity="E20", mobile="13900000001", name="李雷"
    )
    master = builders.graduate(level=Level.MASTER, identity="E20", mobile="13900000002", name="李雷")
    record_graduates(graduate_ids=[bachelor.pk], actor=None)
    done = record_graduates(graduate_ids=[master.pk], actor=None)
    assert done == Recorded(people=0, degrees=1, values=1)
    person = Person.objects.get()
    assert [(d.cohort_year, d.level) for d in person.degrees.all()] == [
        (2026, "master"),
        (2023, "undergraduate"),
    ]
    assert [(c.value, c.is_current) for c in person.contacts.order_by("pk")] == [
        ("13900000001", False),
        ("13900000002", True),
    ]


def test_both_degrees_in_one_hand_over_make_one_person_and_the_newest_speaks() -> None:
    master = builders.graduate(level=Level.MASTER, identity="E21", mobile="13900000002")
    bachelor = builders.graduate(cohort=builders.cohort(2023), identity="E21", mobile="13900000001")
    done = record_graduates(graduate_ids=[bachelor.pk, master.pk], actor=None)
    assert done == Recorded(people=1, degrees=2, values=1)
    assert current(Person.objects.get()) == {"mobile": ("13900000002", "graduate")}


def test_again_writes_nothing_and_a_change_makes_history() -> None:
    amber = builders.graduate(mobile="13900000001", employer="甲公司")
    record_graduates(graduate_ids=[amber.pk], actor=None)
    assert record_graduates(graduate_ids=[amber.pk], actor=None) == Recorded(0, 0, 0)
    Graduate.objects.filter(pk=amber.pk).update(mobile="13900000009", employer="乙公司", name="新名")
    assert record_graduates(graduate_ids=[amber.pk], actor=None) == Recorded(0, 0, 2)
    person = Person.objects.get()
    assert person.name == "新名"
    assert current(person) == {"mobile": ("13900000009", "graduate")}
    assert [(e.employer, e.is_current) for e in Employment.objects.order_by("pk")] == [
        ("甲公司", False),
        ("乙公司", True),
    ]


def test_what_the_alumnus_said_since_is_not_overwritten_by_the_same_old_record() -> None:
    amber = builders.graduate(mobile="13900000001", user=builders.user("amber"))
    record_graduates(graduate_ids=[amber.pk], actor=None)
    person = Person.objects.get()
    assert amber.user is not None
    told = {ContactKind.MOBILE: "13900000005", ContactKind.QQ: "10001"}
    changed = update_own_record(
        person=person, actor=amber.user, contacts=told, employer="丙公司", post="会计"
    )
    assert changed == 3
    assert record_graduates(graduate_ids=[amber.pk], actor=None) == Recorded(0, 0, 0)
    assert current(person) == {"mobile": ("13900000005", "self"), "qq": ("10001", "self")}
    gone = update_own_record(
        person=person, actor=amber.user, contacts={ContactKind.QQ: ""}, employer="丙公司", post="会计"
    )
    assert gone == 1
    assert current(person) == {"mobile": ("13900000005", "self")}
    assert ContactPoint.objects.filter(person=person).count() == 3
    assert [e.details for e in AuditEntry.objects.filter(verb="alumni.updated").order_by("pk")] == [
        {"source": Source.SELF, "values": 3},
        {"source": Source.SELF, "values": 1},
    ]


def test_nobody_changes_the_record_of_somebody_else() -> None:
    record_graduates(graduate_ids=[builders.graduate(user=builders.user()).pk], actor=None)
    with pytest.raises(Refused) as refused:
        update_own_record(
            person=Person.objects.get(), actor=builders.user("mallory"), contacts={}, employer="", post=""
        )
    assert refused.value.code == "not_own_record"


def test_the_hand_over_takes_the_same_number_of_statements_for_one_and_for_twenty() -> None:
    def statements(number: int) -> int:
        made = [builders.graduate(mobile="13900000001", employer="甲公司").pk for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            record_graduates(graduate_ids=made, actor=None)
        return len(queries)

    assert (statements(1), statements(20)) == (18, 18)
    assert Degree.objects.count() == 21


def test_the_signal_of_the_clearing_records_and_a_failure_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    amber = builders.graduate()
    sheets_cleared.send(sender=None, sheet_ids=[1], graduate_ids=[amber.pk], actor=None)
    assert Degree.objects.get().graduate == amber

    def broken(**kwargs: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("alumni.receivers.record_graduates", broken)

    @transaction.atomic
    def clear() -> None:
        Graduate.objects.filter(pk=amber.pk).update(conclusion="毕业")
        sheets_cleared.send(sender=None, sheet_ids=[1], graduate_ids=[amber.pk], actor=None)

    with pytest.raises(RuntimeError):
        clear()
    amber.refresh_from_db()
    assert amber.conclusion == ""


def test_a_clearing_taken_back_withdraws_the_degree_and_the_next_one_brings_it_back() -> None:
    published()
    amber = builders.graduate(user=builders.user("amber"), mobile="13900000001")
    bob = builders.graduate(user=builders.user("bob"))
    opened()
    for graduate in (amber, bob):
        passed_but(graduate, 2)
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    office = builders.clerk("alumnioffice", Right.MANAGE_ALUMNI, at=builders.university())
    decide(items=[item(bob, 2).pk], verb=Verb.PASS, actor=alice)
    batch = decide(items=[item(amber, 2).pk], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    assert amber.user is not None
    person = person_of(amber.user)
    assert person is not None
    update_own_record(
        person=person, actor=amber.user, contacts={ContactKind.QQ: "10001"}, employer="", post=""
    )
    reopen_batch(batch=batch, actor=alice)
    assert [each.name for each in people_visible_to(office)] == [bob.name]
    assert list(degrees_exportable_by(office).values_list("graduate", flat=True)) == [bob.pk]
    assert person_of(amber.user) is None
    assert AuditEntry.objects.get(verb="alumni.withdrawn").details == {"degrees": 1}
    decide(items=[item(amber, 2).pk], verb=Verb.PASS, actor=alice)
    assert person_of(amber.user) == person
    assert {each.pk for each in people_visible_to(office)} >= {person.pk}
    assert current(person) == {"mobile": ("13900000001", "graduate"), "qq": ("10001", "self")}
    assert Degree.objects.filter(graduate=amber).count() == 1
