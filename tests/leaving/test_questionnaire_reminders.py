"""Who has not answered the questionnaire that keeps the sheet shut is reminded, by hand and by schedule (C1, C10)."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from leaving.choices import Reminded, RunState
from leaving.models import AnonymousAnswer, Graduate, PooledAnswers, Questionnaire, ReminderRun
from leaving.reminder_texts import DEFAULTS
from leaving.selectors.reminders import recipients_of
from leaving.services.questionnaires import close_questionnaire
from leaving.services.reminders import process, remind_by_hand
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.errors import Refused
from portal.notify.models import Message
from tests import builders
from tests.leaving.clearance import opened, postgraduate, published
from tests.leaving.questionnaires import answered, questionnaire
from tests.leaving.test_reminders import ran, scheduled, seen_by

pytestmark = pytest.mark.django_db
URL = "/clearance/statistics/remind/?about=questionnaire"


@pytest.fixture
def people() -> dict[str, Graduate]:
    """Mei and Lan have accounts, Zhu none; all are of Li's class. Ju is a master, of another college."""
    published()
    its_class = builders.school_class(counsellor=builders.user("li"))
    made = {
        name: builders.graduate(name=name, school_class=its_class, user=builders.user(name))
        for name in ("mei", "lan")
    }
    made["zhu"] = builders.graduate(name="zhu", school_class=its_class)
    made["ju"] = postgraduate(name="ju", user=builders.user("ju"))
    opened()
    return made


def remind(username: str) -> ReminderRun:
    selection = seen_by(username)
    words = DEFAULTS[Reminded.UNANSWERED]
    run = remind_by_hand(selection=selection, texts=words, actor=selection.user, audience=Reminded.UNANSWERED)
    process(run.uid)
    run.refresh_from_db()
    return run


def reminded() -> set[str]:
    return set(Message.objects.values_list("person__username", flat=True))


def test_a_counsellor_reminds_those_of_the_class_who_have_not_answered(people: dict[str, Graduate]) -> None:
    survey = questionnaire(closes_at=timezone.now() + datetime.timedelta(days=3), title_en="Survey")
    answered(survey, people["lan"])
    numbers = recipients_of(seen_by("li"), Reminded.UNANSWERED)
    assert (numbers.late, numbers.without_account) == (2, 1)
    run = remind("li")
    assert (run.state, run.messages, run.unreachable) == (RunState.DONE, 1, 1)
    message = Message.objects.get()
    assert (message.person.username, message.url) == ("mei", "/questionnaire/")
    assert "调研问卷" in message.body_zh
    assert "Survey" in message.body_en
    assert survey.closes_at is not None
    assert f"{timezone.localtime(survey.closes_at):%Y-%m-%d %H:%M}" in message.body_en
    assert remind("li").already == 1  # once a day


def test_the_schedule_reminds_whoever_is_asked(people: dict[str, Graduate]) -> None:
    questionnaire(levels=["master"])
    scheduled(Reminded.UNANSWERED)
    (run,) = ran()
    assert (run.messages, reminded()) == (1, {"ju"})


def test_of_several_each_is_named_that_is_due(people: dict[str, Graduate]) -> None:
    first, second = questionnaire(), questionnaire(title_zh="满意度", title_en="Content?", anonymous=True)
    questionnaire(title_zh="草稿", published=False)
    questionnaire(title_zh="以后", opens_at=timezone.now() + datetime.timedelta(days=1))
    answered(first, people["mei"])
    scheduled(Reminded.UNANSWERED)
    ran()
    assert "Content? – anonymous" in Message.objects.get(person__username="mei").body_en
    assert "(1)" in Message.objects.get(person__username="mei").body_en
    assert "(2)" in Message.objects.get(person__username="lan").body_en
    close_questionnaire(questionnaire=second, actor=None)
    assert recipients_of(seen_by("li"), Reminded.UNANSWERED).late == 2


def test_an_anonymous_one_tells_who_is_to_be_reminded_and_nothing_of_the_answers(
    people: dict[str, Graduate],
) -> None:
    survey = questionnaire(anonymous=True)
    answered(survey, people["lan"])
    before = [bytes(row.sealed) for row in PooledAnswers.objects.all()]
    remind("li")
    assert reminded() == {"mei"}
    assert [bytes(row.sealed) for row in PooledAnswers.objects.all()] == before
    assert not AnonymousAnswer.objects.exists()
    assert set(ReminderRun.objects.get().selection) == {"sight", "cohort"}  # nobody's name


def test_nobody_is_reminded_of_what_is_answered_or_over(people: dict[str, Graduate]) -> None:
    survey = questionnaire()
    Questionnaire.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    with pytest.raises(Refused) as refused:
        remind("li")
    assert refused.value.code == "nobody_late"


def test_an_office_reminds_of_its_own_checkpoints(people: dict[str, Graduate], client: Client) -> None:
    questionnaire()
    client.force_login(builders.clerk("library", Right.DECIDE, Right.STATISTICS, at=builders.office()))
    assert client.get(URL).status_code == 404
    assert "about=questionnaire" not in client.get("/clearance/statistics/remind/").content.decode()
    with pytest.raises(Refused) as refused:
        remind("library")
    assert refused.value.code == "not_allowed"


def test_the_page_says_how_many_and_sends(people: dict[str, Graduate], client: Client) -> None:
    client.force_login(User.objects.get(username="li"))
    client.cookies["django_language"] = "en"
    assert "No questionnaire is open here" in client.get(URL).content.decode()
    questionnaire()
    page = client.get(URL).content.decode()
    assert "Your clearance sheet opens as soon as you have" in page
    assert "<dt>Have not answered</dt><dd>3</dd>" in page
    words = {"title_zh": "请填写", "text_zh": "{missing}", "title_en": "", "text_en": ""}
    answer = client.post("/clearance/statistics/remind/send/?about=questionnaire", words)
    assert answer["Location"].endswith("about=questionnaire")
    process(ReminderRun.objects.get().uid)
    assert reminded() == {"mei", "lan"}
    assert client.get("/clearance/statistics/remind/?about=weather").status_code == 404


def test_the_results_lead_to_the_reminder_while_it_is_open(
    people: dict[str, Graduate], client: Client
) -> None:
    survey = questionnaire()
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    link = "about=questionnaire"
    assert link in client.get(f"/questionnaires/{survey.uid}/").content.decode()
    close_questionnaire(questionnaire=survey, actor=None)
    assert link not in client.get(f"/questionnaires/{survey.uid}/").content.decode()


def test_what_stands_on_a_shut_sheet_is_told_to_nobody_and_nobody_is_reminded_twice(
    people: dict[str, Graduate], client: Client
) -> None:
    survey = questionnaire(title_en="Survey")
    answered(survey, people["lan"])
    late = recipients_of(seen_by("li"))
    assert (late.late, late.shut) == (1, 2)
    client.force_login(User.objects.get(username="li"))
    assert "另有 2 人尚未填写调研问卷" in client.get("/clearance/statistics/remind/").content.decode()
    scheduled()
    scheduled(Reminded.UNANSWERED)
    ran()
    told = Message.objects.order_by("person__username").values_list("person__username", "kind")
    assert list(told) == [
        ("ju", "questionnaire.unanswered"),
        ("lan", "clearance.missing"),
        ("mei", "questionnaire.unanswered"),
    ]
