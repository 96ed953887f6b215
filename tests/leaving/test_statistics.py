"""Statistics: whose figures one sees, that they are right, and what they cost (C10, P7)."""

import base64
import datetime
import json
import random
import re
from collections import Counter
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaving.charts import bar, timeline
from leaving.choices import DecidedBy, ItemState, Level, Verb
from leaving.models import (
    Checkpoint,
    ClearanceDay,
    ClearanceItem,
    ClearanceSheet,
    Cohort,
    Graduate,
    Measurement,
    Pace,
)
from leaving.models.clearance import DOOR
from leaving.selectors.figures import Tally, cleared_by_day, pace_of, table_of
from leaving.selectors.statistics import OutOfReach, Selection, cleared_share, select, sights_of
from leaving.services.clearance import decide
from leaving.services.counters import fold
from leaving.services.pace import measure
from leaving.workbooks.missing import MissingExport
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.doors import door
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.test_clearance_exports import rows_of

pytestmark = pytest.mark.django_db
URL = "/clearance/statistics/"
EARTH = "地球科学学院"


def earth() -> Department:
    return Department.objects.get(name_zh=EARTH)


@pytest.fixture
def people() -> dict[str, Graduate]:
    """Mei of computing (class of Li) misses books; Lan, her classmate, is cleared; Ju of earth sciences is a master and has an
    undergraduate beside her, Zhu, who misses everything."""
    cohort = published()
    li = builders.user("li")
    its_class = builders.school_class(counsellor=li)
    made = {
        "mei": builders.graduate("20221001", name="梅花", school_class=its_class, mobile="13800000001"),
        "lan": builders.graduate("20221002", name="兰草", school_class=its_class),
        "ju": postgraduate("20231001", name="菊香", supervisor=builders.user("T0001", name="黄导师")),
        "zhu": builders.graduate("20221003", name="竹君", college=earth()),
    }
    opened(cohort.year)
    passed_but(made["lan"])
    passed_but(made["mei"], 2)
    return made


def seen_by(user: User, **parameters: str) -> Selection:
    selection = select(user, parameters)
    assert selection is not None
    return selection


def names(user: User, **parameters: str) -> set[str]:
    late = seen_by(user, **parameters).late()
    return set(late.values_list("graduate__name", flat=True))


# --- whose figures ----------------------------------------------------------------------------------------------------
def test_the_university_sees_all_colleges(people: dict[str, Graduate]) -> None:
    affairs = builders.clerk("affairs", Right.STATISTICS, at=builders.university())
    table = table_of(seen_by(affairs))
    assert [(row.college, row.graduates, row.cleared) for row in table.rows] == [
        (earth(), 2, 0),
        (people["mei"].college, 2, 1),
    ]
    assert (table.total.graduates, table.total.cleared, table.total.share) == (4, 1, 25)
    assert names(affairs) == {"梅花", "菊香", "竹君"}
    assert names(affairs, college="08") == {"梅花"}
    assert names(affairs, level="master") == {"菊香"}
    assert names(affairs, state="waiting") == {"菊香"}
    assert names(affairs, q="菊") == {"菊香"}


def test_a_college_and_its_nodes_see_their_own_class_by_class(people: dict[str, Graduate]) -> None:
    dean = builders.clerk("dean", Right.STATISTICS, at=people["mei"].college)
    work = builders.clerk("work", Right.DECIDE, at=builders.node(people["mei"].college, "work"))
    roll = builders.clerk("roll", Right.VIEW_GRADUATES, at=builders.node(people["mei"].college, "roll"))
    for user in (dean, work, roll):
        table = table_of(seen_by(user))
        assert [(row.label, row.graduates, row.cleared) for row in table.rows] == [("2022 软工2201班", 2, 1)]
        assert names(user) == {"梅花"}
        assert not re.search("竹君|菊香", str(names(user)))
        with pytest.raises(OutOfReach):
            select(user, {"college": earth().code})
        with pytest.raises(OutOfReach):
            select(user, {"sight": "university"})


