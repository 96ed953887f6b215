"""After clearing, imports and colleges still bring contacts and employers up to date; locked fields stay (G7)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alumni.models import Person
from leaving.choices import Verb
from leaving.models import Graduate
from leaving.services.clearance import decide, reopen_batch
from leaving.services.contacts import update_contacts
from leaving.services.responsibilities import set_published_responsibilities
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published, states
from tests.leaving.rosters import applied, faults_of, row

pytestmark = pytest.mark.django_db

MEI: dict[str, Any] = row(
    "20221001",
    name="梅花",
    sex="female",
    mobile="13800000001",
    housing="on_campus",
    political_status="共青团员",
)


def importer() -> User:
    """Student affairs, who import undergraduates with a dispatch card."""
    affairs = builders.office("student-affairs", "学生工作处")
    set_published_responsibilities(
        student_affairs=affairs, graduate_school=builders.office("graduate-school", "研究生院"), actor=None
    )
    return builders.clerk("affairs", Right.IMPORT_GRADUATES, at=affairs)


def cleared(actor: User) -> Graduate:
    """Mei, imported and cleared."""
    published()
    builders.campus()
    applied(actor, MEI)
    opened()
    mei = Graduate.objects.get()
    passed_but(mei)
    return mei


def told_of(person: Person) -> dict[str, str]:
    """What counts now in the alumni record."""
    work = person.employments.filter(is_current=True).first()
    return {
        **{contact.kind: contact.value for contact in person.contacts.filter(is_current=True)},
        **({"employer": work.employer, "post": work.post} if work else {}),
    }


def test_an_import_after_clearing_brings_contacts_and_employer_to_the_alumni_record() -> None:
    actor = importer()
    mei = cleared(actor)
    outcome = applied(actor, MEI | {"mobile": "13900000002", "employer": "示范地质公司", "post": "工程师"})
    assert (outcome.updated, outcome.unchanged) == (1, 0)
    mei.refresh_from_db()
    assert (mei.mobile, mei.employer) == ("13900000002", "示范地质公司")
    person = Person.objects.get()
    assert told_of(person) == {"mobile": "13900000002", "employer": "示范地质公司", "post": "工程师"}
    assert list(person.contacts.order_by("pk").values_list("value", "source", "is_current")) == [
        ("13800000001", "graduate", False),
        ("13900000002", "graduate", True),
    ]
    assert AuditEntry.objects.filter(verb="alumni.recorded").count() == 2


def test_the_same_file_again_changes_nothing_and_tells_the_alumni_nothing() -> None:
    actor = importer()
    cleared(actor)
    assert applied(actor, MEI).unchanged == 1
    assert AuditEntry.objects.filter(verb="alumni.recorded").count() == 1


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"name": "梅华"}, "name"),
        ({"major": "网络工程", "school_class": "网工2201班"}, "major"),
        ({"housing": "off_campus"}, "housing"),
        ({"political_status": "中共党员"}, "political_status"),
        ({"study_mode": "part_time"}, "study_mode"),
    ],
)
def test_what_is_locked_is_a_fault_that_says_so(cells: dict[str, Any], column: str) -> None:
    actor = builders.clerk("root", Right.IMPORT_GRADUATES, at=builders.university())
    cleared(actor)
    faults = faults_of(actor, MEI | cells)
    assert (column, "locked") in [(fault.column, fault.code) for fault in faults]
    assert {fault.code for fault in faults} == {"locked"}


def test_an_empty_cell_and_what_was_not_known_are_no_faults() -> None:
    """The diploma's number comes after clearing; an empty cell says nothing."""
    actor = importer()
    mei = cleared(actor)
    outcome = applied(
        actor,
        MEI
        | {"housing": None, "political_status": None, "certificate_no": "104911202605000001", "qq": "12345"},
    )
    assert outcome.updated == 1
    mei.refresh_from_db()
    assert (mei.housing, mei.political_status) == ("on_campus", "共青团员")
    assert (mei.certificate_no, mei.qq) == ("104911202605000001", "12345")


