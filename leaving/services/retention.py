"""What was handed in for clearance goes when its time is over (X2; `leaving.selectors.handin.time_is_over`).

Evidence loses its content; that it was there, and what was decided, stays. Drafts that nobody handed in go as a whole. Forms
that were handed in stay as they were: decisions rest on them.
"""

import uuid
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Now

from leaving.models import ClearanceItem, Cohort, Evidence, ItemForm
from leaving.selectors.handin import time_is_over
from portal import files
from portal.audit.services import record
from portal.doors import one_transaction

AT_ONCE = 500


def remove_what_has_served_its_purpose() -> int:
    """Deletes all evidence and drafts whose time is over, `AT_ONCE` in a transaction; returns how many.

    Audited as `evidence.expired` and `form.drafts_expired`, one entry for each cohort and transaction.
    """
    removed = 0
    for some in (_remove_evidence, _remove_drafts):
        while number := some():
            removed += number
    return removed


@one_transaction
def _remove_evidence() -> int:
    kept = Evidence.objects.filter(time_is_over("added_at"), withdrawn_at=None, expired_at=None)
    held = list(kept.order_by("pk").select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    Evidence.objects.filter(pk__in=[each.pk for each in held]).update(expired_at=Now())
    _record("evidence.expired", (each.item_id for each in held))
    gone = [each.file_uid for each in held]
    transaction.on_commit(lambda: _delete(gone))  # what this misses goes with the sweep
    return len(held)


@one_transaction
def _remove_drafts() -> int:
    drafts = ItemForm.objects.filter(time_is_over("saved_at"), handed_in_at=None)
    held = list(drafts.order_by("pk").select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    ItemForm.objects.filter(pk__in=[each.pk for each in held]).delete()
    _record("form.drafts_expired", (each.item_id for each in held))
    return len(held)


def _delete(uids: Iterable[uuid.UUID]) -> None:
    for uid in uids:
        files.delete(uid)


def _record(verb: str, items: Iterable[int]) -> None:
    numbers, of_cohort = Counter(items), Counter[int]()
    for item, cohort in ClearanceItem.objects.filter(pk__in=numbers).values_list("pk", "sheet__cohort"):
        of_cohort[cohort] += numbers[item]
    for one in Cohort.objects.filter(pk__in=of_cohort).order_by("pk"):
        record(verb, actor=None, target=one, details={"number": of_cohort[one.pk]})
