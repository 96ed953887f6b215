"""Numbers of identity documents: shape, date, check character, and what they say about sex and birth."""

import datetime
import re

from leaving.choices import DocumentType, Sex

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHARACTERS = "10X98765432"

# What a number of each document looks like; those with eighteen digits have the check character of a resident number.
_SHAPES: dict[str, re.Pattern[str]] = {
    DocumentType.PASSPORT: re.compile(r"[A-Z0-9]{5,20}"),
    DocumentType.HONG_KONG_MACAO: re.compile(r"[HM](?:\d{8}|\d{10})"),
    DocumentType.TAIWAN: re.compile(r"\d{8}|\d{10}[A-Z0-9]?"),
    DocumentType.FOREIGN_PERMANENT: re.compile(r"[A-Z]{3}\d{12}"),
}
_RESIDENT = re.compile(r"[1-9]\d{16}[0-9X]", re.ASCII)
_RESIDENCE_PERMIT = re.compile(r"8[123]0000\d{11}[0-9X]", re.ASCII)
_FOREIGN_PERMANENT = re.compile(r"9\d{16}[0-9X]", re.ASCII)
_CHECKED: dict[str, re.Pattern[str]] = {
    DocumentType.RESIDENT: _RESIDENT,
    DocumentType.RESIDENCE_PERMIT: _RESIDENCE_PERMIT,
    DocumentType.FOREIGN_PERMANENT: _FOREIGN_PERMANENT,
}


MALE, FEMALE = Sex.MALE.value, Sex.FEMALE.value
RESIDENT = DocumentType.RESIDENT.value


class _Weighed(dict[str, int]):
    """The weighted sum of a piece of a number, worked out once: rosters repeat districts, birthdays and serials."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self._weights = _WEIGHTS[start:]

    def __missing__(self, digits: str) -> int:
        total = sum(weight * int(digit) for weight, digit in zip(self._weights, digits, strict=False))
        self[digits] = total
        return total


class _Days(dict[str, str]):
    """20040318 as 2004-03-18, or "" where there is no such day."""

    def __missing__(self, digits: str) -> str:
        try:
            day = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
        except ValueError:
            day = ""
        self[digits] = day if "1900" <= digits[:4] <= "2100" else ""
        return self[digits]


_areas, _births, _serials, _days = _Weighed(0), _Weighed(6), _Weighed(14), _Days()


def check_number(document_type: str, number: str) -> tuple[str, str] | str:
    """(date of birth, sex) as the number says, both "" where it does not; or a fault's code.

    Codes: `identity_length`, `identity_shape`, `identity_date`, `identity_check`, and `document_shape` for other documents.
    """
    pattern = _CHECKED.get(document_type)
    if pattern is None or not pattern.fullmatch(number):
        if document_type == RESIDENT:
            return "identity_shape" if len(number) == 18 else "identity_length"
        shape = _SHAPES.get(document_type)
        return ("", "") if shape and shape.fullmatch(number) else "document_shape"
    area, birth, serial = number[:6], number[6:14], number[14:17]
    day = _days[birth]
    if not day:
        return "identity_date"
    if _CHARACTERS[(_areas[area] + _births[birth] + _serials[serial]) % 11] != number[17]:
        return "identity_check"
    return day, MALE if number[16] in "13579" else FEMALE


def with_check_character(digits: str) -> str:
    """The seventeen digits of a resident number with the check character that belongs to them."""
    return digits + _CHARACTERS[sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11]
