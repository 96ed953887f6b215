"""The people of the liaison stories, and how far a nomination has come."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from leaving.models import Graduate, SchoolClass
from liaisons.choices import PublicField, Step
from liaisons.models import Appointment, LiaisonRound, Nomination
from liaisons.services.appointments import appoint
from liaisons.services.nominations import Entries, nominate
from liaisons.services.opinions import give_opinion
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders

TERM_BEGINS = datetime.date(2026, 6, 20)


def entries(**changes: object) -> Entries:
    """What a nominee writes."""
    said: dict[str, object] = {
        "political_status": "共青团员",
        "degree": "本科（学士）",
        "mobile": "13900000001",
        "wechat": "wx_zhang",
        "student_office": "班长",
        "biography": "热爱母校，乐于为同学服务。",
        "publish": [PublicField.NAME, PublicField.CLASS],
    }
    return Entries(**{**said, **changes})  # type: ignore[arg-type]


def round_(**changes: object) -> LiaisonRound:
    """The round of 2026, without deadlines."""
    return LiaisonRound.objects.update_or_create(cohort=builders.cohort(), defaults=changes)[0]


def counsellor(name: str = "counsellor") -> User:
    return User.objects.filter(username=name).first() or builders.user(name, name="辅导员李某")


def dean(of: Department | None = None, name: str = "dean") -> User:
    """Holds the right on the college."""
    made = User.objects.filter(username=name).first()
    return made or builders.clerk(name, Right.MANAGE_LIAISONS, at=of or builders.college())


def director() -> User:
    """Of the alumni centre."""
    made = User.objects.filter(username="director").first()
    centre = builders.office("alumni", "校友联络与服务中心", "Alumni Centre")
    return made or builders.clerk("director", Right.MANAGE_LIAISONS, at=centre)


def class_of_2022(name: str = "软工2201班") -> SchoolClass:
    return builders.school_class(name=name, counsellor=counsellor())


def student(username: str, school_class: SchoolClass | None = None, **fields: Any) -> Graduate:
    """A graduate who can sign in; in the class 软工2201班 unless told otherwise."""
    return builders.graduate(
        user=builders.user(username),
        name=fields.pop("name", "张三"),
        school_class=school_class or class_of_2022(),
        **fields,
    )


def nominated(graduate: Graduate, **changes: object) -> Nomination:
    """The graduate's own nomination, waiting for the class."""
    if not LiaisonRound.objects.filter(cohort=graduate.cohort).exists():
        round_()
    assert graduate.user
    return nominate(graduate=graduate, actor=graduate.user, entries=entries(**changes), accepted=True)


def reviewed(nomination: Nomination, upto: Step = Step.CENTRE) -> Nomination:
    """The same nomination after favourable opinions up to and with `upto`."""
    people = {Step.CLASS: counsellor(), Step.COLLEGE: dean(), Step.CENTRE: director()}
    for step in Step:
        give_opinion(nominations=[nomination.pk], step=step, favourable=True, actor=people[step])
        if step == upto:
            break
    nomination.refresh_from_db()
    return nomination


def appointed(
    graduates: Iterable[Graduate], starts_on: datetime.date | None = None, **changes: object
) -> list[Appointment]:
    """Their appointments, in force today unless `starts_on` says otherwise."""
    ready = [reviewed(nominated(graduate, **changes)).pk for graduate in graduates]
    return appoint(nominations=ready, starts_on=starts_on or timezone.localdate(), actor=director())
