"""The registration form and the employment plan: draft, handed in, returned, handed in again, accepted (C8)."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from alumni.models import Person
from leaving.choices import EmploymentKind, Training, Verb
from leaving.forms import papers
from leaving.forms.paper_fields import credit_code
from leaving.models import Graduate, ItemForm
from leaving.selectors.handin import kinds_of_plan
from leaving.services.clearance import decide, reopen_batch
from leaving.services.handin import add_evidence, hand_in_form, save_form
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published
from tests.leaving.handin import (
    APPRAISAL,
    CAREERS,
    CONTRACT,
    WAITING,
    WORK_GROUP,
    clerk,
    handed,
    mei,
    picture,
    student,
)
from tests.leaving.handin import upload as an_upload

pytestmark = pytest.mark.django_db


def posted(
    client: Client, graduate: Graduate, number: int, data: dict[str, Any], verb: str = "hand-in/"
) -> str:
    answer = client.post(
        f"/sheet/{graduate.uid}/items/{number}/form/{verb}",
        data,
        follow=True,
        headers={"accept-language": "en"},
    )
    return (
        " ".join(answer.content.decode().split())
        if answer.status_code in (200, 400)
        else str(answer.status_code)
    )


def lines(**filled: str) -> dict[str, str]:
    """The tables of the registration form as the page posts them."""
    totals = {
        f"{table}-{what}": str(number)
        for table in ("resume", "family")
        for what, number in (
            ("TOTAL_FORMS", 2),
            ("INITIAL_FORMS", 0),
            ("MIN_NUM_FORMS", 0),
            ("MAX_NUM_FORMS", 12),
        )
    }
    return {**totals, **{key.replace("__", "-"): value for key, value in filled.items()}}


def states(graduate: Graduate, number: int) -> list[tuple[int, str]]:
    return [(each.form.version, str(each.state)) for each in handed(graduate, number).versions]


def test_a_plan_is_saved_bit_by_bit_and_handed_in_as_one(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    page = posted(client, graduate, CAREERS, {"kind": "contract", "employer": "示范科技有限公司"}, verb="")
    assert "Saved. It is not handed in yet." in page
    assert 'value="示范科技有限公司"' in page
    assert states(graduate, CAREERS) == [(1, "draft")]
    page = posted(client, graduate, CAREERS, {"kind": "contract", "employer": "示范科技有限公司"})
    assert "This field is required." in page
    page = posted(client, graduate, CAREERS, CONTRACT)
    assert "Add the signed contract" in page
    page = posted(client, graduate, CAREERS, {**CONTRACT, "evidence": picture()})
    assert "Handed in." in page
    assert "软件工程师" in page
    assert states(graduate, CAREERS) == [(1, "handed_in")]
    assert item(graduate, CAREERS).state == "pending"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"signed_on": "2126-01-01"}, "This day has not come yet."),
        ({"credit_code": "91420100MA4KLNXX0A"}, "This is not a unified social credit code"),
        ({"contact_phone": "call me"}, "Enter a telephone number."),
        ({"nature": "space"}, "Select a valid choice."),
        ({"employer": "长" * 121}, "at most 120 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_also_in_a_draft(
    client: Client, change: dict[str, str], error: str
) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    assert error in posted(client, graduate, CAREERS, {**CONTRACT, **change}, verb="")
    assert not ItemForm.objects.exists()


def test_a_credit_code_with_the_right_check_sign_passes() -> None:
    credit_code("91350100M000100Y43")  # the example of GB 32100


def test_only_who_was_entrusted_returns_to_the_entrusting_unit(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    url = f"/sheet/{graduate.uid}/items/{CAREERS}/form/"
    assert 'value="entrusting"' not in client.get(url).content.decode()
    assert "kind_not_for_you" in refused(graduate, {**WAITING, "kind": "entrusting"})
    page = posted(client, graduate, CAREERS, {**WAITING, "kind": "entrusting"})
    assert "After graduation" in page
    assert not ItemForm.objects.exists()
    for training in (Training.DIRECTED, Training.ENTRUSTED, Training.MINORITY, Training.STAFF):
        graduate.training = training
        assert EmploymentKind.ENTRUSTING in kinds_of_plan(graduate)
    graduate.entrusting_unit = "西藏自治区教育厅"
    graduate.save()
    page = client.get(f"{url}?kind=entrusting").content.decode()
    assert 'value="西藏自治区教育厅"' in page


def refused(graduate: Graduate, data: dict[str, Any], number: int = CAREERS) -> str:
    with pytest.raises(Refused) as caught:
        hand_in_form(item=item(graduate, number), data=data, actor=student(graduate))
    return caught.value.code


@pytest.mark.parametrize("kind", list(EmploymentKind))
def test_every_kind_asks_for_its_own_and_shows_it_in_both_languages(
    client: Client, kind: EmploymentKind
) -> None:
    graduate = mei(training=Training.ENTRUSTED)
    client.force_login(student(graduate))
    for language in ("en", "zh-hans"):
        page = client.get(
            f"/sheet/{graduate.uid}/items/{CAREERS}/form/?kind={kind}", headers={"accept-language": language}
        )
        assert page.status_code == 200
        assert f'name="kind" value="{kind}"' in page.content.decode()


def test_the_registration_form_has_tables_whose_empty_lines_do_not_count(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    assert "This field is required." in posted(client, graduate, WORK_GROUP, lines(self_appraisal=APPRAISAL))
    line = {"resume__0__since": "2019-09", "resume__0__place": "黄石二中", "resume__0__until": "2019-01"}
    assert "This lies before the beginning." in posted(
        client, graduate, WORK_GROUP, lines(self_appraisal=APPRAISAL, **line)
    )
    line |= {"resume__0__until": "2022-06", "family__1__relation": "父亲", "family__1__name": "梅先生"}
    assert "Handed in." in posted(client, graduate, WORK_GROUP, lines(self_appraisal=APPRAISAL, **line))
    kept = ItemForm.objects.get()
    assert kept.data == {
        "self_appraisal": APPRAISAL,
        "resume": [{"since": "2019-09", "until": "2022-06", "place": "黄石二中"}],
        "family": [{"relation": "父亲", "name": "梅先生"}],
    }
    assert [rows for _title, _heads, rows in papers.shown(kept).tables] == [
        [["2019-09", "2022-06", "黄石二中", "", ""]],
        [["父亲", "梅先生", "", ""]],
    ]


def test_who_does_not_pass_it_returns_it_and_a_new_version_asks_to_look_again(client: Client) -> None:
    graduate = mei()
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    decide(
        items=[item(graduate, CAREERS).pk], verb=Verb.FAIL, actor=clerk("careers"), reason="请写明回到哪个县"
    )
    latest = handed(graduate, CAREERS).latest
    assert latest is not None
    assert (str(latest.state), latest.reason) == ("returned", "请写明回到哪个县")
    client.force_login(student(graduate))
    page = client.get(f"/sheet/{graduate.uid}/items/{CAREERS}/form/").content.decode()
    assert "请写明回到哪个县" in page
    assert 'value="湖北黄石"' in page
    assert "Handed in." in posted(client, graduate, CAREERS, {**WAITING, "origin": "湖北黄石大冶"})
    assert states(graduate, CAREERS) == [(2, "handed_in"), (1, "replaced")]
    assert handed(graduate, CAREERS).open_look is not None
    assert item(graduate, CAREERS).state == "failed"
    decide(items=[item(graduate, CAREERS).pk], verb=Verb.PASS, actor=None)
    assert states(graduate, CAREERS) == [(2, "accepted"), (1, "replaced")]


def test_taking_a_decision_back_puts_the_form_back_to_where_it_was() -> None:
    graduate, careers = mei(), clerk("careers")
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    for verb, state in ((Verb.FAIL, "returned"), (Verb.PASS, "accepted"), (Verb.WAIVE, "waived")):
        done = decide(items=[item(graduate, CAREERS).pk], verb=verb, actor=careers, reason="原因")
        assert states(graduate, CAREERS) == [(1, state)]
        assert done.batch
        reopen_batch(batch=done.batch, actor=careers)
        assert states(graduate, CAREERS) == [(1, "handed_in")]


def test_what_was_handed_in_cannot_be_written_over() -> None:
    graduate = mei()
    form = hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemForm.objects.filter(pk=form.pk).update(data={})
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemForm.objects.filter(pk=form.pk).delete()
    save_form(item=item(graduate, CAREERS), data={"kind": "waiting"}, actor=student(graduate))
    assert states(graduate, CAREERS) == [(2, "draft"), (1, "handed_in")]


def test_it_is_decided_without_a_form_too_but_then_there_is_nothing_more_to_hand_in() -> None:
    graduate = mei()
    decide(items=[item(graduate, CAREERS).pk], verb=Verb.PASS, actor=clerk("careers"))
    assert refused(graduate, WAITING) == "item_decided"
    assert refused(graduate, WAITING, number=2) == "no_form_wanted"


@pytest.mark.django_db(transaction=True)
def test_what_was_handed_in_since_the_clerk_looked_comes_first(client: Client) -> None:
    graduate, careers = mei(), clerk("careers")
    url = f"/clearance/items/{graduate.uid}/{CAREERS}/"
    client.force_login(careers)
    seen = client.get(url).context["seen"]
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    page = client.post(
        f"{url}decide/", {"verb": "pass", "seen": seen}, follow=True, headers={"accept-language": "en"}
    )
    assert "The graduate has handed something in since you opened the page." in page.content.decode()
    assert item(graduate, CAREERS).state == "pending"
    page = client.post(f"{url}decide/", {"verb": "pass", "seen": page.context["seen"]}, follow=True)
    assert item(graduate, CAREERS).state == "passed"


def test_the_plan_brings_employer_and_contacts_to_the_record_and_on_to_the_alumni() -> None:
    graduate = mei(employer="旧单位", mobile="13800000000", address="学生公寓")
    add_evidence(item=item(graduate, CAREERS), upload=an_upload(), actor=student(graduate))
    hand_in_form(item=item(graduate, CAREERS), data=CONTRACT, actor=student(graduate))
    graduate.refresh_from_db()
    assert graduate.employer == "旧单位"
    outcome = passed_but(graduate)
    assert outcome.cleared
    graduate.refresh_from_db()
    assert (graduate.employer, graduate.post) == ("示范科技有限公司", "软件工程师")
    assert (graduate.mobile, graduate.email, graduate.address) == (
        "13900000000",
        "mei@example.com",
        "学生公寓",
    )
    person = Person.objects.get()
    current = person.employments.get(is_current=True)
    assert (current.employer, current.post) == ("示范科技有限公司", "软件工程师")
    entry = AuditEntry.objects.get(verb="graduates.plans_taken_over")
    assert entry.details == {"graduates": 1, "items": entry.details["items"]}


def test_a_plan_that_names_no_employer_takes_none_away() -> None:
    graduate = mei(employer="旧单位", post="实习生")
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    decide(items=[item(graduate, CAREERS).pk], verb=Verb.PASS, actor=None)
    graduate.refresh_from_db()
    assert (graduate.employer, graduate.post, graduate.mobile) == ("旧单位", "实习生", "13900000000")


@pytest.mark.parametrize("graduates", [1, 3])
def test_many_plans_are_taken_over_in_as_many_statements_as_one(
    graduates: int, django_assert_num_queries: Any
) -> None:
    published()
    careers, ids = clerk("careers"), []
    people = [builders.graduate(user=builders.user()) for _ in range(graduates)]
    opened()
    for graduate in people:
        hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
        ids.append(item(graduate, CAREERS).pk)
    with django_assert_num_queries(16):
        decide(items=ids, verb=Verb.PASS, actor=careers)


def test_drafts_and_forms_are_the_graduates_own(client: Client) -> None:
    graduate = mei()
    for person, status in ((builders.user("other"), "404"), (clerk("careers"), "403")):
        client.force_login(person)
        assert posted(client, graduate, CAREERS, WAITING) == status
    assert not ItemForm.objects.exists()


def test_what_a_plan_says_stays_out_of_the_audit_trail() -> None:
    graduate = mei()
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    written = str(list(AuditEntry.objects.filter(verb__startswith="form.").values_list("details", flat=True)))
    assert "黄石" not in written
    assert "13900000000" not in written
