"""How far a department reaches over graduates (P2, P5)."""

import pytest

from leaving.models import Graduate
from leaving.selectors.reach import graduates_visible_to, reached_by
from portal.departments.choices import Right
from tests import builders

pytestmark = pytest.mark.django_db


def test_the_university_reaches_all_also_beside_other_reasons_to_see_somebody() -> None:
    affairs = builders.clerk("affairs", Right.VIEW_GRADUATES, at=builders.university())
    everybody = {builders.graduate(), builders.graduate(college=builders.college("11", "艺术与传媒学院"))}
    assert set(Graduate.objects.filter(reached_by(affairs, Right.VIEW_GRADUATES))) == everybody
    assert set(graduates_visible_to(affairs)) == everybody


def test_a_college_reaches_its_own() -> None:
    clerk = builders.clerk("clerk", Right.VIEW_GRADUATES, at=builders.college())
    own = builders.graduate()
    builders.graduate(college=builders.college("11", "艺术与传媒学院"))
    assert list(graduates_visible_to(clerk)) == [own]
