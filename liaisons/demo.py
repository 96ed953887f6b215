"""The demo's liaisons: a round, nominations in every state, and a few appointed; `liaison` is one of them."""

import datetime
from collections.abc import Sequence
from itertools import islice

from django.db import transaction
from django.utils import timezone

from leaving.choices import CohortState, Level
from leaving.models import Cohort, Graduate, SchoolClass
from liaisons.choices import ClassmateField, NominationState, PublicField, Step
from liaisons.models import ClassmateConsent, LiaisonRound, Nomination
from liaisons.services.appointments import appoint
from liaisons.services.nominations import Entries, nominate, recommend
from liaisons.services.opinions import give_opinion
from portal import demo
from portal.accounts.models import User
from portal.departments.demo import demo_user
from portal.departments.models import Department

ACCOUNTS = (demo.DemoAccount("liaison", "校友联络员（计算机学院）", "Alumni liaison (Computer Science)"),)
COLLEGE = "08"
BIOGRAPHY = "在校期间热心班级事务，毕业后愿意继续为同学和母校服务。"


@transaction.atomic
def play(_graduates: int) -> None:
    """Makes the round of the open cohort and walks some nominations through it. Idempotent."""
    cohort = Cohort.objects.filter(state=CohortState.OPEN).first() or Cohort.objects.first()
    if cohort is None or LiaisonRound.objects.filter(cohort=cohort).exists():
        return
    LiaisonRound.objects.create(
        cohort=cohort, office=Department.objects.filter(code="alumni").first(), small_class_size=50
    )
    classes = list(
        SchoolClass.objects.filter(
            college__code=COLLEGE, graduates__cohort=cohort, graduates__level__in=Level.first_degree()
        )
        .distinct()
        .order_by("pk")[:6]
    )
    nominees = [each for each in (_nominees(school_class, cohort) for school_class in classes) if each]
    if nominees:
        _walk(nominees)


def _nominees(school_class: SchoolClass, cohort: Cohort) -> list[Graduate]:
    """Two of the class who have nothing to do with the other accounts of the demo."""
    if school_class.counsellor is None:
        school_class.counsellor = demo_user("counsellor", "傅导员")
        school_class.save(update_fields=["counsellor"])
    return list(
        Graduate.objects.filter(
            school_class=school_class, cohort=cohort, level__in=Level.first_degree(), user=None
        )
        .select_related("cohort__liaison_round", "college", "major", "school_class__major")
        .order_by("student_no")[:2]
    )


def _walk(nominees: Sequence[list[Graduate]]) -> None:
    """The first class's nominee is `liaison`; the others stop on the way, one in each state."""
    centre, dean = _staff()
    everybody = [graduate for each in nominees for graduate in each]
    liaison, *others = everybody
    first = _nominate(liaison, demo_user("liaison", liaison.name))
    upto: list[Step | None] = [Step.CENTRE, Step.CENTRE, Step.COLLEGE, Step.CLASS, None]
    _review(first, Step.CENTRE, centre, dean)
    ready = [first]
    different_class = [graduate for graduate in others if graduate.school_class_id != liaison.school_class_id]
    for place, (graduate, step) in enumerate(zip(different_class, upto, strict=False)):
        nomination = _nominate(graduate, demo_user(graduate.student_no, graduate.name))
        if step:
            _review(nomination, step, centre, dean)
        if place == 0:
            ready.append(nomination)
    appoint(
        nominations=[nomination.pk for nomination in ready],
        starts_on=timezone.localdate() - datetime.timedelta(days=30),
        actor=centre,
    )
    for graduate in islice(different_class, len(upto), len(upto) + 1):
        counsellor = graduate.school_class.counsellor if graduate.school_class else None
        if counsellor:
            recommend(graduates=[graduate.pk], actor=counsellor)
    _declined(others, liaison)
    _consents(liaison)


def _staff() -> tuple[User, User]:
    """The alumni centre and the college, made by the departments' demo."""
    return User.objects.get(username="alumnioffice"), User.objects.get(username="college")


def _nominate(graduate: Graduate, user: User) -> Nomination:
    graduate.user = user
    graduate.save(update_fields=["user"])
    return nominate(
        graduate=graduate,
        actor=user,
        entries=Entries(
            political_status=graduate.political_status or "共青团员",
            degree="本科（学士）",
            mobile=graduate.mobile or "13900000000",
            wechat=graduate.wechat,
            student_office="班长",
            biography=BIOGRAPHY,
            publish=[PublicField.NAME, PublicField.CLASS, PublicField.WECHAT],
        ),
        accepted=True,
    )


def _review(nomination: Nomination, upto: Step, centre: User, dean: User) -> None:
    counsellor = nomination.graduate.school_class.counsellor if nomination.graduate.school_class else None
    assert counsellor is not None
    for step, actor in zip(Step, (counsellor, dean, centre), strict=True):
        give_opinion(nominations=[nomination.pk], step=step, favourable=True, actor=actor, text="同意推荐。")
        if step == upto:
            return


def _declined(others: Sequence[Graduate], liaison: Graduate) -> None:
    """A second nominee of the liaison's class, whom the class does not recommend."""
    second = next((each for each in others if each.school_class_id == liaison.school_class_id), None)
    if second is None or second.school_class is None or second.school_class.counsellor is None:
        return
    nomination = _nominate(second, demo_user(second.student_no, second.name))
    give_opinion(
        nominations=[nomination.pk],
        step=Step.CLASS,
        favourable=False,
        actor=second.school_class.counsellor,
        text="班级名额已满，建议下届再推荐。",
    )
    assert Nomination.objects.get(pk=nomination.pk).state == NominationState.DECLINED


def _consents(liaison: Graduate) -> None:
    """Some classmates let the liaison see something."""
    mates = (
        Graduate.objects.filter(school_class=liaison.school_class).exclude(pk=liaison.pk).order_by("pk")[:10]
    )
    given = ([ClassmateField.MOBILE, ClassmateField.WECHAT], [ClassmateField.EMAIL], list(ClassmateField))
    ClassmateConsent.objects.bulk_create(
        ClassmateConsent(graduate=mate, fields=given[place % 3])
        for place, mate in enumerate(mates)
        if place % 2 == 0
    )


demo.register_step(demo.Step(50, "liaisons", play, ACCOUNTS))
