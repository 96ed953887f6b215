"""Questionnaires in the navigation and on the start page."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leaving.models import Graduate
from leaving.selectors.questionnaire_results import sees_results
from leaving.selectors.questionnaires import due_from, sets_up_questionnaires
from portal.navigation import NavigationItem, register
from portal.start import StartCard


def register_pages() -> None:
    """Called once, when the apps are ready."""
    allowed = sees_results | sets_up_questionnaires
    register(
        NavigationItem(
            "questionnaires",
            _("Questionnaires"),
            "leaving:questionnaire-list",
            lambda r: allowed.allows(r.user),
            order=80,
        )
    )


def answer_first(graduate: Graduate) -> StartCard | None:
    """In place of the sheet's card while a questionnaire is due (C1)."""
    due = due_from(graduate)
    if due is None:
        return None
    text = _now("Your clearance sheet opens when you have answered it.")
    if due.closes_at:
        until = timezone.localtime(due.closes_at)
        text = f"{text} {_now('Open until %(until)s.') % {'until': f'{until:%Y-%m-%d %H:%M}'}}"
    return StartCard(
        str(due),
        reverse("leaving:questionnaire-fill", args=[due.uid]),
        text=text,
        action=_("Answer the questionnaire"),
        icon="pencil",
        tone="warning",
    )