def test_the_postgraduate_secretary_sees_postgraduates_only(people: dict[str, Graduate]) -> None:
    secretary = builders.clerk("xiaomi", Right.STATISTICS, at=builders.node(earth(), "secretary"))
    assert names(secretary) == {"菊香"}
    assert table_of(seen_by(secretary)).total.graduates == 1
    with pytest.raises(OutOfReach):
        select(secretary, {"level": Level.UNDERGRADUATE})


def test_an_office_sees_its_own_checkpoints_over_all_colleges(people: dict[str, Graduate]) -> None:
    alice = builders.clerk("alice", Right.STATISTICS, at=builders.office("library"))
    table = table_of(seen_by(alice))
    assert [column.number for column in table.columns] == [2]
    assert [(row.college, row.items.missing) for row in table.rows] == [
        (earth(), 2),
        (people["mei"].college, 1),
    ]
    assert table.total.graduates == 0  # whether somebody is cleared is not the library's
    assert names(alice) == {"梅花", "菊香", "竹君"}
    with pytest.raises(OutOfReach):
        select(alice, {"checkpoint": "7"})
    assert cleared_share(alice) is None


def test_a_dormitory_office_sees_the_items_of_its_campus(people: dict[str, Graduate]) -> None:
    other = builders.office("future-city")
    su = builders.clerk("su", Right.STATISTICS, at=builders.office("dormitory"))
    wei = builders.clerk("wei", Right.STATISTICS, at=other)
    assert names(su) == {"菊香", "竹君"}
    assert table_of(seen_by(su)).total.items == Tally(done=2, pending=1, waiting=1)
    assert table_of(seen_by(wei)).rows == []


def test_a_counsellor_sees_the_own_classes(people: dict[str, Graduate]) -> None:
    li = User.objects.get(username="li")
    assert [sight.key for sight in sights_of(li)] == ["classes"]
    assert names(li) == {"梅花"}
    share = cleared_share(li)
    assert share is not None
    assert (share.cleared, share.graduates) == (1, 2)
    other = builders.school_class(earth(), "地质2201班")
    with pytest.raises(OutOfReach):
        select(li, {"class": str(other.uid)})


def test_who_has_several_hats_chooses(people: dict[str, Graduate]) -> None:
    """The key laboratory is a college and an office at once."""
    laboratory = Department.objects.get(name_zh="国家重点实验室")
    zhong = builders.clerk("zhong", Right.STATISTICS, at=laboratory)
    assert [sight.key for sight in sights_of(zhong)] == [
        f"college-{laboratory.pk}",
        f"office-{laboratory.pk}",
    ]
    assert names(zhong, sight=f"office-{laboratory.pk}") == {"菊香"}


@pytest.mark.parametrize("path", ["", "names/", "remind/"])
def test_a_stranger_finds_nothing(path: str, people: dict[str, Graduate], client: Client) -> None:
    client.force_login(builders.clerk("bob", Right.DECIDE, at=builders.office("hospital")))
    assert client.get(URL + path).status_code == 404
    client.force_login(builders.clerk("dean", Right.STATISTICS, at=people["mei"].college))
    assert client.get(URL + path).status_code == 200
    assert client.get(URL + path, {"college": earth().code}).status_code == 404
    assert client.get(URL + path, {"cohort": "1999"}).status_code == 404
    assert client.get(URL + path, {"class": "nonsense"}).status_code == 404


# --- that they are right ----------------------------------------------------------------------------------------------
def recount(**where: Any) -> Counter[tuple[int, int, str]]:
    """Items by college, checkpoint and state, one by one."""
    rows = ClearanceItem.objects.filter(**where).exclude(state=ItemState.EXEMPT)
    return Counter(rows.values_list("sheet__graduate__college", "checkpoint", "state"))


