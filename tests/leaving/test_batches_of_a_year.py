"""Two batches of one year are open, June's and December's: lists and data say which is meant by its code (G5, C6, C7)."""

import pytest
from django.test import Client

from leaving.choices import CohortState
from leaving.models import Checkpoint, Cohort, Notice
from leaving.selectors.feeds import feed_for
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.cohorts import open_cohort
from leaving.services.notices import save_notice
from leaving.workbooks.decisions import DecisionsWorkbook
from leaving.workbooks.graduates import GraduatesWorkbook
from leaving.workbooks.graduates.columns import KEYS
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from tests import builders
from tests.leaving.clearance import item, postgraduate, published
from tests.leaving.obligations import System, at, key_of
from tests.leaving.rosters import row

pytestmark = pytest.mark.django_db


@pytest.fixture
def batches() -> tuple[Cohort, Cohort]:
    june = published()
    december = Cohort.objects.create(year=2026, month=12, state=CohortState.OPEN)
    apply_published_checkpoints(cohort=december, actor=None)
    Checkpoint.objects.filter(number=2).update(decided_by_data=True)
    return june, december


@pytest.fixture
def librarian() -> User:
    return builders.clerk("alice", Right.DECIDE, Right.IMPORT_GRADUATES, at=builders.office("library"))


def test_data_of_a_department_name_the_batch(batches: tuple[Cohort, Cohort]) -> None:
    library = builders.office("library")
    with pytest.raises(Refused) as refused:
        feed_for(library)
    assert (refused.value.code, str(refused.value)) == ("cohort_unnamed", "请指明届别（2026, 202612）。")
    assert [feed_for(library, year=code).checkpoint.cohort for code in (2026, 202612)] == list(batches)
    with pytest.raises(Refused) as refused:
        feed_for(library, year=2025)
    assert refused.value.code == "no_feed"


def test_of_one_batch_only_the_year_is_enough(batches: tuple[Cohort, Cohort]) -> None:
    june, december = batches
    Cohort.objects.filter(pk=june.pk).update(year=2025)
    assert feed_for(builders.office("library"), year=2026).checkpoint.cohort == december


def test_a_system_delivers_for_each_batch(batches: tuple[Cohort, Cohort]) -> None:
    june, december = batches
    mei, lan = builders.graduate(cohort=june), builders.graduate(cohort=december)
    for cohort in batches:
        open_cohort(cohort=cohort, actor=None)
    library = System(key_of("library"))
    for code, graduate in ((2026, mei), (202612, lan)):
        book = {"student_no": graduate.student_no, "title": "《普通地质学》"}
        sent = {"kind": "snapshot", "taken_at": at(-5).isoformat(), "rows": [book], "cohort": code}
        status, said = library.put(sent)
        assert (status, said["state"], said["cohort"], said["figures"]["opened"]) == (200, "applied", code, 1)
        assert item(graduate, 2).state == "failed"
    _status, overview = library.get()
    assert [feed["cohort"] for feed in overview["feeds"]] == [2026, 202612]


@pytest.mark.parametrize("kind", ["decisions", "obligations", "graduates"])
def test_the_form_offers_both_and_says_what_none_means(
    kind: str, batches: tuple[Cohort, Cohort], librarian: User, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    client.force_login(librarian)
    page = client.get(f"/imports/new/{kind}/").content.decode()
    for code, name in (
        ("", "The one that is open"),
        ("2026", "Class of 2026"),
        ("202612", "Class of 2026-12"),
    ):
        assert f'<option value="{code}">{name}</option>' in page.replace(" selected", "")


def test_each_batch_is_offered_once(batches: tuple[Cohort, Cohort], librarian: User) -> None:
    offered = DecisionsWorkbook().choices("cohort", librarian)
    assert [code for code, _name in offered] == ["2026", "202612"]


def test_the_queue_and_the_counter_say_whose_cohort_is_meant(
    batches: tuple[Cohort, Cohort], librarian: User, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    client.force_login(librarian)
    june, december = batches
    mei, lan = builders.graduate(cohort=june), builders.graduate(cohort=december)
    for cohort in batches:
        open_cohort(cohort=cohort, actor=None)
    page = client.get("/clearance/").content.decode()
    for cohort, name in ((june, "Class of 2026"), (december, "Class of 2026-12")):
        number = Checkpoint.objects.get(cohort=cohort, number=2).pk
        assert f'<option value="{number}">2. Library · {name}</option>' in page
        assert f'<div class="small muted">{name}</div>' in page
        found = client.get(f"/clearance/?checkpoint={number}").content.decode()
        assert [who.student_no in found for who in (mei, lan)] == [cohort == june, cohort == december]
    assert "Class of 2026-12" in client.get(f"/clearance/counter/?q={lan.student_no}").content.decode()
    # Of one cohort nothing need be said.
    Cohort.objects.filter(pk=december.pk).update(state=CohortState.CLOSED)
    assert "Class of 2026" not in client.get("/clearance/").content.decode()


def test_a_supervisors_list_names_the_cohorts_too(batches: tuple[Cohort, Cohort], client: Client) -> None:
    client.cookies["django_language"] = "en"
    huang = builders.user("huang")
    for cohort in batches:
        postgraduate(cohort=cohort, supervisor=huang)
        open_cohort(cohort=cohort, actor=None)
    client.force_login(huang)
    page = client.get("/clearance/students/").content.decode()
    assert [
        page.count(f'<div class="small muted">{name}</div>') for name in ("Class of 2026", "Class of 2026-12")
    ] == [1, 1]


def test_the_audit_trail_names_the_batch_that_was_meant(batches: tuple[Cohort, Cohort]) -> None:
    _june, december = batches
    actor = builders.clerk("admin", Right.OPEN_COHORT, Right.IMPORT_GRADUATES, at=builders.university())
    builders.campus()
    batch = ImportBatch.objects.create(kind="graduates", actor=actor, parameters={"cohort": 202612})
    run = GraduatesWorkbook().run(batch)
    assert run.check([(2, tuple(row().get(key) for key in KEYS))]) == []
    assert list(run.finish()) == []
    run.apply()
    notice = Notice(cohort=december, title_zh="冬季离校", body_zh="请按时办理。", audiences=["graduates"])
    save_notice(notice=notice, actor=actor)
    assert AuditEntry.objects.filter(verb="checkpoints.preset", target="leaving.cohort:202612").exists()
    for verb in ("graduates.imported", "notice.saved"):
        assert AuditEntry.objects.get(verb=verb).details["cohort"] == 202612
