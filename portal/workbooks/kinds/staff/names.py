"""Departments and rights by the names that people write."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from django.utils import translation

from portal.accounts.services import folded
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department

LANGUAGES = ("zh-hans", "en")
_DOTS = re.compile(r"[·・•]")
_BETWEEN = re.compile(r"[、;；,，/]")
_MAY = ("可以", "can")  # a label means the same without its first word


def plain(name: str) -> str:
    """A name as it is compared: without spaces, middle dots and case."""
    return _DOTS.sub("", folded(name))


class Departments:
    """The active departments by every name they have; looked up once."""

    def __init__(self) -> None:
        rows = list(Department.objects.filter(is_active=True).select_related("parent"))
        self.by_pk = {row.pk: row for row in rows}
        self.by_code = {row.code: row for row in rows}
        self._by_name: dict[str, set[int]] = {}
        for row in rows:
            for name in _names(row):
                self._by_name.setdefault(plain(name), set()).add(row.pk)

    def named(self, name: str) -> frozenset[int]:
        """The departments (primary keys) of that name: none, one, or several that share it. A code means itself."""
        if name in self.by_code:
            return frozenset({self.by_code[name].pk})
        return frozenset(self._by_name.get(plain(name), ()))


def _names(row: Department) -> Iterator[str]:
    own = _own_names(row)
    yield row.code
    yield from own
    if row.kind in DepartmentKind.college_nodes() and row.parent is not None:
        for college in _own_names(row.parent):
            for name in own:
                yield f"{college}{name}"


def _own_names(row: Department) -> list[str]:
    return [name for name in (row.name_zh, row.short_zh, row.name_en, row.short_en) if name]


@cache
def _words() -> dict[str, Right]:
    found: dict[str, Right] = {}
    for right in Right:
        found[plain(right.value)] = right
        for language in LANGUAGES:
            with translation.override(language):
                label = plain(str(right.label))
            found[label] = right
            for word in _MAY:
                found.setdefault(label.removeprefix(word), right)
    return found


def rights_of(cell: str) -> tuple[list[Right], list[str]]:
    """The rights that a cell names, each once, and the words that name none."""
    words = _words()
    rights: dict[Right, None] = {}
    unknown: list[str] = []
    for part in filter(None, map(str.strip, _BETWEEN.split(cell))):
        right = words.get(plain(part))
        if right is None:
            unknown.append(part)
        else:
            rights[right] = None
    return list(rights), unknown


def told(rights: Iterable[Right | str]) -> str:
    """Rights as a cell names them, in the language of now."""
    between = "、" if (translation.get_language() or "zh").startswith("zh") else "; "
    return between.join(str(Right(right).label) for right in rights)
