"""How a graduate gets an account: a printed code, or once the published way; and the reset by the counsellor (P3, P7)."""

import datetime
import hmac

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import Graduate
from leaving.selectors.activation import graduates_to_activate_by
from leaving.services.identity import bound_to
from portal.accounts.models import User
from portal.accounts.services import issue_codes
from portal.audit.services import record
from portal.crypto import decrypt
from portal.errors import Refused


@transaction.atomic
def hand_out_codes(*, graduates: QuerySet[Graduate], actor: User) -> list[tuple[Graduate, str]]:
    """Codes for those of `graduates` who have no password yet, for the printed list of a class (P3).

    Creates the accounts that are missing (an import creates none). Graduates out of the actor's reach are left out.
    Returns (graduate, code) by student number: the only time the codes can be read.
    """
    waiting = graduates_to_activate_by(actor).filter(pk__in=graduates.values("pk")).order_by("student_no")
    locked = list(waiting.select_for_update(of=("self",)).select_related("user"))
    return _issue([g for g in locked if g.user is None or not g.user.has_usable_password()], actor=actor)


@transaction.atomic
def reset_account(*, graduate: Graduate, actor: User, reason: str) -> str:
    """A new code for someone who cannot get in; the old password is void at once. Recorded with the reason (P3).

    Raises Refused without a reason, or when the graduate is out of the actor's reach.
    """
    if not reason.strip():
        raise Refused(
            "reason_missing", _("Say why the account is reset, e.g. “lost the code”. The reason is recorded.")
        )
    locked = (
        graduates_to_activate_by(actor)
        .select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=graduate.pk)
        .first()
    )
    if locked is None:
        raise Refused("not_allowed", _("You have no right to reset this account."))
    return _issue([locked], actor=actor, reason=reason.strip())[0][1]


def _issue(graduates: list[Graduate], *, actor: User, reason: str = "") -> list[tuple[Graduate, str]]:
    if not graduates:
        return []
    _make_accounts([graduate for graduate in graduates if graduate.user is None])
    users = [graduate.user for graduate in graduates if graduate.user is not None]
    codes = {user.pk: code for user, code in issue_codes(users=users, actor=actor, reason=reason)}
    return [(graduate, codes[graduate.user_id]) for graduate in graduates if graduate.user_id in codes]


def _make_accounts(graduates: list[Graduate]) -> None:
    """Accounts by student number, without a hash to compute; one that exists (a returning student) is linked."""
    numbers = [graduate.student_no for graduate in graduates]
    User.objects.bulk_create(
        [
            User(username=g.student_no, name=g.name, email=g.email, password=make_password(None))
            for g in graduates
        ],
        ignore_conflicts=True,
    )
    users = User.objects.in_bulk(numbers, field_name="username")
    for graduate in graduates:
        graduate.user = users[graduate.student_no]
    Graduate.objects.bulk_update(graduates, ["user"])


@transaction.atomic
def account_by_single_sign_on(student_no: str) -> User | None:
    """The account of a graduate whom the campus' sign-on vouches for, made at the first sign-on (P3); None for a number that
    is no graduate's. Audited as `accounts.activated`."""
    graduate = Graduate.objects.select_for_update(of=("self",)).filter(student_no=student_no).first()
    if graduate is None:
        return None
    if graduate.user is None:
        _make_accounts([graduate])
        assert graduate.user is not None
        record(
            "accounts.activated", actor=graduate.user, target=graduate.user, details={"how": "single sign-on"}
        )
    return graduate.user


def first_sign_in_is_open(today: datetime.date | None = None) -> bool:
    """Is the published way allowed today? `FIRST_SIGN_IN_WINDOW` names its first and last day."""
    window = settings.FIRST_SIGN_IN_WINDOW
    return window is not None and window[0] <= (today or timezone.localdate()) <= window[1]


@transaction.atomic
def first_sign_in(*, student_no: str, last_six: str, second_fact: str) -> User | None:
    """The published way: the last six of the identity number, once, within the window, with a second fact (P3).

    The second fact is the examination number, or the mobile on file where there is none. Returns the user, who must now
    set a password, or None when anything does not fit. Only for accounts that were never activated.
    """
    if not first_sign_in_is_open():
        return None
    graduate = (
        Graduate.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(Q(user=None) | Q(user__last_login=None, user__is_active=True), student_no=student_no.strip())
        .first()
    )
    if graduate is None or (graduate.user is not None and graduate.user.has_usable_password()):
        return None
    fact = graduate.exam_no or graduate.mobile
    number = decrypt(bytes(graduate.identity_cipher), bound_to=bound_to(graduate.uid)).decode()
    same_number = hmac.compare_digest(number[-6:].encode(), last_six.strip().upper().encode())
    same_fact = bool(fact) and hmac.compare_digest(fact.encode(), second_fact.strip().encode())
    if not (same_number and same_fact):
        return None
    if graduate.user is None:
        _make_accounts([graduate])
    assert graduate.user is not None
    graduate.user.must_set_password = True
    graduate.user.save(update_fields=["must_set_password"])
    record(
        "accounts.activated", actor=graduate.user, target=graduate.user, details={"how": "identity number"}
    )
    return graduate.user
