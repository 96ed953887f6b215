"""The pages of nominees, liaisons and classmates: everything a person does for oneself."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leaving.models import Graduate
from liaisons import terms
from liaisons.choices import ClassmateField, NominationState
from liaisons.forms import ConsentForm, NominationForm, PublicationForm
from liaisons.models import ClassmateConsent
from liaisons.selectors.classmates import (
    as_seen_by_the_liaison,
    classmates_of,
    own_appointment_in_force,
    own_appointments,
)
from liaisons.selectors.own import standings
from liaisons.selectors.reach import nomination_for, steps_of, waiting_for
from liaisons.selectors.rounds import own_graduate
from liaisons.services.consents import consent_to_liaison, consent_to_publication
from liaisons.services.nominations import blank_form, nominate, withdraw_nomination
from liaisons.views.answers import carried_out, show
from portal.accounts.access import access, signed_in, user_of
from portal.accounts.models import User
from portal.errors import Refused
from portal.keyset import keyset_page


@access(signed_in)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where one stands as nominee, liaison or classmate, and what waits for one's opinion."""
    user = user_of(request)
    waiting = [(step, waiting_for(user, step).count()) for step in steps_of(user)]
    return show(request, "liaisons/home.html", {"standings": standings(user), "waiting": waiting})


@access(signed_in)
def nominate_oneself(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The recommendation form, for a self-nomination or in answer to the class's recommendation."""
    user = user_of(request)
    graduate = _own(user, uid)
    proposed = (
        graduate.liaison_nominations.filter(state=NominationState.PROPOSED)
        .select_related("recommended_by")
        .first()
    )
    start = proposed or blank_form(graduate)
    form = NominationForm(request.POST) if request.method == "POST" else NominationForm.starting_from(start)
    if request.method == "POST" and form.is_valid():
        try:
            made = nominate(
                graduate=graduate, actor=user, entries=form.entries(), accepted=form.cleaned_data["accepted"]
            )
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return redirect("liaisons:nomination-detail", uid=made.uid)
    context = {"form": form, "graduate": graduate, "start": start, "terms": terms}
    return show(request, "liaisons/nomination_form.html", context)


@access(signed_in)
@require_POST
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The nominee steps back."""
    user = user_of(request)
    nomination = nomination_for(user, uid)
    carried_out(
        request,
        lambda: withdraw_nomination(nomination=nomination, actor=user),
        _("Your nomination is withdrawn."),
    )
    return redirect("liaisons:nomination-detail", uid=nomination.uid)


@access(signed_in)
def publication(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the public list shows of me."""
    user = user_of(request)
    appointment = get_object_or_404(own_appointments(user), uid=uid)
    form = PublicationForm(request.POST) if request.method == "POST" else PublicationForm.of(appointment)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        done = carried_out(
            request,
            lambda: consent_to_publication(
                appointment=appointment,
                actor=user,
                fields=said["fields_shown"],
                mobile=said["mobile"],
                wechat=said["wechat"],
                biography=said["biography"],
            ),
            _("Saved. The public list shows it at once."),
        )
        if done:
            return redirect("liaisons:appointment-detail", uid=appointment.uid)
    return show(request, "liaisons/publication.html", {"form": form, "appointment": appointment})


@access(signed_in)
@require_safe
def classmates(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The class that I am appointed for, and what each classmate lets me see."""
    appointment = own_appointment_in_force(user_of(request), uid)
    page = keyset_page(classmates_of(appointment), key=["sort_key", "id"], parameters=request.GET, size=100)
    rows = [as_seen_by_the_liaison(graduate) for graduate in page.rows]
    return show(
        request,
        "liaisons/classmates.html",
        {"appointment": appointment, "page": page, "rows": rows, "fields": list(ClassmateField)},
    )


@access(signed_in)
def consent(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the liaisons of my class may see of me."""
    user = user_of(request)
    graduate = _own(user, uid)
    given = ClassmateConsent.objects.filter(graduate=graduate).first()
    form = ConsentForm(initial={"fields_shown": given.fields if given else []})
    if request.method == "POST":
        form = ConsentForm(request.POST)
        if form.is_valid():
            fields = form.cleaned_data["fields_shown"]
            carried_out(
                request,
                lambda: consent_to_liaison(graduate=graduate, actor=user, fields=fields),
                _("Saved. It holds at once."),
            )
            return redirect("liaisons:home")
    return show(request, "liaisons/consent.html", {"form": form, "graduate": graduate, "given": given})


def _own(user: User, uid: UUID) -> Graduate:
    graduate = own_graduate(user, uid)
    if graduate is None:
        raise Http404
    return graduate
