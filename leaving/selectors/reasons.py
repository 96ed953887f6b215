"""The reasons that departments give again and again, and who may give which (C6)."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from leaving.choices import Verb
from leaving.models import ReasonText
from portal.accounts.access import AnyUser
from portal.departments.choices import Right
from portal.departments.selectors import departments_where
from portal.localized import in_readers_language


@dataclass(frozen=True, slots=True)
class Reason:
    """What stands on a sheet as reason: as it was given and, where the text is known in both languages, in English."""

    text: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    @classmethod
    def of(cls, given: "str | Reason") -> "Reason":
        return given if isinstance(given, Reason) else cls(given.strip())

    def __str__(self) -> str:
        return in_readers_language(self.text, self.en)


NO_REASON = Reason()


def reason_texts_for(user: AnyUser, *, reviews: bool | None = None) -> QuerySet[ReasonText]:
    """What `user` is offered: the texts of the departments where they decide, those of supervisors' reviews, or both (None)."""
    if reviews:
        return ReasonText.objects.filter(department=None, is_active=True)
    departments = departments_where(user, Right.DECIDE).order_by().values("pk")
    mine = Q(department__in=departments)
    return ReasonText.objects.filter(mine if reviews is False else mine | Q(department=None), is_active=True)


def reason_texts_of(user: AnyUser) -> QuerySet[ReasonText]:
    """The texts that `user` looks after, offered or not: those of the departments where they decide."""
    return ReasonText.objects.filter(
        department__in=departments_where(user, Right.DECIDE).order_by().values("pk")
    )


class ReasonBook:
    """The texts a person is offered, read once: to choose from, and to find the other language of what was typed.

    `reviews`: only those of supervisors' reviews, or only those of departments.
    """

    def __init__(self, user: AnyUser, *, reviews: bool | None = None) -> None:
        self._texts = list(reason_texts_for(user, reviews=reviews))
        self._known: dict[str, Reason] = {}
        for text in self._texts:
            reason = Reason(text.text_zh, text.text_en)
            for said in filter(None, (text.text_zh, text.text_en)):
                self._known.setdefault(_folded(said), reason)

    def reason(self, typed: str) -> Reason:
        """A reason as it was typed or chosen in either language, with the other one if it is one of the texts."""
        return self._known.get(_folded(typed), Reason.of(typed))

    def offered(self, *, verb: Verb | None = None, checkpoint_key: str | None = None) -> list[str]:
        """The texts to choose from, in the reader's language, each once: those that fit the verb and the checkpoint."""
        found = [
            str(Reason(text.text_zh, text.text_en))
            for text in self._texts
            if (verb is None or text.verb in ("", verb))
            and (checkpoint_key is None or text.checkpoint_key in ("", checkpoint_key))
        ]
        return list(dict.fromkeys(found))


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()
