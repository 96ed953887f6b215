"""Appointing liaisons and renewing their terms, within the quota (L1, L3)."""

import datetime
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import Major, SchoolClass
from liaisons.choices import EndReason, NominationState
from liaisons.models import Appointment, LetterCounter, LiaisonRound, Nomination
from liaisons.models.rounds import AT_MOST
from liaisons.selectors.reach import reach_of
from liaisons.selectors.rounds import class_sizes
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

# Whose seats are counted: a class, or a major's postgraduates in a cohort (then the class is None).
Unit = tuple[int | None, int | None, int | None]


@one_transaction
def appoint(*, nominations: Iterable[int], starts_on: datetime.date, actor: User) -> list[Appointment]:
    """Appoints all of `nominations` (ids) for a term from `starts_on`, with a numbered letter each: one ceremony's list.

    For the alumni centre. All or none: Refused when a nomination lacks one of the three opinions or a class has no seat left.
    Appointments whose term is over free their seats here. Audited once, as `liaisons.appointed`.
    """
    _require_centre(actor)
    ids = set(nominations)
    held = list(
        Nomination.objects.filter(pk__in=ids)
        .select_related("round__cohort", "college", "graduate")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if not ids or len(held) != len(ids):
        raise Refused("nothing_chosen", _("Choose at least one nomination."))
    for nomination in held:
        if nomination.state != NominationState.RECOMMENDED:
            raise Refused(
                "opinions_missing",
                _("%(name)s cannot be appointed: %(state)s.")
                % {"name": nomination.name, "state": nomination.get_state_display()},
            )
    units = [_unit(each.school_class_id, each.round.cohort_id, each.major_id) for each in held]
    seats = _seats(units, [each.class_title for each in held], [each.round for each in held])
    numbers = _numbers(starts_on.year, len(held))
    made = Appointment.objects.bulk_create(
        _term(nomination, starts_on, seat=seat, number=number, actor=actor)
        for nomination, seat, number in zip(held, seats, numbers, strict=True)
    )
    Nomination.objects.filter(pk__in=ids).update(state=NominationState.APPOINTED)
    _record("liaisons.appointed", made, actor)
    return made


@one_transaction
def renew(*, appointments: Iterable[int], actor: User) -> list[Appointment]:
    """Gives each of `appointments` (ids) another term, which begins the day after the last one, or today if that is over.

    For the alumni centre. Each gets a letter of its own. Refused when one was renewed already, was ended before its time, or its
    seat has gone to somebody else. Audited once, as `liaisons.renewed`.
    """
    _require_centre(actor)
    ids = set(appointments)
    found = Appointment.objects.filter(pk__in=ids).values_list("school_class", "cohort", "major")
    _lock([_unit(*row) for row in found])
    held = list(
        Appointment.objects.filter(pk__in=ids)
        .select_related("nomination__round", "graduate", "cohort", "college")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if not ids or len(held) != len(ids):
        raise Refused("nothing_chosen", _("Choose at least one appointment."))
    renewed = set(Appointment.objects.filter(renews__in=held).values_list("renews", flat=True))
    for each in held:
        if each.pk in renewed or each.end_reason not in ("", EndReason.EXPIRED):
            raise Refused(
                "not_renewable",
                _("The appointment %(number)s was renewed or ended already.") % {"number": each.number},
            )
    Appointment.objects.filter(pk__in=ids).update(end_reason=EndReason.RENEWED, ended_on=F("until"))
    units = [_unit(each.school_class_id, each.cohort_id, each.major_id) for each in held]
    seats = _seats(units, [each.class_title for each in held], [each.nomination.round for each in held])
    today = timezone.localdate()
    starts = [max(each.until + datetime.timedelta(days=1), today) for each in held]
    by_year = {
        year: iter(_numbers(year, n)) for year, n in sorted(Counter(day.year for day in starts).items())
    }
    made = Appointment.objects.bulk_create(
        _term(each, day, seat=seat, number=next(by_year[day.year]), actor=actor)
        for each, seat, day in zip(held, seats, starts, strict=True)
    )
    _record("liaisons.renewed", made, actor)
    return made


@one_transaction
def record_attendance(
    *, appointments: Iterable[int], actor: User, ceremony: bool | None = None, training: bool | None = None
) -> int:
    """Notes who was at the ceremony and the training (L3); None leaves a column as it is. Returns how many.

    For the alumni centre. Audited once, as `liaisons.attendance_recorded`.
    """
    _require_centre(actor)
    said = {"attended_ceremony": ceremony, "attended_training": training}
    changes = {column: value for column, value in said.items() if value is not None}
    held = list(Appointment.objects.filter(pk__in=set(appointments)).select_related("college").order_by("pk"))
    if not held or not changes:
        raise Refused("nothing_chosen", _("Choose at least one appointment."))
    Appointment.objects.filter(pk__in=[each.pk for each in held]).update(**changes)
    _record("liaisons.attendance_recorded", held, actor, **changes)
    return len(held)


def last_day(starts_on: datetime.date, years: int) -> datetime.date:
    """The last day of a term of `years` that begins on `starts_on`."""
    try:
        after = starts_on.replace(year=starts_on.year + years)
    except ValueError:  # 29 February
        after = datetime.date(starts_on.year + years, 3, 1)
    return after - datetime.timedelta(days=1)


def _term(
    before: Nomination | Appointment, starts_on: datetime.date, *, seat: int, number: str, actor: User
) -> Appointment:
    """A term with its letter, not saved yet. It says what the nomination says or, where it renews a term, what that one says."""
    if isinstance(before, Nomination):
        nomination, cohort, published, renews = before, before.round.cohort, before.publish, None
    else:
        nomination, cohort, published, renews = before.nomination, before.cohort, before.published, before
    return Appointment(
        nomination=nomination,
        graduate=before.graduate,
        cohort=cohort,
        college=before.college,
        major_id=before.major_id,
        school_class_id=before.school_class_id,
        seat=seat,
        name=before.name,
        class_title=before.class_title,
        mobile=before.mobile,
        wechat=before.wechat,
        biography=before.biography,
        starts_on=starts_on,
        until=last_day(starts_on, nomination.round.term_years),
        number=number,
        code=secrets.token_hex(16),
        published=published,
        renews=renews,
        appointed_by=actor,
    )


def _require_centre(actor: User) -> None:
    if not reach_of(actor).centre:
        raise Refused("not_allowed", _("Appointments are made by the alumni centre."))


def _unit(school_class: int | None, cohort: int, major: int) -> Unit:
    return (school_class, None, None) if school_class else (None, cohort, major)


def _lock(units: Iterable[Unit]) -> None:
    """Locks the classes, then the majors: who appoints for the same class at the same time waits here."""
    classes = {unit[0] for unit in units if unit[0]}
    majors = {unit[2] for unit in units if unit[2]}
    list(SchoolClass.objects.filter(pk__in=classes).order_by("pk").select_for_update(of=("self",)))
    list(Major.objects.filter(pk__in=majors).order_by("pk").select_for_update(of=("self",)))


def _seats(units: Sequence[Unit], titles: Sequence[str], rounds: Sequence[LiaisonRound]) -> list[int]:
    """A free seat for each, after locking the units and ending what has run out. Raises Refused where the quota is full."""
    _lock(units)
    classes = {unit[0] for unit in units if unit[0]}
    majors = {unit[2] for unit in units if unit[2]}
    open_ = Appointment.objects.filter(
        Q(school_class__in=classes) | Q(school_class=None, major__in=majors), end_reason=""
    )
    open_.filter(until__lt=timezone.localdate()).update(end_reason=EndReason.EXPIRED, ended_on=F("until"))
    taken: dict[Unit, set[int]] = defaultdict(set)
    for school_class, cohort, major, seat in open_.values_list("school_class", "cohort", "major", "seat"):
        taken[_unit(school_class, cohort, major)].add(seat)
    sizes = class_sizes(classes)
    given = []
    for unit, title, round_ in zip(units, titles, rounds, strict=True):
        size = sizes.get((unit[0], round_.cohort_id), 0) if unit[0] else 0
        quota = round_.class_quota(size) if unit[0] else round_.major_quota
        if len(taken[unit]) >= quota:
            raise Refused(
                "quota_full",
                _("%(class)s may have %(quota)s liaison(s), and that many are appointed or in your list.")
                % {"class": title, "quota": quota},
            )
        seat = min(set(range(1, AT_MOST + 1)) - taken[unit])
        taken[unit].add(seat)
        given.append(seat)
    return given


def _numbers(year: int, count: int) -> list[str]:
    """The next `count` numbers of letters of `year`; the counter stays locked until the transaction ends."""
    LetterCounter.objects.get_or_create(year=year)
    counter = LetterCounter.objects.select_for_update().get(year=year)
    first, counter.last = counter.last + 1, counter.last + count
    counter.save(update_fields=["last"])
    return [f"{year}-{number:04d}" for number in range(first, counter.last + 1)]


def _record(verb: str, made: Sequence[Appointment], actor: User, **details: object) -> None:
    record(
        verb,
        actor=actor,
        target=made[0] if len(made) == 1 else "",
        department=",".join(sorted({each.college.code for each in made}))[:32],
        details={
            "appointments": [each.uid for each in made],
            "numbers": [each.number for each in made],
            **details,
        },
    )
