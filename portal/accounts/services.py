"""Activation, reset and passwords (P3). Codes are random, good once and for a while, and only their hash is kept."""

import datetime
import hmac
import secrets
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import ActivationCode, User
from portal.audit.services import record
from portal.errors import Refused

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else on paper
CODE_LENGTH = 10  # 49 bits, and ten attempts
VALID_DAYS = 30


def new_code() -> str:
    """A code as it is printed: two groups of five."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def digest_of(code: str) -> bytes:
    """What is kept of a code; typed in lower case, with spaces or without the hyphen, it is the same code."""
    plain = "".join(letter for letter in code.upper() if letter in ALPHABET)
    return hmac.digest(settings.SECRET_KEY.encode(), f"activation {plain}".encode(), "sha256")


def same_name(one: str, other: str) -> bool:
    """Are these the same name, spaces and case aside?"""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """A name as it is compared."""
    return name.replace(" ", "").casefold()


def account_to_activate(*, username: str, name: str, pk: int | None = None) -> User:
    """An account, not yet saved, that has yet to be activated: nobody can sign in to it before that (P3)."""
    return User(pk=pk, username=username, name=name, password=make_password(None))


@transaction.atomic
def add_accounts(*, names: Mapping[str, str], actor: User) -> dict[str, User]:
    """Makes an account that has yet to be activated for each number → name; returns them by number.

    Audited once as `accounts.added`. Raises Refused (`changed_meanwhile`) when somebody else has just made one of them.
    """
    if not names:
        return {}
    accounts = [account_to_activate(username=number, name=name) for number, name in names.items()]
    try:
        with transaction.atomic():
            made = User.objects.bulk_create(accounts, batch_size=2000)
    except IntegrityError as error:
        raise Refused(
            "changed_meanwhile", _("Somebody else has just imported the same rows. Please try again.")
        ) from error
    record(
        "accounts.added",
        actor=actor,
        details={"accounts": len(made), "users": [user.username for user in made]},
    )
    return {user.username: user for user in made}


@transaction.atomic
def issue_codes(*, users: Sequence[User], actor: User | None, reason: str = "") -> list[tuple[User, str]]:
    """Gives each of `users` a new code and makes their older ones and their passwords void (P3).

    Returns (user, code) in the order given: the only time the codes can be read. Audited once as `accounts.codes_issued`.
    The caller has checked that `actor` may do this to these users.
    """
    pks = sorted(user.pk for user in users)
    locked = {user.pk for user in User.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    now = timezone.now()
    ActivationCode.objects.filter(user_id__in=pks, used_at=None).update(expires_at=now)
    User.objects.filter(pk__in=pks).update(password=make_password(None), must_set_password=False)
    issued = [(user, new_code()) for user in users if user.pk in locked]
    ActivationCode.objects.bulk_create(
        ActivationCode(
            user=user,
            digest=digest_of(code),
            created_by=actor,
            expires_at=now + datetime.timedelta(days=VALID_DAYS),
        )
        for user, code in issued
    )
    record(
        "accounts.codes_issued",
        actor=actor,
        target=users[0] if len(users) == 1 else "",
        reason=reason,
        details={"accounts": len(issued), "users": [user.username for user, _code in issued][:50]},
    )
    return issued


def redeem_code(*, username: str, code: str) -> User:
    """Uses up the code of `username`; the user may now set a password and nothing else.

    Raises Refused with the same words whatever was wrong, so that nobody learns which numbers have accounts. A wrong try
    is counted even though the verb is refused; ten void the code.
    """
    refusal = Refused(
        "code_refused",
        _(
            "This number and code do not fit, or the code was used or has expired. "
            "Ask your counsellor or your office for a new one."
        ),
    )
    with transaction.atomic():
        current = (
            ActivationCode.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(user__username=username.strip(), user__is_active=True)
            .order_by("-pk")
            .first()
        )
        if current is None or not current.usable:
            raise refusal
        fits = hmac.compare_digest(bytes(current.digest), digest_of(code))
        if fits:
            current.used_at = timezone.now()
            current.user.must_set_password = True
            current.user.save(update_fields=["must_set_password"])
            record("accounts.activated", actor=current.user, target=current.user)
        else:
            current.attempts += 1
        current.save(update_fields=["used_at", "attempts"])
    if not fits:
        raise refusal
    return current.user


@transaction.atomic
def set_password(*, user: User, password: str) -> None:
    """Sets the person's own password. Raises ValidationError with what the validators say. Audited as `accounts.password_set`."""
    validate_password(password, user)
    user.set_password(password)
    user.must_set_password = False
    user.save(update_fields=["password", "must_set_password"])
    record("accounts.password_set", actor=user, target=user)


@transaction.atomic
def change_language(*, user: User, language: str) -> None:
    """Remembers in which language to write to this person. Raises ValidationError for one the portal does not speak."""
    if language not in dict(settings.LANGUAGES):
        raise ValidationError(language)
    User.objects.filter(pk=user.pk).update(language=language)