def shown(user: User, **parameters: str) -> Counter[tuple[int, int, str]]:
    found: Counter[tuple[int, int, str]] = Counter()
    for row in table_of(seen_by(user, **parameters)).rows:
        for checkpoint, tally in row.cells.items():
            assert row.college is not None
            done = ClearanceItem.objects.filter(
                checkpoint=checkpoint, sheet__graduate__college=row.college, state__in=ItemState.done()
            ).count()
            assert tally.done == done
            for state in ItemState.open():
                if n := getattr(tally, state):
                    found[row.college.pk, checkpoint, state] = n
    return found


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_decided_the_figures_equal_a_recount(seed: int) -> None:
    published()
    chance = random.Random(seed)
    supervisor = builders.user()
    for place in range(8):
        if place % 2:
            postgraduate(supervisor=supervisor)
        else:
            builders.graduate(college=earth() if place % 4 else None)
    opened()
    affairs = builders.clerk("affairs", Right.STATISTICS, at=builders.university())
    for step in range(6):
        ids = list(ClearanceItem.objects.values_list("pk", flat=True))
        verb = chance.choice(list(Verb))
        decide(items=chance.sample(ids, chance.randint(1, 30)), verb=verb, actor=None, reason="because")
        if step % 3 == chance.randrange(3):
            fold()
        assert shown(affairs) == recount(state__in=ItemState.open())
        total = table_of(seen_by(affairs)).total
        assert total.cleared == ClearanceSheet.objects.filter(state="cleared").count()
        by_class = table_of(seen_by(affairs, college=earth().code)).total
        assert (
            by_class.items.missing
            == ClearanceItem.objects.filter(
                sheet__graduate__college=earth(), state__in=ItemState.open()
            ).count()
        )


def test_a_share_is_a_hundred_only_when_all_is_done() -> None:
    assert (Tally(done=199, failed=1).share, Tally(done=199, failed=1).heat) == (99, 4)
    assert (Tally(done=200).share, Tally(done=200).heat) == (100, 5)
    assert Tally(pending=3).heat == 0


# --- days and pace ----------------------------------------------------------------------------------------------------
def moved(hours: float, **where: Any) -> None:
    """As if these sheets had been cleared so long ago."""
    with door(DOOR):
        ClearanceSheet.objects.filter(**where).update(
            cleared_at=timezone.now() - datetime.timedelta(hours=hours)
        )


def test_days_are_kept_and_what_has_been_cleared_since_is_added(people: dict[str, Graduate]) -> None:
    affairs = builders.clerk("affairs", Right.STATISTICS, at=builders.university())
    today = timezone.localdate()
    assert cleared_by_day(seen_by(affairs)) == [(today, 1)]  # nothing measured yet
    moved(48, graduate=people["lan"])
    measure(cohort=Cohort.objects.get())
    assert list(ClearanceDay.objects.values_list("n", flat=True)) == [1]
    passed_but(people["mei"])
    moved(0, graduate=people["mei"])
    days = cleared_by_day(seen_by(affairs))
    assert [n for _day, n in days] == [1, 0, 1]
    assert days[-1][0] == today
    assert cleared_by_day(seen_by(affairs, college="08")) == days
    assert cleared_by_day(seen_by(affairs, college=earth().code)) == []
    assert cleared_by_day(seen_by(User.objects.get(username="li"))) == days


def test_the_pace_runs_from_when_an_item_could_be_decided(people: dict[str, Graduate]) -> None:
    affairs = builders.clerk("affairs", Right.STATISTICS, at=builders.university())
    now = timezone.now()
    ClearanceSheet.objects.update(opened_at=now - datetime.timedelta(days=10))
    decide(
        items=[item(people["ju"], 1).pk], verb=Verb.PASS, actor=None
    )  # the gate: nine days after the opening
    ClearanceItem.objects.filter(sheet__graduate=people["ju"], checkpoint__number=1).update(
        decided_at=now - datetime.timedelta(days=1)
    )
    decide(items=[item(people["ju"], 2).pk], verb=Verb.PASS, actor=None)
    ClearanceItem.objects.filter(checkpoint__number=2, decided_at__isnull=False).update(
        decided_at=now - datetime.timedelta(hours=12)
    )
    assert measure(cohort=Cohort.objects.get())
    measured = pace_of(seen_by(affairs))
    assert measured is not None
    by_number = {row.checkpoint.number: row for row in measured.checkpoints}
    days = {
        number: round(row.median.total_seconds() / 86400, 1)
        for number, row in by_number.items()
        if row.median
    }
    assert days[1] == 9.0
    assert days[2] == 5.0  # the median of half a day (after the gate) and nine and a half (of Lan)
    assert (by_number[2].decided, by_number[2].ready) == (2, 2)
    assert by_number[2].oldest is not None
    assert round(by_number[2].oldest.total_seconds() / 86400) == 10
    oldest = {
        row.checkpoint.number: round(row.oldest.total_seconds() / 86400)
        for row in measured.queues
        if row.oldest
    }
    assert oldest[11] == 1  # Ju's papers could be decided since the gate
    secretary = builders.clerk("xiaomi", Right.STATISTICS, at=builders.node(earth(), "secretary"))
    own = pace_of(seen_by(secretary))
    assert own is not None
    assert {row.checkpoint.number: row.ready for row in own.checkpoints}[7] == 1  # Ju, without Zhu
    alice = builders.clerk("alice", Right.STATISTICS, at=builders.office("library"))
    library = pace_of(seen_by(alice))
    assert library is not None
    assert [(row.checkpoint.number, row.ready) for row in library.checkpoints] == [(2, 2)]


