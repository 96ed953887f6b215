"""Numbers of a sheet as what they mean: whole numbers, fractions, dates."""

import datetime as dt

Value = None | str | int | float | dict[str, str]  # {"d": date or date and time} or {"t": time}, ISO 8601
Row = tuple[int, list[Value]]  # its number as the spreadsheet shows it, and the values of its cells

_EXACT = 2**53


def number(text: str) -> int | float:
    """Return the number; whole ones that a spreadsheet holds exactly as int. Raises ValueError."""
    if len(text) <= 15 and text.isascii() and text.isdigit():
        return int(text)
    value = float(text)
    if value - value != 0 or "_" in text:
        raise ValueError(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def date(text: str, *, date1904: bool) -> dict[str, str]:
    """Return a serial number as a date, with the time of day where there is one. Raises ValueError."""
    serial = float(text)
    if date1904:
        serial += 1462
    if not 0 <= serial < 2_958_466:
        raise ValueError(text)
    days, seconds = divmod(round(serial * 86400), 86400)
    if days == 0:
        return {"t": str(dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60))}
    if days == 60:  # 29 February 1900, which spreadsheets have and the calendar has not
        raise ValueError(text)
    day = dt.date(1899, 12, 31 if days < 60 else 30) + dt.timedelta(days)
    if not seconds:
        return {"d": day.isoformat()}
    return {"d": (dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)).isoformat()}


def iso_date(text: str) -> dict[str, str]:
    """Return a date that the file holds as text (strict workbooks). Raises ValueError."""
    if "T" not in text:
        return {"d": dt.date.fromisoformat(text).isoformat()}
    moment = dt.datetime.fromisoformat(text.removesuffix("Z"))
    if moment.tzinfo:
        raise ValueError(text)
    return {"d": moment.isoformat() if moment.time() != dt.time() else moment.date().isoformat()}


def letters(column: int) -> str:
    """Return the letters of a column, 1-based: 1 is A, 28 is AB."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_number(text: str) -> int:
    """Return the number of a column's letters, 1-based."""
    value = 0
    for letter in text:
        value = value * 26 + ord(letter) - 64
    return value
