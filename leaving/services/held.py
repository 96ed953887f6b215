"""What a delivery that is held would do, for the person who confirms or refuses it. Writes nothing."""

from dataclasses import dataclass
from decimal import Decimal

from leaving.models import Delivery, Obligation
from leaving.selectors.feeds import Feed
from leaving.services.obligations import Reader, unpacked

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Total:
    """So many obligations of so many graduates, and the amounts among them."""

    obligations: int
    graduates: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is open, what the list says, and the difference; `settled` names the first of what would be settled."""

    before: Total
    after: Total
    would_settle: int
    would_open: int
    not_ours: int
    settled: list[Obligation]

    @property
    def unnamed(self) -> int:
        """How many would be settled besides those that are named."""
        return self.would_settle - len(self.settled)


def what_it_would_do(delivery: Delivery) -> Comparison:
    """Compares a held delivery with the obligations as they are now; what newer changes have spoken about stays as it is.

    Three queries, and one for the names.
    """
    feed = Feed(delivery.checkpoint, delivery.department)
    reader = Reader(feed)
    reader.read(enumerate(unpacked(delivery)))
    open_now = feed.obligations()
    now = {
        (graduate, key): (pk, amount)
        for pk, graduate, key, amount in open_now.order_by("pk").values_list(
            "pk", "graduate", "key", "amount"
        )
    }
    newer = feed.words_since(delivery.taken_at)
    listed = {(entry.graduate, entry.key): entry.amount for entry in reader.entries}
    gone = [pk for one, (pk, _amount) in now.items() if one not in listed and not _spoken(one, newer)]
    named = open_now.filter(pk__in=gone[:SHOWN]).select_related("graduate__college").order_by("pk")
    return Comparison(
        _total({key: amount for key, (_pk, amount) in now.items()}),
        _total(listed),
        len(gone),
        sum(one not in now and not _spoken(one, newer) for one in listed),
        len(reader.not_ours),
        list(named),
    )


def _spoken(one: tuple[int, str], words: set[tuple[int, str]]) -> bool:
    return one in words or (one[0], "") in words


def _total(found: dict[tuple[int, str], Decimal | None]) -> Total:
    graduates = {graduate for graduate, _key in found}
    return Total(len(found), len(graduates), sum((amount for amount in found.values() if amount), Decimal()))
