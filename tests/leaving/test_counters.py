"""The counters that statistics read: appended by every verb, folded by a task, checked and mended by a command (C10)."""

import threading
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from leaving.choices import ItemState, Level, Verb
from leaving.models import Checkpoint, ClearanceCount, ClearanceCountDelta, ClearanceItem
from leaving.models.clearance import DOOR
from leaving.selectors.counters import counts
from leaving.services import counters
from leaving.services.clearance import decide, reopen_batch
from leaving.services.cohorts import open_cohort
from leaving.tasks import fold_counters
from portal.departments.choices import Right
from portal.doors import door
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published

pytestmark = pytest.mark.django_db


def told() -> dict[tuple[int | None, str], int]:
    """Published number of the checkpoint (None: the sheets) and state → how many."""
    numbers = dict(Checkpoint.objects.values_list("pk", "number"))
    found: dict[tuple[int | None, str], int] = {}
    for count in counts(builders.cohort(2026).pk):
        key = (numbers[count.checkpoint] if count.checkpoint else None, count.state)
        found[key] = found.get(key, 0) + count.n
    return found


def test_opening_deciding_and_taking_back_move_the_counters() -> None:
    published()
    one, two = builders.graduate(), builders.graduate()
    opened()
    assert told()[None, "open"] == 2
    assert told()[2, "pending"] == 2
    passed_but(one, 2)
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    batch = decide(items=[item(one, 2).pk, item(two, 2).pk], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    assert {key: n for key, n in told().items() if key[0] in (None, 2)} == {
        (None, "open"): 1,
        (None, "cleared"): 1,
        (2, "passed"): 2,
    }
    reopen_batch(batch=batch, actor=alice)
    assert {key: n for key, n in told().items() if key[0] in (None, 2)} == {
        (None, "open"): 2,
        (2, "pending"): 2,
    }


def test_a_gate_moves_what_waited_for_it() -> None:
    published()
    graduate = postgraduate()
    opened()
    assert told()[2, "waiting"] == 1
    decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=None)
    assert told()[2, "pending"] == 1
    assert (2, "waiting") not in told()


def test_a_graduate_who_changes_college_is_counted_there() -> None:
    published()
    graduate = builders.graduate()
    opened()
    other = builders.college("06", "经济管理学院")
    graduate.college, graduate.level = other, Level.JUNIOR_COLLEGE
    graduate.save()
    open_cohort(cohort=graduate.cohort, actor=None)
    found = counts(graduate.cohort.pk)
    assert {(count.college, count.level) for count in found} == {(other.pk, Level.JUNIOR_COLLEGE)}
    assert counts(graduate.cohort.pk, colleges=[other.pk], levels=[Level.MASTER]) == []
    assert counts(graduate.cohort.pk, colleges=[other.pk]) == found


def test_folding_keeps_every_figure_and_empties_the_changes() -> None:
    published()
    builders.graduate()
    opened()
    before = told()
    assert counters.fold() > 0
    assert told() == before
    assert not ClearanceCountDelta.objects.exists()
    decide(items=ClearanceItem.objects.filter(checkpoint__number=2), verb=Verb.PASS, actor=None)
    fold_counters()
    assert told()[2, "passed"] == 1
    assert counters.fold() == 0


def test_the_check_finds_what_went_past_the_door_and_mends_it() -> None:
    published()
    graduate = builders.graduate()
    opened()
    out = StringIO()
    call_command("clearance_counters", stdout=out)
    assert out.getvalue() == "离校计数无误。\n"
    with door(DOOR):
        ClearanceItem.objects.filter(pk=item(graduate, 2).pk).update(state=ItemState.PASSED)
    with pytest.raises(CommandError, match="2"):
        call_command("clearance_counters", stdout=out)
    out = StringIO()
    call_command("clearance_counters", "--repair", stdout=out)
    assert out.getvalue() == "已修正 2 项计数。\n"
    assert told()[2, "passed"] == 1
    assert counters.drift() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_many_decide_while_it_is_folded() -> None:
    published()
    graduates = [builders.graduate() for _ in range(6)]
    opened()
    pks = [item(graduate, 2).pk for graduate in graduates]

    def run(work: Callable[[], object]) -> threading.Thread:
        def inside() -> None:
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=inside)
        thread.start()
        return thread

    threads = [run(lambda pk=pk: decide(items=[pk], verb=Verb.PASS, actor=None)) for pk in pks]  # type: ignore[misc]
    threads += [run(lambda: [counters.fold() for _ in range(5)]) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert told()[2, "passed"] == 6
    counters.fold()
    assert told()[2, "passed"] == 6
    assert ClearanceCount.objects.filter(state="passed").exists()
