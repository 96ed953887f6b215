"""Rules of one cell. Each takes the normalised text of a cell and gives it back as it is stored, or raises `Problem`."""

import re
from collections.abc import Callable, Mapping
from typing import Any


class Problem(Exception):
    """A rule that a cell or a row breaks: a code of `messages`, the column it is shown at, and what its message names."""

    def __init__(self, code: str, column: str = "", /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.params = params


_DOTS = str.maketrans(dict.fromkeys("•‧・∙⋅．．●", "·"))
_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_IN_HAN = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ·.'’\-](?=[^\W\d_])|\.$)*")
_STUDENT_NO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{2,30})[A-Za-z0-9]")
_PINYIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ' .,\-]*")
_MOBILE = re.compile(r"(?:\+?86-?)?(1[3-9]\d{9})")
_FOREIGN_PHONE = re.compile(r"(?:\+|00)[1-9]\d{0,3}-?[\d-]{5,14}")
_WECHAT = re.compile(r"\+?[A-Za-z0-9][A-Za-z0-9_-]{4,29}")
_QQ = re.compile(r"[1-9]\d{4,11}")
_EMAIL = re.compile(
    r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_GRADE = re.compile(r"((?:19|20)\d\d)(?:级|年级)?")
_YEARS = re.compile(r"([1-9](?:\.5)?)(?: ?年| ?years?)?")
_CHINESE_YEARS = {
    word: str(number)
    for number, word in enumerate(("一年", "二年", "三年", "四年", "五年", "六年", "七年", "八年"), 1)
}
_CHINESE_YEARS |= {"两年": "2", "两年半": "2.5", "二年半": "2.5", "三年半": "3.5"}


def student_no(value: str) -> str:
    if not _STUDENT_NO.fullmatch(value):
        raise Problem("student_no_shape")
    return value


def name(value: str) -> str:
    """One dot for all the dots of minority names; no spaces between Chinese characters; no digits or punctuation."""
    value = value.translate(_DOTS)
    if " " in value:
        value = _SPACE_IN_HAN.sub("", value)
    if not _NAME.fullmatch(value):
        raise Problem("name_shape")
    return value


def pinyin(value: str) -> str:
    if not _PINYIN.fullmatch(value):
        raise Problem("pinyin_shape")
    return value


def grade(value: str) -> str:
    found = _GRADE.fullmatch(value)
    if not found:
        raise Problem("grade_shape")
    return found[1]


def length_of_study(value: str) -> str:
    found = _YEARS.fullmatch(value)
    if found:
        return found[1]
    if value in _CHINESE_YEARS:
        return _CHINESE_YEARS[value]
    raise Problem("length_of_study_shape")


def mobile(value: str) -> str:
    """Eleven digits without the country's code, or a foreign number with it."""
    found = _MOBILE.fullmatch(value)
    if found:
        return found[1]
    if not _FOREIGN_PHONE.fullmatch(value):
        raise Problem("mobile_shape")
    return value


def wechat(value: str) -> str:
    if not _WECHAT.fullmatch(value):
        raise Problem("wechat_shape")
    return value


def qq(value: str) -> str:
    if not _QQ.fullmatch(value):
        raise Problem("qq_shape")
    return value


def email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise Problem("email_shape")
    return value


# The columns that stand for themselves, each with its rule.
RULES: Mapping[str, Callable[[str], str]] = {
    "student_no": student_no,
    "name": name,
    "name_pinyin": pinyin,
    "length_of_study": length_of_study,
    "mobile": mobile,
    "wechat": wechat,
    "qq": qq,
    "email": email,
}