def test_measuring_again_replaces_what_was_measured(people: dict[str, Graduate]) -> None:
    cohort = Cohort.objects.get()
    measure(cohort=cohort)
    first, rows = Measurement.objects.get().as_of, Pace.objects.count()
    measure(cohort=cohort)
    assert Measurement.objects.get().as_of > first
    assert Pace.objects.count() == rows


def test_what_rules_decided_has_no_pace(people: dict[str, Graduate]) -> None:
    ClearanceItem.objects.filter(decided_at__isnull=False).update(decided_how=DecidedBy.RULE)
    measure(cohort=Cohort.objects.get())
    assert set(Pace.objects.values_list("decided", flat=True)) == {0}


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_page_tells_figures_and_leads_to_names(people: dict[str, Graduate], client: Client) -> None:
    measure(cohort=Cohort.objects.get())
    client.cookies["django_language"] = "en"
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    page = client.get(URL).content.decode()
    assert "<dd>4</dd>" in page
    assert "<dd>25 %</dd>" in page
    assert 'hx-trigger="every 60s"' in page
    assert "hx-swap-oob" not in page
    assert "style=" not in page
    link = re.search(r'href="([^"]*names/[^"]*college=08[^"]*checkpoint=2)"', page)
    assert link is not None
    listed = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert "梅花" in listed
    assert "竹君" not in listed
    part = client.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert part.count("hx-swap-oob") == 4
    assert "<html" not in part


def test_those_without_a_class_are_found_by_name_too(people: dict[str, Graduate], client: Client) -> None:
    secretary = builders.clerk("secretary", Right.DECIDE, at=builders.node(earth(), "secretary"))
    client.force_login(secretary)
    page = client.get(URL, {"cohort": "2026"}).content.decode()
    links = {unescape(one) for one in re.findall(r'href="([^"]*class=none[^"]*)"', page)}
    assert any("checkpoint=1" in one for one in links)
    for link in links:
        assert "菊香" in client.get(link).content.decode()
    assert names(builders.clerk("dean", Right.STATISTICS, at=earth()), **{"class": "none"}) == {
        "菊香",
        "竹君",
    }
    with pytest.raises(OutOfReach):
        seen_by(User.objects.get(username="li"), **{"class": "none"})


def test_a_cohort_without_the_checkpoint_that_was_chosen_shows_all_that_is_missing(
    people: dict[str, Graduate], client: Client
) -> None:
    following = builders.cohort(2027)
    Checkpoint.objects.create(
        cohort=following, number=1, order=1, key="one", name_zh="一", owner_kind="supervisor"
    )
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    assert client.get(f"{URL}names/", {"cohort": "2026", "checkpoint": "13"}).status_code == 200
    page = client.get(f"{URL}names/", {"cohort": "2027", "checkpoint": "13"})
    assert (page.status_code, page.context["selection"].checkpoint) == (200, None)


