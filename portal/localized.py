"""Bilingual content of the database: `name_zh` is required, `name_en` may be blank."""

from django.utils.translation import get_language


def localized(obj: object, field: str) -> str:
    """`obj.<field>_en` when the reader reads English and it is filled in, else `obj.<field>_zh`."""
    if not (get_language() or "").startswith("zh"):
        english = getattr(obj, f"{field}_en", "")
        if english:
            return str(english)
    return str(getattr(obj, f"{field}_zh"))


def in_readers_language(text: str, english: str) -> str:
    """`english` for who does not read Chinese, where there is one; else `text`."""
    return text if (get_language() or "").startswith("zh") else english or text
