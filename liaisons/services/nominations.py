"""Putting somebody forward: by oneself, or by the class, whom the nominee then answers (L1)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import Level
from leaving.models import Graduate
from leaving.titles import class_title, major_title
from liaisons.choices import NominationState, Origin, PublicField
from liaisons.models import Appointment, LiaisonRound, Nomination
from liaisons.selectors.reach import may_recommend
from liaisons.selectors.rounds import own_graduates
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What the nominee writes on the recommendation form; the rest is taken from the graduate's record."""

    political_status: str
    degree: str
    mobile: str
    wechat: str
    student_office: str
    biography: str
    publish: Collection[str] = ()


@one_transaction
def nominate(*, graduate: Graduate, actor: User, entries: Entries, accepted: bool) -> Nomination:
    """Hands in the nominee's own form: a self-nomination, or the answer to the class's recommendation.

    Raises Refused when it is not the nominee who acts, conditions and duties were not accepted, the days are over, there is an
    open nomination or an appointment already, or the graduate is in no class. Audited as `liaisons.nominated`.
    """
    held = _locked(Graduate.objects.filter(pk__in=own_graduates(actor).filter(pk=graduate.pk).values("pk")))
    if not held:
        raise Refused("not_allowed", _("Only the nominee can hand in this form."))
    if not accepted:
        raise Refused("terms_not_accepted", _("Please read and accept the conditions and duties first."))
    graduate = held[0]
    round_ = _round_open_for(graduate)
    nomination = Nomination.objects.filter(
        graduate=graduate, round=round_, state=NominationState.PROPOSED
    ).first()
    if nomination is None:
        _refuse_doubles([graduate], round_)
        nomination = Nomination(round=round_, origin=Origin.SELF, **_from_record(graduate))
    nomination.state = NominationState.CLASS
    nomination.accepted_at = timezone.now()
    for field in ("political_status", "degree", "mobile", "wechat", "student_office", "biography"):
        setattr(nomination, field, getattr(entries, field).strip())
    nomination.publish = allowed_publication(entries.publish)
    nomination.save()
    record(
        "liaisons.nominated",
        actor=actor,
        target=nomination,
        department=graduate.college.code,
        details={"origin": nomination.origin, "publish": nomination.publish},
    )
    return nomination


@one_transaction
def recommend(*, graduates: Iterable[int], actor: User) -> list[Nomination]:
    """The class puts graduates (ids) forward; each then fills in the form (state “waiting for the nominee”).

    For the counsellor, the class teacher or whoever manages the college's liaisons. Raises Refused for anybody outside the
    actor's classes, and as `nominate` does. Audited once, as `liaisons.recommended`.
    """
    ids = set(graduates)
    held = _locked(may_recommend(actor).filter(pk__in=ids))
    if not ids or len(held) != len(ids):
        raise Refused("not_allowed", _("Choose graduates of your own classes."))
    rounds = {graduate.cohort_id: _round_open_for(graduate) for graduate in held}
    for round_ in set(rounds.values()):
        _refuse_doubles([graduate for graduate in held if rounds[graduate.cohort_id] == round_], round_)
    made = Nomination.objects.bulk_create(
        Nomination(
            round=rounds[graduate.cohort_id],
            origin=Origin.CLASS,
            recommended_by=actor,
            state=NominationState.PROPOSED,
            **_from_record(graduate),
        )
        for graduate in held
    )
    record(
        "liaisons.recommended",
        actor=actor,
        department=",".join(sorted({graduate.college.code for graduate in held}))[:32],
        details={"nominations": [each.uid for each in made]},
    )
    return made


@one_transaction
def withdraw_nomination(*, nomination: Nomination, actor: User) -> None:
    """The nominee steps back, at any time before the appointment. Audited as `liaisons.nomination_withdrawn`."""
    held = Nomination.objects.select_for_update(of=("self",)).get(pk=nomination.pk)
    if not own_graduates(actor).filter(pk=held.graduate_id).exists():
        raise Refused("not_allowed", _("Only the nominee can withdraw."))
    if held.state in (NominationState.APPOINTED, *NominationState.closed()):
        raise Refused("nomination_closed", _("This nomination can no longer be withdrawn."))
    before, held.state = held.state, NominationState.WITHDRAWN
    held.save(update_fields=["state"])
    record("liaisons.nomination_withdrawn", actor=actor, target=held, details={"from": before})


def allowed_publication(fields: Collection[str]) -> list[str]:
    """The consented fields in their order; without the name there is no entry, so nothing else is kept either."""
    chosen = [field.value for field in PublicField if field in fields]
    return chosen if PublicField.NAME in chosen else []


def _locked(graduates: Iterable[Graduate]) -> list[Graduate]:
    ids = [graduate.pk for graduate in graduates]
    return list(
        Graduate.objects.filter(pk__in=ids)
        .select_related("cohort__liaison_round", "college", "major", "school_class__major")
        .order_by("pk")
        .select_for_update(of=("self",))
    )


def _round_open_for(graduate: Graduate) -> LiaisonRound:
    round_: LiaisonRound | None = getattr(graduate.cohort, "liaison_round", None)
    if round_ is None:
        raise Refused(
            "round_missing",
            _("Liaisons of %(cohort)s are not being chosen yet.") % {"cohort": graduate.cohort},
        )
    if not round_.takes_nominations:
        raise Refused("nominations_closed", _("Nominations are not open today. Ask the alumni centre."))
    if graduate.school_class is None and not graduate.is_postgraduate:
        raise Refused(
            "class_missing",
            _("%(name)s is in no class yet. Ask the college to add it.") % {"name": graduate.name},
        )
    return round_


def _refuse_doubles(graduates: Collection[Graduate], round_: LiaisonRound) -> None:
    nominated = Nomination.objects.filter(round=round_, graduate__in=graduates).exclude(
        state__in=NominationState.closed()
    )
    appointed = Appointment.objects.filter(
        graduate__in=graduates, end_reason="", until__gte=timezone.localdate()
    )
    names = sorted({*nominated.values_list("name", flat=True), *appointed.values_list("name", flat=True)})
    if names:
        raise Refused(
            "nominated_already", _("Nominated or appointed already: %(names)s.") % {"names": ", ".join(names)}
        )


_DEGREES = {
    Level.JUNIOR_COLLEGE: "专科",
    Level.UNDERGRADUATE: "本科（学士）",
    Level.MASTER: "研究生（硕士）",
    Level.DOCTOR: "研究生（博士）",
}


def title_of(graduate: Graduate) -> str:
    """The class a graduate would stand for; postgraduates stand for their major."""
    if graduate.school_class is None or graduate.is_postgraduate:
        return major_title(graduate.major, graduate.grade)
    return class_title(graduate.school_class)


def _from_record(graduate: Graduate) -> dict[str, object]:
    return {
        "graduate": graduate,
        "college": graduate.college,
        "major": graduate.major,
        "school_class": None if graduate.is_postgraduate else graduate.school_class,
        "name": graduate.name,
        "birth_date": graduate.birth_date,
        "sex": graduate.sex,
        "class_title": title_of(graduate),
        "political_status": graduate.political_status,
        "degree": _DEGREES[Level(graduate.level)],
        "mobile": graduate.mobile,
        "wechat": graduate.wechat,
    }


def blank_form(graduate: Graduate) -> Nomination:
    """The form as the record fills it, not saved: what the nominee starts from."""
    return Nomination(origin=Origin.SELF, **_from_record(graduate))
