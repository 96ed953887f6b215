"""The demo's clearance: the published checkpoints, everyone's sheet, and offices in the middle of their work."""

import datetime

from django.db.models import QuerySet
from django.db.models.functions import Mod

from leaving.choices import DecidedBy, ItemState, Verb
from leaving.demo_times import date_back
from leaving.models import ClearanceItem, Cohort, DecisionBatch
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User
from portal.demo import Step

YEAR = 2026
# checkpoint → who decides it in the demo, and why some have not passed
OFFICES = {
    "library": ("library", "尚有 2 册图书未归还：《地质学基础》《普通地质学》"),
    "equipment": ("equipment", "尚有 1 台示波器（编号 20190317）未归还"),
    "key-laboratory": ("keylab", "测试费 360.00 元未结清"),
    "hospital": ("hospital", "住院费 215.60 元未结清"),
    "finance": ("finance", "学费欠缴 4500.00 元"),
    "assets": ("assets", ""),
    "careers": ("careers", "就业方案尚未填报"),
    "party": ("organisation", ""),
}


def play(_graduates: int) -> None:
    """Opens the cohort and decides a good part of it, by the offices' own accounts. Idempotent."""
    cohort = Cohort.objects.filter(year=YEAR).first()
    if cohort is None:
        return
    actor = User.objects.filter(username="studentaffairs").first()
    apply_published_checkpoints(cohort=cohort, actor=actor)
    open_cohort(cohort=cohort, actor=actor)
    if DecisionBatch.objects.exists():
        return
    crowd = ClearanceItem.objects.filter(
        checkpoint__cohort=cohort, sheet__graduate__user=None, state=ItemState.PENDING
    ).annotate(lot=Mod("sheet__graduate_id", 20))
    _supervisors(crowd.filter(checkpoint__is_gate=True, lot__lt=14))
    for key, (username, reason) in OFFICES.items():
        clerk = User.objects.filter(username=username).first()
        items = crowd.filter(checkpoint__key=key)
        if clerk is not None:
            decide(items=items.filter(lot__lt=13), verb=Verb.PASS, actor=clerk)
            if reason:
                decide(items=items.filter(lot=14), verb=Verb.FAIL, actor=clerk, reason=reason)
    decide(items=crowd.filter(lot__lt=2), verb=Verb.PASS, actor=None, how=DecidedBy.DATA)
    _student(cohort)
    days = datetime.timedelta(days=1)
    date_back(cohort, after=0, begins=14 * days, ends=10 * days)


def _supervisors(reviews: QuerySet[ClearanceItem]) -> None:
    """Each review is done by the student's own supervisor."""
    by_supervisor: dict[int, list[int]] = {}
    for pk, supervisor in reviews.exclude(supervisor=None).values_list("pk", "supervisor"):
        by_supervisor.setdefault(supervisor, []).append(pk)
    people = User.objects.in_bulk(by_supervisor)
    for supervisor, items in sorted(by_supervisor.items()):
        decide(items=items, verb=Verb.PASS, actor=people[supervisor])


def _student(cohort: Cohort) -> None:
    """The account `student`: half way, with one item not passed."""
    own = ClearanceItem.objects.filter(checkpoint__cohort=cohort, sheet__graduate__user__username="student")
    for username, key, verb, reason in (
        ("library", "library", Verb.PASS, ""),
        ("hospital", "hospital", Verb.PASS, ""),
        ("finance", "finance", Verb.PASS, ""),
        ("assets", "assets", Verb.PASS, ""),
        ("equipment", "equipment", Verb.WAIVE, "设备已由学院统一收回"),
        ("careers", "careers", Verb.FAIL, "就业方案中的单位名称与协议书不一致，请更正后重新提交"),
    ):
        clerk = User.objects.filter(username=username).first()
        if clerk is not None:
            decide(items=own.filter(checkpoint__key=key), verb=verb, actor=clerk, reason=reason)


STEP = Step(30, "clearance", play)
