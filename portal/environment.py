"""Reads the configuration from the environment, and fails loudly where it makes no sense."""

import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or the content of the file named by `NAME_FILE`, or `default`.

    Raises ImproperlyConfigured when neither is set and there is no default, or when the file cannot be read.
    """
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
    value = os.environ.get(name)
    if value is not None:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE).")
    return default


def flag(name: str, default: bool) -> bool:
    """A yes or no: 1/0, true/false, yes/no, on/off."""
    value = text(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}: {value!r} is neither yes nor no.")


def integer(name: str, default: int) -> int:
    """A whole number."""
    value = text(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {value!r} is not a whole number.") from error


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def address(name: str) -> str:
    """The address of a web service, without the slash at its end; empty when unset."""
    value = text(name, "").strip().rstrip("/")
    parts = urlsplit(value)
    if value and (
        parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment
    ):
        raise ImproperlyConfigured(
            f"{name}: {value!r} is not an address such as https://cas.example.edu/cas."
        )
    return value


def directory(name: str, default: str) -> Path:
    """A directory by its URL, as `file:///srv/portal`; `default`, a path, when unset."""
    value = text(name, "").strip()
    if not value:
        return Path(default)
    parts = urlsplit(value)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ImproperlyConfigured(f"{name}: {value!r} is not a directory such as file:///srv/portal.")
    return Path(unquote(parts.path))


def days(name: str) -> tuple[datetime.date, datetime.date] | None:
    """A first and a last day, both included, as `2026-06-01/2026-06-30`; None when unset."""
    value = text(name, "").strip()
    if not value:
        return None
    try:
        first, last = (datetime.date.fromisoformat(part) for part in value.split("/"))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {value!r} is not FIRST/LAST, as 2026-06-01/2026-06-30."
        ) from error
    return first, last


@dataclass(frozen=True)
class Email:
    """How e-mail is sent."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: bool = False
    ssl: bool = False
    folder: str | None = None


_SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def email(url: str) -> Email:
    """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://` with `user:password@host:port`, percent-encoded where need be;
    `file:///folder`, one file for each e-mail; `console:`; empty: none is sent."""
    parts = urlsplit(url)
    backends = "django.core.mail.backends"
    if not url:
        return Email(f"{backends}.dummy.EmailBackend")
    if parts.scheme == "console":
        return Email(f"{backends}.console.EmailBackend")
    if parts.scheme == "file" and parts.path.startswith("/"):
        return Email(f"{backends}.filebased.EmailBackend", folder=parts.path)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _SMTP_PORTS or not parts.hostname or port == -1:
        raise ImproperlyConfigured(
            "EMAIL_URL: neither smtp://, smtp+tls:// or smtps://user:password@host:port, nor file:///folder, nor console:"
        )
    return Email(
        f"{backends}.smtp.EmailBackend",
        host=parts.hostname,
        port=port or _SMTP_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtp+tls",
        ssl=parts.scheme == "smtps",
    )
