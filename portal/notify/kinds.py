"""Kinds of message: what is told, in words. Apps register theirs in `AppConfig.ready()`.

register(MessageKind("deferral.decided", _("Decision on a deferral"), _("Your deferral: %(outcome)s"), _("…%(reason)s…")))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.utils import translation
from django.utils.functional import Promise

LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True, slots=True)
class MessageKind:
    """`title` and `body` are lazy texts with `%(places)s` of the context; without a body, the texts come ready made."""

    kind: str
    label: str | Promise
    title: str | Promise = ""
    body: str | Promise = ""
    by_mail: bool = True


@dataclass(frozen=True, slots=True)
class Texts:
    """A message in both languages, so that it reads well whatever its reader switches to."""

    title_zh: str
    body_zh: str
    title_en: str
    body_en: str

    @classmethod
    def of(cls, kind: MessageKind, context: Mapping[str, Any]) -> Self:
        """The texts of a kind. Values of the context are put into words in either language: pass lazy texts, and objects that
        know their own name (a cohort, a department)."""
        said = []
        for language in LANGUAGES:
            with translation.override(language):
                said += [str(kind.title) % context, str(kind.body) % context]
        return cls(*said)


_kinds: dict[str, MessageKind] = {}


def register(kind: MessageKind) -> None:
    """Makes a kind known."""
    _kinds[kind.kind] = kind


def kind_named(kind: str) -> MessageKind:
    """The kind of that name. Raises KeyError: kinds are named by code, not by people."""
    return _kinds[kind]


def label_of(kind: str) -> str:
    """What an administrator reads for a kind, even one that is no longer registered."""
    return str(_kinds[kind].label) if kind in _kinds else kind
