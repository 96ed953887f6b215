"""Who proposed something about the list, and whom it is about, is told what became of it (G5, G6)."""

import pytest

from leaving.choices import DeferralState
from leaving.models import Deferral, Graduate
from leaving.services.deferrals import approve_deferrals, refuse_deferrals, undo_deferrals
from leaving.workbooks.additions import confirm_addition, propose_addition, refuse_addition
from portal.accounts.models import User
from portal.notify.models import Message
from tests import builders
from tests.leaving.clearance import opened, published
from tests.leaving.deferrals import college, proposed, registrar
from tests.leaving.rosters import row
from tests.leaving.test_additions import add

pytestmark = pytest.mark.django_db
SECRET = "因病休学"


@pytest.fixture
def people() -> tuple[Graduate, Graduate]:
    """Mei has an account, Lan none."""
    mei = builders.graduate(name="梅花", user=builders.user("mei", email="mei@example.com"))
    return mei, builders.graduate(name="兰草")


def told(username: str) -> list[tuple[str, str, str]]:
    """Title, text and address of what somebody was told, oldest first; the inbox is empty afterwards."""
    messages = Message.objects.filter(person__username=username).order_by("pk")
    said = list(messages.values_list("title_zh", "body_zh", "url"))
    messages.delete()
    return said


def titles(username: str) -> list[str]:
    return [title for title, _text, _url in told(username)]


def test_of_an_approved_deferral_the_graduate_and_the_proposer_are_told(
    people: tuple[Graduate, Graduate],
) -> None:
    mei, lan = people
    ids = proposed(mei, lan, by=college())
    approve_deferrals(deferrals=ids, actor=registrar())
    ((title, text, url),) = told("mei")
    assert (title, url) == ("您已获批延期至2027届毕业", "/sheet/")
    assert "2026届的离校单已关闭" in text
    assert "学分未修满" not in text
    ((title, text, url),) = told("college")
    assert (title, url) == ("您申报的延期毕业已获批准", "/roster/")
    assert "梅花、兰草" in text
    assert "学分未修满" not in text
    assert titles("registrar") == []


def test_refused_and_undone_are_told_without_the_reason(people: tuple[Graduate, Graduate]) -> None:
    mei, lan = people
    office, own = registrar(), college()
    refuse_deferrals(deferrals=proposed(mei, by=own), actor=office, note=SECRET)
    assert titles("mei") == ["您的延期毕业未获批准"]
    ((title, text, url),) = told("college")
    assert title == "您申报的延期毕业未获批准"
    assert url == f"/roster/{Deferral.objects.get().uid}/"
    assert SECRET not in text
    ids = proposed(mei, lan, by=own)
    approve_deferrals(deferrals=ids, actor=office)
    undo_deferrals(deferrals=ids, actor=office, reason=SECRET)  # on the same day
    assert titles("mei") == ["您已获批延期至2027届毕业", "您的延期毕业已撤销，随2026届离校"]
    said = told("college")
    assert [title for title, _text, _url in said] == ["您申报的延期毕业已获批准", "您申报的延期毕业已撤销"]
    assert not any(SECRET in text for _title, text, _url in said)


def test_who_decides_on_an_own_proposal_needs_not_be_told(people: tuple[Graduate, Graduate]) -> None:
    office = registrar()
    approve_deferrals(deferrals=proposed(people[0], by=office), actor=office)
    assert Deferral.objects.get().state == DeferralState.APPROVED
    assert (titles("registrar"), len(titles("mei"))) == ([], 1)


@pytest.mark.parametrize("number", [1, 7])
def test_many_are_named_shortly_and_the_message_is_one(number: int) -> None:
    graduates = [builders.graduate(name=f"甲{place}") for place in range(number)]
    approve_deferrals(deferrals=proposed(*graduates, by=college()), actor=registrar())
    ((_title, text, _url),) = told("college")
    assert ("另有 2 项" in text) == (number == 7)


def test_in_the_reader_s_language() -> None:
    anand = builders.graduate(user=builders.user("anand", language="en"))
    approve_deferrals(deferrals=proposed(anand, by=college()), actor=registrar())
    message = Message.objects.get(person=User.objects.get(username="anand"))
    assert message.title_en == "Your graduation is deferred to Class of 2027"
    assert "Class of 2026 is closed" in message.body_en


def test_into_a_cohort_that_is_open_nobody_is_told_to_wait_for_it(people: tuple[Graduate, Graduate]) -> None:
    published(2027)
    opened(2027)
    approve_deferrals(deferrals=proposed(people[0], by=college()), actor=registrar())
    ((title, text, url),) = told("mei")
    assert (title, url) == ("您已获批延期至2027届毕业", "/sheet/")
    assert ("新的离校单已在系统中" in text, "可以撤销" in text) == (True, False)
    assert people[0].sheets.get(cohort__year=2027).state == "open"


def test_who_proposed_an_addition_is_told() -> None:
    own, office = college(), registrar()
    first = add(own)
    confirm_addition(addition=first, actor=office)
    assert [(title, url) for title, _text, url in told("college")] == [
        ("张晓明已列入2026届名单", f"/roster/additions/{first.uid}/")
    ]
    cells = row("20221998")
    second = propose_addition(cohort=builders.cohort(), cells=cells, reason="复学", actor=own)
    refuse_addition(addition=second, actor=office, note=SECRET)
    ((title, text, _url),) = told("college")
    assert (title, SECRET in text) == ("张晓明未列入2026届名单", False)
