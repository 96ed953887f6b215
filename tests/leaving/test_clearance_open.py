"""Opening a cohort, again and again (C2 to C5)."""

import pytest
from django.core.management import CommandError, call_command

from leaving.choices import Housing, OwnerKind, RuleOutcome, Verb
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort, open_sheets_for
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states

pytestmark = pytest.mark.django_db


def test_a_second_run_changes_nothing() -> None:
    cohort = published()
    builders.graduate()
    postgraduate()
    first = open_cohort(cohort=cohort, actor=None)
    assert (first.sheets, first.added, first.changed, first.removed, first.cleared) == (2, 21, 0, 0, [])
    before = list(ClearanceItem.objects.order_by("pk").values())
    second = open_cohort(cohort=cohort, actor=None)
    assert (second.sheets, second.added, second.changed, second.removed, second.cleared) == (0, 0, 0, 0, [])
    assert list(ClearanceItem.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.filter(verb="cohort.opened").count() == 2


def test_those_imported_later_get_their_sheet() -> None:
    published()
    builders.graduate()
    opened()
    late, later = builders.graduate(), builders.graduate()
    done = open_sheets_for(graduates=[late.pk], actor=None)
    assert (done.sheets, done.added) == (1, 9)
    assert not ClearanceSheet.objects.filter(graduate=later).exists()
    opened()
    assert len(states(later)) == 9


def test_rules_bring_open_items_in_line_and_leave_decisions_alone() -> None:
    published()
    undecided, decided = builders.graduate(), builders.graduate()
    opened()
    decide(items=[item(decided, 6).pk], verb=Verb.FAIL, actor=None, reason="欠费 200 元")
    hospital = Checkpoint.objects.get(key="hospital")
    hospital.rules.all().delete()
    hospital.rules.create(order=1, outcome=RuleOutcome.EXEMPT, reason_zh="今年不需办理")
    cohort = builders.cohort()
    assert open_cohort(cohort=cohort, actor=None).changed == 1
    assert (states(undecided)[6], states(decided)[6]) == ("exempt", "failed")
    hospital.rules.all().delete()
    assert open_cohort(cohort=cohort, actor=None).removed == 1
    assert 6 not in states(undecided)
    assert states(decided)[6] == "failed"


def test_an_item_with_a_history_is_never_deleted() -> None:
    published()
    graduate = builders.graduate()
    opened()
    for verb, reason in ((Verb.FAIL, "欠费"), (Verb.REOPEN, "")):
        decide(items=[item(graduate, 6).pk], verb=verb, actor=None, reason=reason)
    Checkpoint.objects.get(key="hospital").rules.all().delete()
    opened()
    assert states(graduate)[6] == "exempt"
    assert item(graduate, 6).decisions.count() == 2


def test_corrected_data_move_the_owner_and_the_outcome() -> None:
    published()
    graduate = postgraduate(political_status="共青团员", housing=Housing.ON_CAMPUS)
    opened()
    assert states(graduate)[13] == "passed"
    other = builders.user()
    graduate.political_status, graduate.housing, graduate.supervisor = "中共党员", Housing.OFF_CAMPUS, other
    graduate.save()
    opened()
    assert (states(graduate)[13], states(graduate)[12], item(graduate, 1).supervisor) == (
        "waiting",
        "exempt",
        other,
    )


def test_a_change_of_rules_that_leaves_nothing_open_clears_the_sheet() -> None:
    published()
    graduate = builders.graduate()
    opened()
    passed_but(graduate, 8)
    assert ClearanceSheet.objects.get().state == "open"
    Checkpoint.objects.get(key="assets").rules.all().delete()
    done = open_cohort(cohort=builders.cohort(), actor=None)
    assert done.cleared == [ClearanceSheet.objects.get(state="cleared").pk]
    assert ClearanceSheet.objects.get().certificates.count() == 1


def test_a_new_checkpoint_joins_open_sheets_and_leaves_cleared_ones_alone() -> None:
    cohort = published()
    leaving, staying = builders.graduate(), builders.graduate()
    opened()
    passed_but(leaving)
    office = builders.office("network", "网络与信息中心")
    checkpoint = Checkpoint.objects.create(
        cohort=cohort,
        number=14,
        key="network",
        order=999,
        name_zh="网络",
        owner_kind=OwnerKind.OFFICE,
        department=office,
    )
    checkpoint.rules.create(order=1, outcome=RuleOutcome.REQUIRED)
    opened()
    assert 14 not in states(leaving)
    assert states(staying)[14] == "pending"


def test_a_cohort_without_checkpoints_is_not_opened() -> None:
    with pytest.raises(Refused) as refused:
        open_cohort(cohort=builders.cohort(), actor=None)
    assert refused.value.code == "checkpoints_missing"


def test_the_preset_is_applied_once_and_only_by_who_may_set_up() -> None:
    cohort = published()
    assert apply_published_checkpoints(cohort=cohort, actor=None) == 0
    clerk = builders.clerk("library", Right.OPEN_COHORT, at=builders.office())
    with pytest.raises(Refused) as refused:
        open_cohort(cohort=cohort, actor=clerk)
    assert refused.value.code == "not_allowed"
    dean = builders.clerk("dean", Right.OPEN_COHORT, at=builders.university())
    assert open_cohort(cohort=cohort, actor=dean).sheets == 0


def test_checkpoints_cannot_wait_for_each_other() -> None:
    cohort, graduate = published(), builders.graduate()
    library, finance = Checkpoint.objects.get(key="library"), Checkpoint.objects.get(key="finance")
    finance.requires.set([library])
    library.requires.set([finance])
    with pytest.raises(Refused) as refused:
        open_cohort(cohort=cohort, actor=None)
    assert refused.value.code == "checkpoint_cycle"
    library.requires.clear()
    opened()
    assert (states(graduate)[2], states(graduate)[7]) == ("pending", "waiting")
    decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=None)
    assert states(graduate)[7] == "pending"


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    published()
    builders.graduate()
    builders.user("admin", is_superuser=True)
    call_command("open_cohort", "2026", "--as", "admin")
    assert "1" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("open_cohort", "2026", "--as", "nobody")
    with pytest.raises(CommandError):
        call_command("open_cohort", "1999", "--as", "admin")
