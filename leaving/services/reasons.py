"""Keeping a reason for the next time (C6)."""

import re
from collections.abc import Iterable

from leaving.choices import Verb
from leaving.models import ClearanceItem, ReasonText
from leaving.models.reasons import REASON_LENGTH
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.selectors import departments_where
from portal.doors import one_transaction

_CHINESE = re.compile(r"[\u3400-\u9fff]")


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
