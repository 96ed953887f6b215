"""“Please look again”: whose graduates ask for it, and what a row of the queue says of what was handed in (C8)."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from leaving.choices import DecidedBy, ItemState
from leaving.models import ClearanceItem, Decision, Evidence, ItemForm, LookAgain


def unanswered() -> QuerySet[LookAgain]:
    """Requests to look again on the outer item (`pk`) that no later decision has answered, but for those taken back.

    Data answer only by letting the item pass: that a fine has grown overnight tells nobody that anyone has looked.
    """
    undone = Decision.objects.filter(item=OuterRef("item"), batch__undoes=OuterRef("batch"))
    later = Decision.objects.filter(
        Q(after=ItemState.PASSED) | ~Q(batch__how=DecidedBy.DATA),
        ~Exists(undone),
        item=OuterRef("item"),
        pk__gt=OuterRef("decision"),
        batch__undoes=None,
    )
    return LookAgain.objects.filter(~Exists(later), item=OuterRef("pk"))


def asking_again(items: QuerySet[ClearanceItem]) -> QuerySet[ClearanceItem]:
    """Those of `items` whose graduates ask to look again."""
    return items.filter(Exists(unanswered()), state=ItemState.FAILED)


def with_handed_in(items: QuerySet[ClearanceItem]) -> QuerySet[ClearanceItem]:
    """`items` with what a row of the queue says of each, in the same query: `files`, `form_at`, `look_at`, `look_text`."""
    files = Evidence.objects.filter(item=OuterRef("pk"), withdrawn_at=None).order_by().values("item")
    form = ItemForm.objects.filter(item=OuterRef("pk"), handed_in_at__isnull=False).order_by("-version")
    look = unanswered().order_by("-pk")
    return items.annotate(
        files=Subquery(files.annotate(number=Count("pk")).values("number")),
        form_at=Subquery(form.values("handed_in_at")[:1]),
        look_at=Subquery(look.values("at")[:1]),
        look_text=Subquery(look.values("text")[:1]),
    )
