"""The three opinions come in order, from three persons, each with the right to give it (L2)."""

import datetime
import itertools

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from liaisons.choices import NominationState, Step
from liaisons.models import Nomination, Opinion
from liaisons.services.opinions import give_opinion, take_back_opinion
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.errors import Refused
from tests import builders
from tests.liaisons import stories

pytestmark = pytest.mark.django_db

PEOPLE = (
    "student",
    "counsellor",
    "other counsellor",
    "dean",
    "other dean",
    "colleague",
    "director",
    "superuser",
)
MAY = {
    ("counsellor", Step.CLASS),
    ("dean", Step.COLLEGE),
    ("director", Step.CENTRE),
    ("superuser", Step.COLLEGE),
    ("superuser", Step.CENTRE),
}


def person(role: str) -> User:
    other = builders.college("06", "经济管理学院", "School of Economics")
    match role:
        case "student":
            return User.objects.get(username="zhang")
        case "counsellor":
            return stories.counsellor()
        case "other counsellor":
            wang = builders.user("wang")
            builders.school_class(name="软工2202班", counsellor=wang)
            return wang
        case "dean":
            return stories.dean()
        case "other dean":
            return stories.dean(other, "otherdean")
        case "colleague":
            return builders.clerk(
                "colleague", Right.VIEW_GRADUATES, Right.MANAGE_ALUMNI, at=builders.college()
            )
        case "director":
            return stories.director()
        case _:
            return builders.user("root", is_superuser=True)


def in_state(state: NominationState) -> Nomination:
    nomination = stories.nominated(stories.student("zhang"))
    before = {
        NominationState.COLLEGE: Step.CLASS,
        NominationState.CENTRE: Step.COLLEGE,
        NominationState.RECOMMENDED: Step.CENTRE,
    }
    if state in before:
        return stories.reviewed(nomination, before[state])
    if state != NominationState.CLASS:
        Nomination.objects.filter(pk=nomination.pk).update(state=state)
    nomination.refresh_from_db()
    return nomination


@pytest.mark.parametrize(("role", "step"), list(itertools.product(PEOPLE, Step)))
def test_who_gives_which_opinion(role: str, step: Step) -> None:
    nomination = in_state(step.state)
    actor = person(role)
    if (role, step) in MAY:
        give_opinion(nominations=[nomination.pk], step=step, favourable=True, actor=actor)
        nomination.refresh_from_db()
        assert nomination.state == step.following
    else:
        with pytest.raises(Refused) as refused:
            give_opinion(nominations=[nomination.pk], step=step, favourable=True, actor=actor)
        assert refused.value.code == "not_allowed"
        nomination.refresh_from_db()
        assert nomination.state == step.state


@pytest.mark.parametrize("favourable", [True, False])
@pytest.mark.parametrize(("state", "step"), list(itertools.product(NominationState, Step)))
def test_every_state_and_step(state: NominationState, step: Step, favourable: bool) -> None:
    """The truth table: an opinion counts only where the nomination waits for it."""
    nomination = in_state(state)
    actor = {Step.CLASS: stories.counsellor(), Step.COLLEGE: stories.dean(), Step.CENTRE: stories.director()}[
        step
    ]
    before = Opinion.objects.count()
    if state == step.state:
        give_opinion(nominations=[nomination.pk], step=step, favourable=favourable, actor=actor, text="同意")
        expected = step.following if favourable else NominationState.DECLINED
    else:
        with pytest.raises(Refused) as refused:
            give_opinion(
                nominations=[nomination.pk], step=step, favourable=favourable, actor=actor, text="同意"
            )
        assert refused.value.code == "not_waiting"
        expected = state
    nomination.refresh_from_db()
    assert (nomination.state, Opinion.objects.count() - before) == (expected, int(state == step.state))


def test_nobody_gives_two_opinions_on_one_nomination() -> None:
    nomination = stories.nominated(stories.student("zhang"))
    counsellor = stories.counsellor()
    grant(right=Right.MANAGE_LIAISONS, department=builders.college(), to=counsellor, actor=None)
    give_opinion(nominations=[nomination.pk], step=Step.CLASS, favourable=True, actor=counsellor)
    with pytest.raises(Refused) as refused:
        give_opinion(nominations=[nomination.pk], step=Step.COLLEGE, favourable=True, actor=counsellor)
    assert refused.value.code == "not_allowed"


