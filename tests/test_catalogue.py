"""Every string of the portal exists in Simplified Chinese (X1). The test reads the sources itself: it needs no gettext."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
CALLS |= {"_lazy": 1, "pgettext": -1, "pgettext_lazy": -1}
# {% translate %} becomes _('…'), {% blocktranslate %} gettext(u'…') or ngettext(u'…', u'…').
PLACEHOLDERS = re.compile(r"%\((\w+)\)[sd]|%%")


@cache
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def sources() -> Iterator[tuple[Path, str]]:
    for folder in ("portal", "leaving", "alumni", "liaisons"):
        for file in (ROOT / folder).rglob("*.py"):
            if "migrations" not in file.parts:
                yield file, file.read_text(encoding="utf-8")


def strings_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.args
            and node.func.id in CALLS
        ):
            place = 1 if CALLS[node.func.id] < 0 else 0
            text = node.args[place] if len(node.args) > place else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def template_strings(source: str) -> Iterator[str]:
    code = templatize(source)
    for quoted in re.finditer(r"(?:\b_|gettext)\(\s*u?((['\"])(?:\\.|(?!\2).)*\2)", code, re.DOTALL):
        yield ast.literal_eval(quoted.group(1))


@cache
def wanted() -> Mapping[str, str]:
    """What the sources say, and in which file."""
    found: dict[str, str] = {}
    for file, source in sources():
        found |= dict.fromkeys(strings_of(source), str(file.relative_to(ROOT)))
    for file in (ROOT / "templates").rglob("*.html"):
        names = template_strings(file.read_text(encoding="utf-8"))
        found |= dict.fromkeys(names, str(file.relative_to(ROOT)))
    return found


def test_every_string_of_the_sources_is_translated() -> None:
    entries: dict[str, Message] = {
        (message.id if isinstance(message.id, str) else message.id[0]): message
        for message in catalogue()
        if message.id
    }
    missing = {
        place: text
        for text, place in wanted().items()
        if text and (text not in entries or not entries[text].string or entries[text].fuzzy)
    }
    assert missing == {}


def test_the_catalogue_holds_nothing_that_no_source_says() -> None:
    """`make messages` takes it out."""
    said = wanted()
    ids = [message.id if isinstance(message.id, str) else message.id[0] for message in catalogue()]
    assert [text for text in ids if text and text not in said] == []


def test_translations_keep_the_places_of_their_values() -> None:
    wrong = []
    for message in catalogue():
        if not message.id or not isinstance(message.id, str) or not isinstance(message.string, str):
            continue
        if sorted(PLACEHOLDERS.findall(message.id)) != sorted(PLACEHOLDERS.findall(message.string)):
            wrong.append(message.id)
    assert wrong == []
    assert [str(error) for message, errors in catalogue().check() for error in errors] == []
