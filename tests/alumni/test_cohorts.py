"""The cohorts that alumni belong to, and degrees that were withdrawn (A4, C9)."""

import pytest
from django.test import Client
from django.urls import reverse

from alumni.models import Degree
from alumni.selectors.people import cohort_years, degrees_visible_to
from alumni.services.people import record_graduates, withdraw_graduates
from leaving.choices import CohortState
from portal.departments.choices import Right
from tests import builders

pytestmark = pytest.mark.django_db
ADMIN = reverse("admin:alumni_degree_changelist")


@pytest.fixture
def degrees() -> None:
    earth = builders.college("01", "地球科学学院")
    made = [
        builders.graduate(name="梅花"),
        builders.graduate(name="兰草", cohort=builders.cohort(2020, CohortState.CLOSED), college=earth),
        builders.graduate(name="竹君", cohort=builders.cohort(2019, CohortState.CLOSED)),
        builders.graduate(name="菊香", cohort=builders.cohort(2012, CohortState.CLOSED)),
    ]
    record_graduates(graduate_ids=[graduate.pk for graduate in made], actor=None)
    withdraw_graduates(graduate_ids=[made[2].pk], actor=None)


@pytest.mark.usefixtures("degrees")
def test_years_are_those_of_the_degrees_one_sees() -> None:
    office = builders.clerk("office", Right.MANAGE_ALUMNI, at=builders.university())
    dean = builders.clerk("dean", Right.MANAGE_ALUMNI, at=builders.college("08"))
    assert cohort_years(degrees_visible_to(office)) == [2026, 2020, 2012]
    assert cohort_years(degrees_visible_to(dean)) == [2026, 2012]
    assert cohort_years(Degree.objects.all()) == [2026, 2020, 2019, 2012]
    assert cohort_years(Degree.objects.none()) == []


@pytest.mark.usefixtures("degrees")
def test_the_administration_tells_withdrawn_degrees_from_those_in_force(client: Client) -> None:
    admin = builders.user("admin", is_staff=True, is_superuser=True)
    office = builders.clerk("office", Right.MANAGE_ALUMNI, at=builders.university())
    type(office).objects.filter(pk=office.pk).update(is_staff=True)

    def names(query: str = "") -> set[str]:
        return {degree.person.name for degree in client.get(ADMIN + query).context["cl"].queryset}

    client.force_login(admin)
    assert names() == {"梅花", "兰草", "菊香"}
    assert names("?withdrawn=1") == {"竹君"}
    assert names("?cohort=2020") == {"兰草"}
    client.force_login(office)
    assert (names(), names("?withdrawn=1")) == ({"梅花", "兰草", "菊香"}, set())
