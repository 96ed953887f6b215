"""Who holds which right where, today: the selector, `has_perm` and the entry rule always agree (P2, decision 6)."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import UserGrant
from portal.departments.selectors import departments_where, has_right, holdings, holds, holds_university_wide
from portal.departments.services import grant, withdraw
from tests import builders as make

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("starts", "ends", "in_force"),
    [
        (None, None, True),
        (-1, None, True),
        (0, 0, True),
        (1, None, False),
        (None, -1, False),
        (None, 0, True),
        (-2, 2, True),
        (-3, -2, False),
    ],
)
@pytest.mark.parametrize("by_group", [False, True])
def test_a_grant_holds_from_its_first_day_to_its_last(
    starts: int | None, ends: int | None, in_force: bool, by_group: bool
) -> None:
    today = timezone.localdate()
    library, alice = make.office(), make.user("alice")
    grant(
        right=Right.DECIDE,
        department=library,
        to=make.group("librarians", alice) if by_group else alice,
        actor=None,
        starts_on=None if starts is None else today + starts * DAY,
        ends_on=None if ends is None else today + ends * DAY,
    )

    assert holds(alice, Right.DECIDE, library) is in_force
    assert alice.has_perm("decide_checkpoints", library) is in_force
    assert alice.has_perm("departments.decide_checkpoints", library) is in_force
    assert has_right(Right.DECIDE).allows(alice) is in_force
    assert list(departments_where(alice, Right.DECIDE)) == ([library] if in_force else [])
    held = [(one.department, one.right) for one in holdings(alice, *Right)]
    assert held == ([(library.pk, "decide_checkpoints")] if in_force else [])


def test_a_right_on_one_department_gives_nothing_on_another_nor_above_nor_below() -> None:
    computing, arts = make.college("08"), make.college("11", "艺术与传媒学院")
    alice = make.clerk("alice", Right.VIEW_GRADUATES, at=computing)

    assert list(departments_where(alice, Right.VIEW_GRADUATES)) == [computing]
    for other in (arts, make.university(), make.node(computing, "work")):
        assert not alice.has_perm("view_graduates", other)
    assert not alice.has_perm("decide_checkpoints", computing)
    assert not alice.has_perm("view_graduates")
    assert not holds_university_wide(alice, Right.VIEW_GRADUATES)


def test_an_inactive_person_holds_nothing_and_a_superuser_everything() -> None:
    library = make.office()
    bob = make.clerk("bob", Right.DECIDE, at=library)
    bob.is_active = False
    bob.save()
    root = make.user("root", is_superuser=True)

    assert not holds(bob, Right.DECIDE, library)
    assert not bob.has_perm("decide_checkpoints", library)
    assert not holds(AnonymousUser(), Right.DECIDE, library)
    assert holds(root, Right.DECIDE, library)
    assert root.has_perm("decide_checkpoints", library)
    assert all(holds(root, right, library) for right in Right)


def test_granting_again_replaces_the_dates_and_both_are_recorded() -> None:
    library, alice, boss = make.office(), make.user("alice"), make.user("boss")
    yesterday = timezone.localdate() - DAY
    grant(right=Right.DECIDE, department=library, to=alice, actor=boss, ends_on=yesterday)
    grant(right=Right.DECIDE, department=library, to=alice, actor=boss)

    assert UserGrant.objects.count() == 1
    assert holds(alice, Right.DECIDE, library)
    assert list(AuditEntry.objects.order_by("id").values_list("verb", "actor__username", "department")) == [
        ("departments.granted", "boss", "library"),
        ("departments.granted", "boss", "library"),
    ]


def test_withdrawing_takes_it_away_at_once_and_only_once() -> None:
    library = make.office()
    alice = make.clerk("alice", Right.DECIDE, at=library)

    assert withdraw(right=Right.DECIDE, department=library, from_=alice, actor=None, reason="left") is True
    assert withdraw(right=Right.DECIDE, department=library, from_=alice, actor=None) is False
    assert not holds(alice, Right.DECIDE, library)
    assert AuditEntry.objects.filter(verb="departments.withdrawn").count() == 1


def test_asking_costs_one_query_whatever_the_number_of_grants(django_assert_num_queries: object) -> None:
    alice = make.clerk("alice", Right.DECIDE, at=make.office())
    for place in range(5):
        grant(right=Right.DECIDE, department=make.office(f"o{place}", f"处{place}"), to=alice, actor=None)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(departments_where(alice, Right.DECIDE)) == 6
