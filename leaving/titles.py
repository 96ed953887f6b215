"""How a class is called in full: “2017级工程管理专业1班”, however the roster wrote it."""

import re
import unicodedata

from leaving.models import Major, SchoolClass

_NUMBER = re.compile(r"(?P<before>.*?)(?P<number>\d+)(?P<after>\D*)$")


def class_title(school_class: SchoolClass) -> str:
    """Grade, major and class in the published form; the major never stands there twice."""
    label = class_label(school_class.name, grade=school_class.grade, major=school_class.major.name_zh)
    return f"{major_title(school_class.major, school_class.grade)}{label}"


def major_title(major: Major, grade: int) -> str:
    """“2017级工程管理专业”: grade and major, for those who are chosen by major."""
    return f"{grade}级{major.name_zh.removesuffix('专业')}专业"


def class_title_en(school_class: SchoolClass) -> str:
    """“Class 1, Engineering Management, grade 2017”; what has no English name keeps its Chinese one."""
    label = class_label(school_class.name, grade=school_class.grade, major=school_class.major.name_zh)
    number = re.fullmatch(r"(\d+)班", label)
    first = f"Class {number[1]}, " if number else f"Class {label}, " if label else ""
    return f"{first}{major_title_en(school_class.major, school_class.grade)}"


def major_title_en(major: Major, grade: int) -> str:
    """“Engineering Management, grade 2017”."""
    return f"{major.name_en or major.name_zh}, grade {grade}"


def class_label(name: str, *, grade: int, major: str) -> str:
    """What a class is called inside its grade and major: “1班” of 工程管理1班, 工管1701班, 2017级工程管理专业01班.

    A word that is neither the grade, nor the major, nor short for it stays: “卓越1班”. Empty where the major has one class only.
    """
    rest = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name))
    rest = re.sub(rf"^({grade}|{grade % 100:02d})级", "", rest)
    major = unicodedata.normalize("NFKC", major).removesuffix("专业")
    rest = rest.removeprefix(major).removeprefix("专业")
    found = _NUMBER.match(rest)
    if not found:
        word = rest.removesuffix("班")
        return f"{word}班" if word and not _is_short_for(word, major) else ""
    before, number, after = found["before"], found["number"], found["after"] or "班"
    for year in (str(grade), f"{grade % 100:02d}"):
        if number.startswith(year) and len(number) > len(year):
            number = number.removeprefix(year)
            break
    if _is_short_for(before, major):
        before = ""
    return f"{before}{int(number)}{after if after.endswith('班') else after + '班'}"


def _is_short_for(word: str, major: str) -> bool:
    """Are the characters of `word` those of the major, in their order, some left out (工管 of 工程管理)?"""
    characters = iter(major)
    return all(character in characters for character in word.removesuffix("类"))
