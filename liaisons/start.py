"""Entries of the navigation and cards of the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from liaisons.access import reviews
from liaisons.selectors.own import standings
from liaisons.selectors.reach import steps_of, waiting_for
from liaisons.selectors.rounds import own_graduates
from portal.navigation import NavigationItem, register
from portal.start import StartCard, register_card


def concerned(request: HttpRequest) -> bool:
    """Graduates, alumni of a cohort, and those who choose and look after liaisons."""
    user = request.user
    return user.is_authenticated and (own_graduates(user).exists() or reviews.allows(user))


register(
    NavigationItem(
        key="liaisons", label=gettext_lazy("Liaisons"), url_name="liaisons:home", allowed=concerned, order=50
    )
)
register(
    NavigationItem(
        key="public-liaisons",
        label=gettext_lazy("Published liaisons"),
        url_name="liaisons:public",
        allowed=lambda request: not request.user.is_authenticated,
        order=55,
        anonymous=True,
    )
)


@register_card(order=50)
def opinions_waiting(request: HttpRequest) -> StartCard | None:
    """For counsellors, colleges and the alumni centre: what waits for their opinion."""
    if not request.user.is_authenticated:
        return None
    waiting = {step: waiting_for(request.user, step).count() for step in steps_of(request.user)}
    step = next((step for step, count in waiting.items() if count), None)
    if step is None:
        return None
    total = sum(waiting.values())
    return StartCard(
        title=_("Opinions on liaisons"),
        url=reverse("liaisons:review", args=[step]) if len(waiting) == 1 else reverse("liaisons:home"),
        text=ngettext("nomination waits for your opinion", "nominations wait for your opinion", total),
        figure=str(total),
        icon="users",
        action=_("Open the list"),
    )


@register_card(order=51)
def own_part(request: HttpRequest) -> StartCard | None:
    """For a graduate: answer the class, nominate oneself, or look after the class."""
    if not request.user.is_authenticated:
        return None
    home = reverse("liaisons:home")
    for standing in standings(request.user):
        if standing.appointment_in_force:
            uid = standing.appointment_in_force.uid
            return StartCard(
                title=_("You are liaison of your class"),
                url=reverse("liaisons:classmates", args=[uid]),
                text=_("See your classmates, your letter of appointment and what is published."),
                icon="award",
                action=_("My class"),
            )
        if standing.proposed:
            return StartCard(
                title=_("You are recommended as liaison"),
                url=home,
                text=_("Read what a liaison does, and fill in the form."),
                icon="award",
                tone="warning",
                action=_("Answer"),
            )
        if standing.may_nominate:
            return StartCard(
                title=_("Become liaison of your class"),
                url=home,
                text=_("Keep your class and the university in touch after graduation."),
                icon="users",
                action=_("Nominate myself"),
            )
    return None


@register_card(order=52)
def check_a_letter(request: HttpRequest) -> StartCard | None:
    """For everybody: is a letter of appointment genuine?"""
    if request.user.is_authenticated:
        return None
    return StartCard(
        title=_("Alumni liaisons"),
        url=reverse("liaisons:public"),
        text=_("The published list, and the check of a letter of appointment."),
        icon="users",
        ask="code",
        ask_label=_("Code on the letter"),
        action=_("Check"),
    )
