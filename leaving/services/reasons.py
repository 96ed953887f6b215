"""Keeping a reason for the next time (C6)."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from leaving.choices import Verb
from leaving.models import ClearanceItem, ReasonText
from leaving.models.reasons import REASON_LENGTH
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.selectors import departments_where
from portal.doors import one_transaction
from portal.errors import Refused

_CHINESE = re.compile(r"[\u3400-\u9fff]")


@one_transaction
def save_reason(*, text: ReasonText, actor: User) -> ReasonText:
    """Saves a new or changed text of a department where `actor` decides. Audited as `reasons.saved`.

    Raises Refused (`not_allowed`) for another's, before or after the change. Decisions made keep what they said.
    """
    mine = set(departments_where(actor, Right.DECIDE).order_by().values_list("pk", flat=True))
    before = ReasonText.objects.order_by("pk").select_for_update().filter(pk=text.pk).first()
    if text.department_id not in mine or (before and before.department_id not in mine):
        raise Refused("not_allowed", _("These are reasons of another department."))
    if before is None:
        text.created_by = actor
    text.save()
    record("reasons.saved", actor=actor, target=text, details={"offered": text.is_active})
    return text


@one_transaction
def keep_reason(*, text: str, verb: Verb, items: Iterable[int], actor: User) -> list[ReasonText]:
    """Keeps `text` among the reasons of the departments that own these items (ids) and where `actor` decides; returns them.

    For their checkpoint, if it is one only. A text without Chinese characters is its own English. What is kept already stays,
    and is offered again if it was not any more. Audited once as `reasons.kept`.
    """
    text = text.strip()[:REASON_LENGTH]
    mine = departments_where(actor, Right.DECIDE)
    places = set(
        ClearanceItem.objects.filter(pk__in=list(items), owner__in=mine.values("pk"))
        .order_by()
        .values_list("owner", "checkpoint__key")
        .distinct()
    )
    if not text or not places:
        return []
    keys = {key for _department, key in places}
    kept = [
        ReasonText.objects.update_or_create(
            department_id=department,
            checkpoint_key=next(iter(keys)) if len(keys) == 1 else "",
            verb=verb,
            text_zh=text,
            defaults={"is_active": True},
            create_defaults={"text_en": "" if _CHINESE.search(text) else text, "created_by": actor},
        )[0]
        for department in sorted({department for department, _key in places})
    ]
    record(
        "reasons.kept",
        actor=actor,
        target=kept[0] if len(kept) == 1 else "",
        details={"departments": len(kept)},
    )
    return kept