@pytest.mark.parametrize("values", [["x"], [{"at": "x"}], [True], [10**30], ["x", 1], {"at": 1}, [None]])
def test_a_made_up_place_in_a_list_shows_its_beginning(
    values: Any, people: dict[str, Graduate], client: Client
) -> None:
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    token = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    assert client.get(f"{URL}names/", {"after": token}).status_code == 200


def test_without_a_cohort_the_page_says_so(client: Client) -> None:
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}names/").status_code == 302


@pytest.mark.parametrize("path", ["", "names/"])
def test_a_page_takes_as_many_queries_for_one_college_as_for_three(path: str, client: Client) -> None:
    cohort = published()
    client.force_login(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    numbers = []
    for colleges in (["08"], ["01", "06"]):
        for code in colleges:
            builders.graduate(college=Department.objects.get(code=code))
        opened()
        measure(cohort=cohort)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL + path).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_all_figures_of_the_university_take_eight_queries(
    people: dict[str, Graduate], django_assert_num_queries: Any
) -> None:
    measure(cohort=Cohort.objects.get())
    selection = seen_by(builders.clerk("affairs", Right.STATISTICS, at=builders.university()))
    with django_assert_num_queries(8):
        table_of(selection)
        cleared_by_day(selection)
        pace_of(selection)


def test_the_start_page_shows_how_far_ones_own_are(people: dict[str, Graduate], client: Client) -> None:
    for user, figure in (("li", "1 / 2"), ("dean", "1 / 2"), ("affairs", "1 / 4")):
        if user != "li":
            at = people["mei"].college if user == "dean" else builders.university()
            builders.clerk(user, Right.STATISTICS, at=at)
        client.force_login(User.objects.get(username=user))
        assert figure in client.get("/").content.decode()


# --- charts and the workbook ------------------------------------------------------------------------------------------
def test_a_bar_is_as_long_as_its_parts() -> None:
    segments = bar("x", Tally(done=1, failed=1, waiting=2)).segments
    assert [(part.state, part.x, part.width) for part in segments] == [
        ("done", "0.00%", "25.00%"), ("failed", "25.00%", "25.00%"), ("waiting", "50.00%", "50.00%"),
    ]  # fmt: skip
    assert bar("x", Tally()).segments == []


def test_a_long_time_is_told_by_week() -> None:
    first = datetime.date(2026, 6, 1)
    days = [(first + datetime.timedelta(days=place), 1) for place in range(100)]
    line = timeline(days)
    assert line is not None
    assert (line.weekly, len(line.columns), line.highest, line.total) == (True, 15, 7, 100)
    assert timeline([]) is None


def test_who_misses_what_as_a_workbook_stays_within_reach(people: dict[str, Graduate]) -> None:
    export, li = MissingExport(), User.objects.get(username="li")
    dean = builders.clerk("dean", Right.STATISTICS, Right.EXPORT, at=people["mei"].college)
    (row,) = rows_of(export, dean)
    assert row == [
        "20221001", "梅花", "School of Computer Science", "软工2201班", "Undergraduate", "Li", 1, "Library", "",
        "13800000001", "",
    ]  # fmt: skip
    assert rows_of(export, li, ["name", "mobile"]) == [["梅花", "13800000001"]]
    alice = builders.clerk("alice", Right.STATISTICS, at=builders.office("library"))
    keys = ["name", "number", "missing", "mobile"]
    assert rows_of(export, alice, keys) == [
        ["竹君", 1, "Library", ""], ["菊香", 1, "Library", ""], ["梅花", 1, "Library", ""],
    ]  # fmt: skip
    secretary = builders.clerk("xiaomi", Right.STATISTICS, at=builders.node(earth(), "secretary"))
    assert [row[0] for row in rows_of(export, secretary, ["name"])] == ["菊香"]
    assert not export.may_export(builders.clerk("bob", Right.DECIDE, at=builders.office("hospital")))


def test_the_workbook_takes_as_many_queries_for_one_as_for_many(people: dict[str, Graduate]) -> None:
    affairs = builders.clerk("affairs", Right.STATISTICS, at=builders.university())

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            list(MissingExport().rows(affairs, {}, ["name"]))
        return len(found)

    before = queries()
    for _place in range(4):
        builders.graduate()
    opened()
    assert queries() == before
