"""The demo's reasons to choose from, in both languages, and a supervisor who is away for a week."""

import datetime

from django.utils import timezone

from leaving.choices import Verb
from leaving.models import Delegation, Graduate, ReasonText
from leaving.services.delegations import name_delegate
from portal.accounts.models import User
from portal.demo import Step
from portal.departments.models import Department

# department (None: supervisors) → verb, Chinese, English
REASONS: dict[str | None, tuple[tuple[Verb, str, str], ...]] = {
    "library": (
        (Verb.FAIL, "图书尚未归还", "Books have not been returned"),
        (Verb.FAIL, "学位论文尚未提交", "The thesis has not been handed in"),
        (Verb.WAIVE, "遗失图书已赔付", "Lost books have been paid for"),
    ),
    "finance": ((Verb.FAIL, "学杂费尚未缴清", "Tuition and fees have not been paid in full"),),
    "equipment": ((Verb.FAIL, "实验设备尚未归还", "Laboratory equipment has not been returned"),),
    "careers": (
        (Verb.FAIL, "就业方案尚未填报", "The employment plan has not been filed"),
        (Verb.FAIL, "就业方案与协议书不一致", "The employment plan does not agree with the contract"),
    ),
    None: (
        (Verb.FAIL, "论文尚未按评阅意见修改", "The thesis has not been revised as the reviewers asked"),
        (Verb.FAIL, "尚未达到学术成果要求", "The required publications are missing"),
    ),
}


def play(_graduates: int) -> None:
    """Idempotent: what is there stays, and a delegation is named once."""
    for code, texts in REASONS.items():
        department = Department.objects.filter(code=code).first() if code else None
        if code and department is None:
            continue
        for verb, zh, en in texts:
            ReasonText.objects.get_or_create(
                department=department, checkpoint_key="", verb=verb, text_zh=zh, defaults={"text_en": en}
            )
    _somebody_is_away()


def _somebody_is_away() -> None:
    """A colleague of the account `supervisor` is abroad and has named that account: its list shows the mark."""
    delegate = User.objects.filter(username="supervisor").first()
    students = (
        Graduate.objects.filter(college__code="01").exclude(supervisor=None).exclude(supervisor=delegate)
    )
    first = students.order_by("supervisor__username").select_related("supervisor").first()
    if delegate is None or first is None or first.supervisor is None or Delegation.objects.exists():
        return
    today = timezone.localdate()
    name_delegate(
        supervisor=first.supervisor,
        delegate=delegate,
        starts_on=today,
        ends_on=today + datetime.timedelta(days=30),
        reason="出国访问",
        actor=first.supervisor,
    )


STEP = Step(31, "deciding", play)
