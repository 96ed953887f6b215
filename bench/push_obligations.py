"""One complete list of 40 000 obligations, as the library's system sends it at night: every item it is about fails."""

import datetime
import io
import uuid

from django.db import connection, transaction
from django.utils import timezone

from bench import _clearance
from bench.framework import Benchmark, Measured, emptied, register, settled, timed
from leaving.choices import DecidedBy, DeliveryKind, DeliveryState, ItemState, Verb
from leaving.models import (
    Checkpoint,
    ClearanceItem,
    DataCoverage,
    Decision,
    DecisionBatch,
    Delivery,
    Graduate,
    Obligation,
)
from leaving.models.clearance import DOOR
from leaving.selectors.feeds import Feed
from leaving.services.cohorts import open_cohort
from leaving.services.deliveries import deliver
from leaving.services.obligations import Owed
from portal.doors import door

GRADUATES = 50_000  # a fifth of them waits for the supervisor
ROWS = 40_000
ROWS_BY_PEER = 2_000


@register
class PushObligations(Benchmark):
    name = "push-obligations"
    rows = ROWS
    limit = "one bare COPY of the same rows into the same table and one bare UPDATE of the same items"
    peer = f"a loop over the ORM that looks up, creates, and saves item and history, on {ROWS_BY_PEER} rows, scaled up"
    rounds = 3

    def prepare(self) -> None:
        cohort = _clearance.cohort_of(GRADUATES)
        Checkpoint.objects.filter(key="library").update(decided_by_data=True)
        open_cohort(cohort=cohort, actor=None)
        checkpoint = Checkpoint.objects.select_related("cohort", "department").get(key="library")
        assert checkpoint.department is not None
        self.feed = Feed(checkpoint, checkpoint.department)
        items = ClearanceItem.objects.filter(checkpoint=checkpoint, state=ItemState.PENDING).order_by("pk")[
            :ROWS
        ]
        found = list(
            items.values_list("pk", "sheet__graduate", "sheet__graduate__student_no", "sheet__graduate__name")
        )
        assert len(found) == ROWS
        self.items = [row[0] for row in found]
        self.graduates = [row[1] for row in found]
        self.owed = [
            Owed(number, "图书《普通地质学》未归还", note="二楼还书处", name=name)
            for _, _, number, name in found
        ]

    def ours(self) -> Measured:
        self._afresh()
        measured = timed(
            lambda: deliver(
                feed=self.feed,
                kind=DeliveryKind.SNAPSHOT,
                taken_at=timezone.now(),
                rows=self.owed,
                uid=uuid.uuid4(),
            )
        )
        assert (measured.answer.opened, measured.answer.failed) == (ROWS, ROWS)
        return measured

    def limit_run(self) -> Measured:
        self._afresh()
        delivery = self._delivery()
        lines = "".join(
            f"{self.feed.checkpoint.pk}\t{self.feed.department.pk}\t{pk}\t{row.key}\t{row.title}\t{row.note}\t{delivery.pk}\n"
            for pk, row in zip(self.graduates, self.owed, strict=True)
        )
        return timed(lambda: self._bare(lines))

    def _bare(self, lines: str) -> None:
        with transaction.atomic(), door(DOOR), connection.cursor() as cursor:
            cursor.copy_expert(
                "COPY leaving_obligation"
                " (checkpoint_id, department_id, graduate_id, key, title, note, brought_by_id) FROM STDIN",
                io.BytesIO(lines.encode()),
            )
            cursor.execute(
                "UPDATE leaving_clearanceitem SET state = 'failed', reason = '图书《普通地质学》未归还', decided_how = 'data',"
                " decided_at = now(), changed_xid = pg_current_xact_id()::text::bigint WHERE id = ANY(%s::bigint[])",
                ["{" + ",".join(map(str, self.items)) + "}"],
            )

    def peer_run(self) -> Measured:
        self._afresh()
        delivery = self._delivery()
        return timed(lambda: self._one_by_one(delivery)).scaled(ROWS, ROWS_BY_PEER)

    @transaction.atomic
    def _one_by_one(self, delivery: Delivery) -> None:
        batch = DecisionBatch.objects.create(verb=Verb.FAIL, how=DecidedBy.DATA)
        checkpoint = self.feed.checkpoint
        with door(DOOR):
            for row in self.owed[:ROWS_BY_PEER]:
                graduate = Graduate.objects.get(student_no=row.student_no)
                made, _new = Obligation.objects.get_or_create(
                    checkpoint=checkpoint,
                    department=self.feed.department,
                    graduate=graduate,
                    key=row.key,
                    defaults={"title": row.title, "note": row.note, "brought_by": delivery},
                )
                item = ClearanceItem.objects.select_for_update().get(
                    sheet__graduate=graduate, checkpoint=checkpoint
                )
                before, item.state, item.reason = item.state, ItemState.FAILED, made.title
                item.decided_how, item.decided_at = DecidedBy.DATA, batch.at
                item.save(update_fields=["state", "reason", "decided_how", "decided_at"])
                Decision.objects.create(
                    item=item, batch=batch, before=before, after=item.state, reason=item.reason
                )

    def _delivery(self) -> Delivery:
        now = timezone.now() - datetime.timedelta(minutes=1)
        return Delivery.objects.create(
            checkpoint=self.feed.checkpoint,
            department=self.feed.department,
            kind=DeliveryKind.SNAPSHOT,
            state=DeliveryState.APPLIED,
            taken_at=now,
            applied_at=now,
            digest=b"",
        )

    def _afresh(self) -> None:
        """No obligations, nobody covered, and all items undecided again."""
        emptied(Obligation, DataCoverage)
        _clearance.by_the_door(
            "UPDATE leaving_clearanceitem SET state = 'pending', decided_how = '', decided_at = NULL, reason = ''"
            " WHERE checkpoint_id = %s AND state IN ('failed', 'passed')",
            [self.feed.checkpoint.pk],
        )
        settled()
