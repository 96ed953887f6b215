"""The kinds of message that graduates and proposers get by themselves, and what sets them off."""

from leaving.choices import News
from leaving.selectors.telling import KINDS
from leaving.services import proposals
from leaving.services.telling import note_cleared, note_reopened
from leaving.signals import sheets_cleared, sheets_reopened
from portal.notify.kinds import MessageKind, register


def register_pages() -> None:
    """Called once, when the apps are ready."""
    for news in News:
        register(MessageKind(KINDS[news], news.label))
    proposals.register_kinds()
    sheets_cleared.connect(note_cleared, dispatch_uid="telling")
    sheets_reopened.connect(note_reopened, dispatch_uid="telling")
