"""The demo's data: the library's and finance's lists of last night, and one of finance's that is held."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal

from django.db.models.functions import Mod
from django.utils import timezone

from leaving.choices import DeliveryKind
from leaving.models import Checkpoint, Delivery, Graduate
from leaving.selectors.feeds import Feed
from leaving.services.deliveries import deliver
from leaving.services.obligations import Owed
from portal.accounts.models import User
from portal.demo import Step

YEAR = 2026
BOOKS = ("《普通地质学》", "《结晶学与矿物学》", "《数据结构》", "《高等数学（上）》")
FEES = (("2025–2026 学年学费", "4500.00"), ("2025–2026 学年住宿费", "1200.00"))
# Who owes and who does not, by the last digits of a graduate's key; the rest have not been spoken about.
CLEAR, OWING = (0, 1, 16), (15, 17)


def play(_graduates: int) -> None:
    """Lets the library and finance decide by data, and brings their lists. Idempotent. Those who sign in keep their items."""
    checkpoints = Checkpoint.objects.filter(cohort__year=YEAR, key__in=("library", "finance"))
    if Delivery.objects.exists() or checkpoints.count() < 2:
        return
    checkpoints.update(decided_by_data=True)
    feeds = {
        one.key: Feed(one, one.department)
        for one in checkpoints.select_related("cohort", "department")
        if one.department
    }
    student = Graduate.objects.filter(user__username="student").values_list("student_no", flat=True)
    clear = [Owed(number, settled=True) for number in student]
    _changes(feeds["library"], clear, _books)
    _changes(feeds["finance"], [], _fees)
    _deliver(feeds["finance"], DeliveryKind.SNAPSHOT, [], minutes=30)  # empty, and therefore held


def _changes(feed: Feed, rows: list[Owed], owed: Callable[[int, str], Owed]) -> None:
    crowd = feed.graduates().filter(user=None).annotate(lot=Mod("pk", 20)).order_by("pk")
    for number, lot, pk in crowd.values_list("student_no", "lot", "pk"):
        if lot in CLEAR:
            rows.append(Owed(number, settled=True))
        elif lot in OWING:
            rows.append(owed(pk // 20, number))
    _deliver(feed, DeliveryKind.CHANGES, rows, minutes=0)


def _books(turn: int, number: str) -> Owed:
    return Owed(number, f"图书{BOOKS[turn % len(BOOKS)]}未归还", note="图书馆二楼还书处")


def _fees(turn: int, number: str) -> Owed:
    title, amount = FEES[turn % len(FEES)]
    return Owed(number, title, Decimal(amount), "可在财务处网站缴费")


def _deliver(feed: Feed, kind: DeliveryKind, rows: list[Owed], *, minutes: int) -> None:
    """As if it had come at two o'clock last night."""
    night = timezone.localtime().replace(hour=2, minute=0, second=0, microsecond=0)
    if night + datetime.timedelta(hours=1) > timezone.now():
        night -= datetime.timedelta(days=1)
    deliver(
        feed=feed,
        kind=kind,
        taken_at=night + datetime.timedelta(minutes=minutes),
        rows=rows,
        uid=uuid.uuid4(),
        actor=User.objects.filter(username=feed.department.code).first(),
    )


STEP = Step(32, "data", play)