def test_an_unfavourable_opinion_needs_a_reason() -> None:
    nomination = stories.nominated(stories.student("zhang"))
    with pytest.raises(Refused) as refused:
        give_opinion(
            nominations=[nomination.pk],
            step=Step.CLASS,
            favourable=False,
            actor=stories.counsellor(),
            text="  ",
        )
    assert refused.value.code == "reason_missing"


def test_a_bulk_opinion_is_all_or_none_and_one_audit_entry() -> None:
    first = stories.nominated(stories.student("zhang"))
    second = stories.reviewed(stories.nominated(stories.student("li", name="李四")), Step.CLASS)
    entries = AuditEntry.objects.filter(verb="liaisons.opinion_given")
    before = entries.count()
    with pytest.raises(Refused) as refused:
        give_opinion(
            nominations=[first.pk, second.pk], step=Step.CLASS, favourable=True, actor=stories.counsellor()
        )
    assert (refused.value.code, entries.count()) == ("not_waiting", before)
    give_opinion(nominations=[first.pk], step=Step.CLASS, favourable=True, actor=stories.counsellor())
    done = give_opinion(
        nominations=[first.pk, second.pk],
        step=Step.COLLEGE,
        favourable=True,
        actor=stories.dean(),
        signer="王院长",
    )
    assert done == 2
    assert entries.count() == before + 2
    entry = entries.latest("pk")
    assert entry.details == {
        "step": "college",
        "nominations": [str(first.uid), str(second.uid)],
        "favourable": True,
        "signer": "王院长",
    }
    assert set(Opinion.objects.filter(step=Step.COLLEGE).values_list("signer", flat=True)) == {"王院长"}


@pytest.mark.parametrize(("days", "refused"), [(0, False), (-1, True)])
def test_a_deadline_includes_its_whole_day(days: int, refused: bool) -> None:
    stories.round_(class_until=timezone.localdate() + datetime.timedelta(days=days))
    nomination = stories.nominated(stories.student("zhang"))

    def give() -> None:
        give_opinion(
            nominations=[nomination.pk], step=Step.CLASS, favourable=True, actor=stories.counsellor()
        )

    if refused:
        with pytest.raises(Refused) as error:
            give()
        assert error.value.code == "deadline_passed"
    else:
        give()


def test_an_opinion_is_taken_back_while_nothing_rests_on_it() -> None:
    nomination = stories.reviewed(stories.nominated(stories.student("zhang")), Step.COLLEGE)
    with pytest.raises(Refused) as refused:
        take_back_opinion(nominations=[nomination.pk], step=Step.CLASS, actor=stories.counsellor())
    assert refused.value.code == "opinion_used"
    take_back_opinion(nominations=[nomination.pk], step=Step.COLLEGE, actor=stories.dean())
    nomination.refresh_from_db()
    assert nomination.state == NominationState.COLLEGE
    assert list(nomination.opinions.values_list("step", flat=True)) == ["class"]


@pytest.mark.parametrize("step", [Step.COLLEGE, Step.CENTRE])
def test_the_database_keeps_the_order_by_itself(step: Step) -> None:
    nomination = stories.nominated(stories.student("zhang"))
    with pytest.raises(IntegrityError, match="must be favourable first"), transaction.atomic():
        Opinion.objects.create(
            nomination=nomination, step=step, favourable=True, signer="x", given_by=stories.director()
        )


def test_the_postgraduate_secretary_speaks_for_postgraduates_in_no_class() -> None:
    stories.round_()
    master = builders.graduate(user=builders.user("li"), level="master", school_class=None)
    nomination = stories.nominated(master)
    secretary = builders.clerk(
        "secretary", Right.MANAGE_LIAISONS, at=builders.node(builders.college(), "secretary")
    )
    give_opinion(nominations=[nomination.pk], step=Step.CLASS, favourable=True, actor=secretary)
    nomination.refresh_from_db()
    assert (nomination.state, nomination.class_title) == (NominationState.COLLEGE, "2022级软件工程专业")
    undergraduate = stories.nominated(stories.student("zhang"))
    with pytest.raises(Refused):
        give_opinion(nominations=[undergraduate.pk], step=Step.COLLEGE, favourable=True, actor=secretary)
