"""By oneself or by the class, in the days of the round, once, with the terms accepted (L1)."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from liaisons.choices import NominationState, Origin, PublicField
from liaisons.services.nominations import nominate, recommend, withdraw_nomination
from portal.errors import Refused
from tests import builders
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


def test_the_form_is_filled_from_the_record_and_the_nominee() -> None:
    zhang = stories.student("zhang", sex="male", mobile="13700000000", political_status="中共党员")
    nomination = stories.nominated(zhang, political_status="中共预备党员")
    nomination.refresh_from_db()
    assert (nomination.origin, nomination.state, nomination.school_class) == (
        Origin.SELF,
        NominationState.CLASS,
        zhang.school_class,
    )
    assert [
        nomination.name,
        nomination.birth_date,
        nomination.sex,
        nomination.political_status,
        nomination.degree,
        nomination.mobile,
        nomination.class_title,
        nomination.wechat,
        nomination.biography,
        nomination.student_office,
        nomination.publish,
    ] == [
        "张三",
        datetime.date(2003, 5, 1),
        "male",
        "中共预备党员",
        "本科（学士）",
        "13900000001",
        "2022级软件工程专业1班",
        "wx_zhang",
        "热爱母校，乐于为同学服务。",
        "班长",
        ["name", "class"],
    ]


def test_without_the_name_nothing_is_published() -> None:
    nomination = stories.nominated(stories.student("zhang"), publish=[PublicField.MOBILE])
    assert nomination.publish == []


def code_of(**changes: Any) -> str:
    zhang = changes.pop("graduate", None) or stories.student("zhang")
    arguments = {
        "graduate": zhang,
        "actor": zhang.user,
        "entries": stories.entries(),
        "accepted": True,
        **changes,
    }
    with pytest.raises(Refused) as refused:
        nominate(**arguments)
    return refused.value.code


def test_what_is_refused() -> None:
    assert code_of() == "round_missing"
    stories.round_(nominations_until=timezone.localdate() - datetime.timedelta(days=1))
    zhang = stories.student("zhang2")
    assert code_of(graduate=zhang) == "nominations_closed"
    stories.round_(nominations_until=timezone.localdate())
    assert code_of(graduate=zhang, accepted=False) == "terms_not_accepted"
    assert code_of(graduate=zhang, actor=stories.counsellor()) == "not_allowed"
    stories.nominated(zhang)
    assert code_of(graduate=zhang) == "nominated_already"
    homeless = builders.graduate(user=builders.user("wang"), school_class=None)
    assert code_of(graduate=homeless) == "class_missing"


def test_the_class_recommends_and_the_nominee_answers() -> None:
    stories.round_()
    zhang, li = stories.student("zhang"), stories.student("li", name="李四")
    made = recommend(graduates=[zhang.pk, li.pk], actor=stories.counsellor())
    assert [(each.state, each.origin, each.recommended_by) for each in made] == [
        (NominationState.PROPOSED, Origin.CLASS, stories.counsellor())
    ] * 2
    answered = stories.nominated(zhang)
    assert answered.pk == made[0].pk
    assert (answered.state, answered.origin) == (NominationState.CLASS, Origin.CLASS)
    with pytest.raises(Refused) as refused:
        recommend(graduates=[li.pk], actor=stories.counsellor())
    assert refused.value.code == "nominated_already"


def test_a_counsellor_recommends_from_the_own_classes_only() -> None:
    stories.round_()
    theirs = builders.graduate(school_class=builders.school_class(name="软工2202班"))
    with pytest.raises(Refused) as refused:
        recommend(graduates=[theirs.pk], actor=stories.counsellor())
    assert refused.value.code == "not_allowed"


def test_who_withdrew_may_come_back() -> None:
    zhang = stories.student("zhang")
    nomination = stories.nominated(zhang)
    with pytest.raises(Refused):
        withdraw_nomination(nomination=nomination, actor=stories.counsellor())
    assert zhang.user
    withdraw_nomination(nomination=nomination, actor=zhang.user)
    assert stories.nominated(zhang).pk != nomination.pk
