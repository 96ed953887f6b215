"""The demo has a nomination in each state, and plays twice without a trace."""

import pytest

from liaisons import demo
from liaisons.models import Appointment, Nomination
from portal.accounts.models import User
from portal.departments import demo as departments
from portal.departments.models import Department
from tests import builders

pytestmark = pytest.mark.django_db


def test_the_demo_of_liaisons() -> None:
    departments.play(0)
    college = Department.objects.get(code="08")
    for number in range(1, 7):
        its_class = builders.school_class(college, f"软工220{number}班")
        for _ in range(3):
            builders.graduate(school_class=its_class, college=college, major=its_class.major)
    demo.play(0)
    states = sorted(Nomination.objects.values_list("state", flat=True))
    assert states == [
        "appointed",
        "appointed",
        "centre",
        "class",
        "college",
        "declined",
        "proposed",
        "recommended",
    ]
    liaison = User.objects.get(username="liaison")
    assert (
        Appointment.objects.in_force().filter(graduate__user=liaison, published__contains=["name"]).count()
        == 1
    )
    demo.play(0)
    assert Nomination.objects.count() == len(states)
