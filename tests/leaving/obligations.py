"""The library and finance decide by data: feeds and deliveries for the stories, and for the journey."""

import datetime
import json
import uuid
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from leaving.choices import DeliveryKind
from leaving.models import Checkpoint, Delivery, Graduate
from leaving.selectors.feeds import Feed
from leaving.services.api_keys import issue_key
from leaving.services.deliveries import deliver
from leaving.services.obligations import Owed
from portal.accounts.models import User
from portal.departments.models import Department

HOME = "/api/v1/obligations/"


def by_data(*numbers: int, year: int = 2026) -> None:
    """These published checkpoints are decided by their offices' data from now on."""
    Checkpoint.objects.filter(cohort__year=year, number__in=numbers).update(decided_by_data=True)


def feed(number: int, year: int = 2026) -> Feed:
    checkpoint = Checkpoint.objects.select_related("cohort", "department").get(
        cohort__year=year, number=number
    )
    assert checkpoint.department is not None
    return Feed(checkpoint, checkpoint.department)


def owes(
    graduate: Graduate, title: str = "《普通地质学》", amount: str | None = None, *, name: str = ""
) -> Owed:
    return Owed(graduate.student_no, title, Decimal(amount) if amount else None, name=name)


def settled(graduate: Graduate, title: str = "") -> Owed:
    return Owed(graduate.student_no, title, settled=True)


def at(minutes: float) -> datetime.datetime:
    """A moment of this night: the stories' deliveries come in this order."""
    return timezone.now() - datetime.timedelta(hours=5) + datetime.timedelta(minutes=minutes)


def snapshot(
    number: int, *rows: Owed, minutes: float = 0, uid: uuid.UUID | None = None, actor: User | None = None
) -> Delivery:
    """A complete list for the checkpoint, of that minute of the night."""
    return _deliver(DeliveryKind.SNAPSHOT, number, rows, minutes, uid, actor)


def changes(
    number: int, *rows: Owed, minutes: float = 0, uid: uuid.UUID | None = None, actor: User | None = None
) -> Delivery:
    return _deliver(DeliveryKind.CHANGES, number, rows, minutes, uid, actor)


def _deliver(
    kind: DeliveryKind,
    number: int,
    rows: tuple[Owed, ...],
    minutes: float,
    uid: uuid.UUID | None,
    actor: User | None,
) -> Delivery:
    return deliver(
        feed=feed(number), kind=kind, taken_at=at(minutes), rows=rows, uid=uid or uuid.uuid4(), actor=actor
    )


def key_of(code: str) -> str:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    return issue_key(
        department=Department.objects.get(code=code), name="Test", expires_on=tomorrow, actor=None
    )[1]


class System:
    """A department's system with its key."""

    def __init__(self, secret: str, language: str = "en") -> None:
        self.secret, self.client = secret, Client(enforce_csrf_checks=True)
        self.headers = {"authorization": f"Bearer {secret}", "accept-language": language}
        self.told: dict[str, str] = {}  # the headers of the last answer

    def get(self, path: str = HOME) -> tuple[int, Any]:
        answer = self.client.get(path, headers=self.headers)
        return answer.status_code, answer.json()

    def put(self, body: Any, uid: uuid.UUID | None = None) -> tuple[int, Any]:
        data = body if isinstance(body, str) else json.dumps(body)
        answer = self.client.put(
            f"{HOME}deliveries/{uid or uuid.uuid4()}/",
            data,
            content_type="application/json",
            headers=self.headers,
        )
        self.told = dict(answer.items())
        return answer.status_code, answer.json()