def test_before_clearing_nothing_is_locked() -> None:
    actor = importer()
    published()
    builders.campus()
    applied(actor, MEI)
    opened()
    assert applied(actor, MEI | {"name": "梅华"}).updated == 1


def test_when_clearing_is_taken_back_nothing_is_locked_either() -> None:
    actor = importer()
    published()
    builders.campus()
    applied(actor, MEI)
    opened()
    mei = Graduate.objects.get()
    passed_but(mei, 2)
    librarian = builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))
    done = decide(items=[item(mei, 2).pk], verb=Verb.PASS, actor=librarian)
    assert len(faults_of(actor, MEI | {"name": "梅华"})) == 1
    assert done.batch
    reopen_batch(batch=done.batch, actor=librarian)
    assert applied(actor, MEI | {"name": "梅华", "mobile": "13900000009"}).updated == 1
    # A withdrawn degree is nobody's: the next clearing brings what is new.
    assert told_of(Person.objects.get())["mobile"] == "13800000001"


def test_a_college_changes_contacts_of_its_own_and_the_alumni_record_follows() -> None:
    mei = cleared(importer())
    own = builders.clerk("college", Right.CHANGE_ROSTER, at=builders.college())
    stranger = builders.clerk("other", Right.CHANGE_ROSTER, at=builders.college("11", "艺术与传媒学院"))
    values = {"mobile": "13900000003", "employer": "示范软件公司", "post": ""}
    with pytest.raises(Refused) as refused:
        update_contacts(graduate=mei, values=values, actor=stranger)
    assert refused.value.code == "not_allowed"
    assert update_contacts(graduate=mei, values=values, actor=own) == ["mobile", "employer"]
    assert update_contacts(graduate=mei, values=values, actor=own) == []
    assert told_of(Person.objects.get()) == {"mobile": "13900000003", "employer": "示范软件公司", "post": ""}
    entry = AuditEntry.objects.get(verb="graduates.contacts_updated")
    assert (entry.actor_id, entry.details) == (own.pk, {"fields": ["mobile", "employer"]})
    assert mei.events.count() == 1  # type: ignore[attr-defined]


def test_the_form_checks_as_the_import_does() -> None:
    mei = cleared(importer())
    own = builders.clerk("college", Right.CHANGE_ROSTER, Right.VIEW_GRADUATES, at=builders.college())
    client, path = Client(), reverse("leaving:graduate-contacts", args=[mei.uid])
    client.force_login(own)
    answer = client.post(
        path, {"mobile": "123", "qq": "12", "post": "工程师"}, headers={"accept-language": "en"}
    )
    said = answer.content.decode()
    assert answer.status_code == 400
    assert "“123” is not a mobile number." in said
    assert "“12” is not a QQ number." in said
    answer = client.post(path, {"post": "工程师"}, headers={"accept-language": "en"})
    assert "Name the employer that the post belongs to." in answer.content.decode()
    client.post(path, {"mobile": "１３９ 0000 0004", "employer": "示范公司", "post": "工程师"})
    mei.refresh_from_db()
    assert (mei.mobile, mei.employer, mei.post) == ("13900000004", "示范公司", "工程师")


def test_who_sees_the_graduate_without_the_right_is_told_no() -> None:
    mei = cleared(importer())
    viewer = builders.clerk("viewer", Right.VIEW_GRADUATES, at=builders.college())
    client = Client()
    client.force_login(viewer)
    assert client.get(reverse("leaving:graduate-contacts", args=[mei.uid])).status_code == 403


def test_who_is_imported_after_the_opening_has_a_sheet_at_once_and_who_moves_house_another_item() -> None:
    actor = importer()
    published()
    builders.campus()
    applied(actor, MEI)
    opened()
    applied(actor, MEI | {"housing": "off_campus"}, row("20221002", name="兰草", housing="on_campus"))
    assert states(Graduate.objects.get(student_no="20221001"))[12] == "exempt"
    assert states(Graduate.objects.get(student_no="20221002"))[12] == "pending"
