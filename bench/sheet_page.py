"""A graduate's own sheet, from the request to the last byte of the page, in a cohort of 20 000."""

from unittest import mock

from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from bench import _clearance
from bench.framework import Benchmark, Measured, register, settled, timed
from leaving.choices import Verb
from leaving.models import ClearanceItem, Graduate
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User

GRADUATES = 20_000
SHEETS = 40  # pages of as many graduates, one after the other; told for one
ROWS = """
    SELECT i.*, c.*, o.*, p.*, r.* FROM leaving_clearancesheet s
    JOIN leaving_clearanceitem i ON i.sheet_id = s.id
    JOIN leaving_checkpoint c ON c.id = i.checkpoint_id
    LEFT JOIN departments_department o ON o.id = i.owner_id
    LEFT JOIN departments_department p ON p.id = o.parent_id
    LEFT JOIN leaving_checkpointrule r ON r.id = i.rule_id
    WHERE s.graduate_id = %s ORDER BY c."order", c.number
"""


@register
class SheetPage(Benchmark):
    name = "sheet-page"
    rows = GRADUATES
    limit = "the items of the sheet with checkpoint, owner and rule, by one bare SELECT"
    peer = "the same page where the ORM follows every relation when it comes to it"
    rounds = 5

    def prepare(self) -> None:
        open_cohort(cohort=_clearance.cohort_of(GRADUATES), actor=None)
        people = list(Graduate.objects.order_by("pk")[GRADUATES // 2 :: GRADUATES // 2 // SHEETS][:SHEETS])
        self.graduates = [graduate.pk for graduate in people]
        self.clients = []
        for graduate in people:
            graduate.user = User.objects.create(username=graduate.student_no, name=graduate.name)
            graduate.save(update_fields=["user"])
            client = Client(SERVER_NAME="localhost")
            client.force_login(graduate.user, backend="django.contrib.auth.backends.ModelBackend")
            self.clients.append(client)
        items = ClearanceItem.objects.filter(sheet__graduate__in=people)
        decide(items=items.filter(checkpoint__is_gate=True), verb=Verb.PASS, actor=None)
        decide(items=items.filter(checkpoint__key="library"), verb=Verb.PASS, actor=None)
        decide(items=items.filter(checkpoint__key="finance"), verb=Verb.FAIL, actor=None, reason="4500.00")
        settled()
        self._look()

    def ours(self) -> Measured:
        return timed(self._look).scaled(1, SHEETS)

    def limit_run(self) -> Measured:
        def read() -> None:
            for graduate in self.graduates:
                with connection.cursor() as cursor:
                    cursor.execute(ROWS, [graduate])
                    assert cursor.fetchall()

        return timed(read).scaled(1, SHEETS)

    def peer_run(self) -> Measured:
        with mock.patch.object(QuerySet, "select_related", lambda rows, *fields: rows):
            return self.ours()

    def _look(self) -> None:
        for client in self.clients:
            page = client.get("/sheet/")
            assert page.status_code == 200
            assert b'data-checkpoint="7" data-state="failed"' in page.content
