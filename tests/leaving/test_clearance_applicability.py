"""Who has which items: the whole truth table of the published checkpoints (C2, C3, C5)."""

import pytest

from leaving.choices import Certificates, Housing, Level
from leaving.models import ClearanceItem
from portal.departments.models import Department
from tests import builders
from tests.leaving.clearance import COLLEGE_NAMES, opened, postgraduate, published, states

pytestmark = pytest.mark.django_db

FREE_OF_EQUIPMENT = {"艺术与传媒学院", "经济管理学院", "外国语学院", "体育学院", "马克思主义学院"}
WITH_LABORATORY = {"地球科学学院", "资源学院", "材料与化学学院", "珠宝学院", "国家重点实验室"}


def expected(level: Level, certificates: Certificates, college: str) -> tuple[list[int], list[int]]:
    """The published table in plain words: what is needed, and what is listed as not needed."""
    if level in Level.first_degree():
        needed, exempt = [2, 3, 4, 6, 7, 8, 9, 10, 12], []
        if college in FREE_OF_EQUIPMENT:
            needed.remove(3)
            exempt.append(3)
    elif certificates == Certificates.BOTH:
        needed, exempt = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13], []
        if college not in WITH_LABORATORY:
            needed.remove(5)
            exempt.append(5)
    else:
        needed, exempt = [1, 2, 4, 7, 11, 12], [3, 5, 6, 9, 10]
    return needed, exempt


def test_every_level_and_certificate_of_every_college_has_exactly_the_published_items() -> None:
    published()
    supervisor = builders.user("supervisor")
    graduates = {
        (level, certificates, name): builders.graduate(
            college=Department.objects.get(code=code),
            level=level,
            certificates=certificates,
            supervisor=supervisor,
        )
        for name, code in COLLEGE_NAMES.items()
        for level in Level
        for certificates in Certificates
    }
    opened()
    for (level, certificates, name), graduate in graduates.items():
        found = states(graduate)
        needed, exempt = expected(level, certificates, name)
        assert [number for number, state in found.items() if state != "exempt"] == needed, (
            level,
            certificates,
            name,
        )
        assert [number for number, state in found.items() if state == "exempt"] == exempt, (
            level,
            certificates,
            name,
        )
        # Whoever has a gate waits for it; the others may begin at once.
        waiting = {number for number, state in found.items() if state == "waiting"}
        assert waiting == (set(needed) - {1} if 1 in needed else set())
    assert len(expected(Level.UNDERGRADUATE, Certificates.BOTH, "计算机学院")[0]) == 9
    assert len(expected(Level.MASTER, Certificates.BOTH, "地球科学学院")[0]) == 12


def test_an_exempt_item_says_why_in_both_languages() -> None:
    published()
    painter = builders.graduate(college=Department.objects.get(name_zh="艺术与传媒学院"))
    opened()
    rule = ClearanceItem.objects.get(sheet__graduate=painter, state="exempt").rule
    assert rule is not None
    assert (rule.reason_zh, rule.reason_en) == (
        "本学院本科生不需办理",
        "Not needed by undergraduates of your college.",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [("", "waiting"), ("共青团员", "passed"), ("中共党员", "waiting"), ("中共预备党员", "waiting")],
)
def test_party_membership_passes_by_itself_only_where_the_status_is_known(status: str, state: str) -> None:
    published()
    graduate = postgraduate(political_status=status)
    opened()
    assert states(graduate)[13] == state


@pytest.mark.parametrize(
    ("housing", "state"), [("", "pending"), (Housing.ON_CAMPUS, "pending"), (Housing.OFF_CAMPUS, "exempt")]
)
def test_check_out_is_not_needed_by_who_does_not_live_on_campus(housing: str, state: str) -> None:
    published()
    graduate = builders.graduate(housing=housing)
    opened()
    assert states(graduate)[12] == state


def test_each_item_knows_who_decides_it() -> None:
    published()
    graduate = postgraduate(college="资源学院")
    opened()
    owners = {
        item.checkpoint.number: item.owner.code if item.owner else item.supervisor
        for item in ClearanceItem.objects.filter(sheet__graduate=graduate).select_related(
            "owner", "supervisor", "checkpoint"
        )
    }
    assert owners == {
        1: graduate.supervisor, 2: "library", 3: "equipment", 4: "02", 5: "05", 6: "hospital", 7: "finance", 9: "careers",
        10: "02-work", 11: "02-secretary", 12: "dormitory", 13: "organisation",
    }  # fmt: skip
