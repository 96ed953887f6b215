"""Campus single sign-on: the part of the CAS protocol that a portal needs (P3). Off where `CAS_URL` is unset.

Of the server's answer nothing is believed but the number. It is asked for no longer than `SECONDS`: a sign-on server that hangs
must not hold the portal's workers.
"""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from importlib import import_module
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

from portal.accounts.models import User

SECONDS = 5
MOST_BYTES = 64 * 1024
SESSION_MARK = "single_sign_on"
_CAS = "{http://www.yale.edu/tp/cas}"
_SAML = "{urn:oasis:names:tc:SAML:2.0:protocol}"

# Gets a number; returns the account of whoever it belongs to in that app, made on the spot where there is none, or None.
AccountMaker = Callable[[str], User | None]
_makers: list[AccountMaker] = []


class Unreachable(Exception):
    """The sign-on server does not answer, or not in its protocol."""


def register_account_maker(maker: AccountMaker) -> None:
    """Called from AppConfig.ready(): who is known to an app but has no account yet gets one at the first sign-on."""
    if maker not in _makers:
        _makers.append(maker)


def login_url(service: str) -> str:
    """Where one signs in, to come back to `service` with a ticket."""
    return f"{settings.CAS_URL}/login?{urlencode({'service': service})}"


def logout_url(service: str) -> str:
    """Where one signs out of everything, to come back to `service`."""
    return f"{settings.CAS_URL}/logout?{urlencode({'service': service})}"


def number_of(ticket: str, *, service: str) -> str | None:
    """The student or staff number that the server vouches for; None where the ticket is not good. Raises Unreachable."""
    address = f"{settings.CAS_URL}/serviceValidate?{urlencode({'ticket': ticket, 'service': service})}"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  http(s), as the settings see to
            said = _parsed(answer.read(MOST_BYTES))
    except (OSError, HTTPException) as error:
        raise Unreachable(str(error)) from error
    if said is None or said.tag != f"{_CAS}serviceResponse":
        raise Unreachable("not an answer of CAS")
    number = said.findtext(f"{_CAS}authenticationSuccess/{_CAS}user")
    return number.strip() or None if number else None


def account_of(number: str) -> User | None:
    """The active account of that number, made where an app knows whose it is; None for a number nobody knows."""
    found = next((made for maker in _makers if (made := maker(number)) is not None), None)
    if found is None:
        found = User.objects.filter(username=number).first()
    return found if found is not None and found.is_active else None


def remember_ticket(ticket: str, session: SessionBase) -> None:
    """Notes whose session a ticket has begun, for the server's word that it has ended."""
    session[SESSION_MARK] = True
    session.save()
    cache.set(_key(ticket), session.session_key, settings.SESSION_COOKIE_AGE)


def end_session_of(logout_request: str) -> bool:
    """What the server says when somebody signs out elsewhere: ends the session of the ticket it names, if there is one."""
    said = _parsed(logout_request.encode()[:MOST_BYTES])
    ticket = said.findtext(f"{_SAML}SessionIndex") if said is not None else None
    key = cache.get(_key(ticket.strip())) if ticket else None
    if not ticket or not key:
        return False
    import_module(settings.SESSION_ENGINE).SessionStore(key).delete()
    cache.delete(_key(ticket.strip()))
    return True


def _key(ticket: str) -> str:
    return f"cas:{hashlib.sha256(ticket.encode()).hexdigest()}"


def _parsed(text: bytes) -> Element | None:
    """XML without entities and document types; None for anything else."""
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root
