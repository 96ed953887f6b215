"""The manuals (C11): one source in Markdown per audience and language (`docs/manuals/`), read in the portal and as PDF.

A heading may carry an anchor, `## Supervisors {#supervisors}`; a paragraph `![What it shows](sheet.png)` shows
`static/manuals/<language>/sheet.png`, which `python -m tests.pictures` takes of the running portal. A picture not taken yet is
left out.
"""

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from portal.documents.typst import render_pdf
from portal.markdown import Renderer, parser

WHO = ("graduate", "operator")
LANGUAGES = {"zh": "zh-hans", "en": "en"}
TEMPLATE = "portal/documents/manual.typ"
KEEP_SECONDS = 30 * 86_400
_ANCHOR = re.compile(r"\s*\{#([a-z-]+)\}\s*$")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the portal: where it lies, and its size in pixels."""

    name: str
    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a manual."""

    anchor: str
    title: str
    level: int


def language_now() -> str:
    """Which of the manuals' languages the reader reads."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def manual(who: str, language: str = "") -> "Manual":
    """The manual for `graduate` or `operator`, in `zh` or `en` (the reader's where it is not said). Raises KeyError."""
    language = language or language_now()
    if who not in WHO or language not in LANGUAGES:
        raise KeyError(who, language)
    return Manual(who, language)


def shelf() -> list["Manual"]:
    """All manuals in the reader's language."""
    return [manual(who) for who in WHO]


class Manual:
    """One manual in one language."""

    def __init__(self, who: str, language: str) -> None:
        self.who, self.language = who, language
        self._source = source_of(who, language).read_text(encoding="utf-8")
        self._tokens = parser(ManualRenderer).parse(self._source)
        for token in self._tokens:
            if token.type == "inline" and token.children:
                _take_anchor(token)

    @property
    def url(self) -> str:
        return reverse("manual", args=[self.who])

    @property
    def pdf_url(self) -> str:
        return reverse("manual-pdf", args=[self.who, self.language])

    @cached_property
    def title(self) -> str:
        """The only heading of the first level."""
        return self._tokens[1].content

    @cached_property
    def lead(self) -> str:
        """The paragraph below it."""
        return self._tokens[4].content

    @cached_property
    def sections(self) -> list[Section]:
        return [
            Section(str(opening.meta.get("anchor", "")), inline.content, int(opening.tag[1]))
            for opening, inline in self._headings()
        ]

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """Those of its pictures that have been taken, by name."""
        found = (picture(name, self.language) for name in self.picture_names)
        return {one.name: one for one in found if one is not None}

    @cached_property
    def picture_names(self) -> list[str]:
        """Every picture the manual asks for."""
        return [
            str(child.attrs["src"])
            for token in self._tokens
            for child in token.children or ()
            if child.type == "image"
        ]

    def html(self) -> SafeString:
        """The body below title and lead."""
        made = parser(ManualRenderer)
        for opening, _inline in self._headings():
            if anchor := opening.meta.get("anchor"):
                opening.attrSet("id", str(anchor))
        body = made.renderer.render(self._tokens[6:], made.options, {"pictures": self.pictures})
        return SafeString(body)

    def digest(self) -> str:
        """Changes with whatever the PDF is made of."""
        parts = hashlib.sha256(self._source.encode())
        for one in self.pictures.values():
            parts.update(one.path.read_bytes())
        parts.update((Path(settings.BASE_DIR) / "templates" / TEMPLATE).read_bytes())
        parts.update("\0".join(self._university()).encode())
        return parts.hexdigest()[:32]

    def pdf(self) -> bytes:
        """The manual as PDF with cover, contents and pictures; typeset once for each content. Raises TypesettingError."""
        key = f"manual:{self.who}:{self.language}:{self.digest()}"
        made: bytes | None = cache.get(key)
        if made is None:
            made = render_pdf(TEMPLATE, self.data(), root=Path(settings.BASE_DIR))
            cache.set(key, made, KEEP_SECONDS)
        return made

    def data(self) -> dict[str, Any]:
        """The manual as the typesetter takes it: blocks and the words in them, all inert."""
        university_zh, university_en, address = self._university()
        return {
            "language": self.language,
            "title": self.title,
            "lead": self.lead,
            "university": university_zh if self.language == "zh" else university_en,
            "address": address,
            "blocks": list(self._blocks(SyntaxTreeNode(self._tokens[6:]).children)),
        }

    def _university(self) -> tuple[str, str, str]:
        return settings.PORTAL_UNIVERSITY_ZH, settings.PORTAL_UNIVERSITY_EN, settings.PUBLIC_URL

    def _headings(self) -> Iterator[tuple[Token, Token]]:
        body = self._tokens[6:]
        for place, token in enumerate(body):
            if token.type == "heading_open":
                inline = body[place + 1]
                if "anchor" in inline.meta:
                    token.meta["anchor"] = inline.meta["anchor"]
                yield token, inline

    def _blocks(self, nodes: Sequence[SyntaxTreeNode]) -> Iterator[dict[str, Any]]:
        for node in nodes:
            if node.type == "heading":
                yield {"kind": "heading", "level": int(node.tag[1]) - 1, "body": _words(node.children[0])}
            elif node.type == "paragraph":
                yield from self._paragraph(node.children[0])
            elif node.type in ("bullet_list", "ordered_list"):
                items = [list(self._blocks(item.children)) for item in node.children]
                yield {"kind": "list", "ordered": node.type == "ordered_list", "items": items}
            elif node.type == "blockquote":
                yield {"kind": "note", "body": list(self._blocks(node.children))}
            elif node.type == "table":
                rows = [row for part in node.children for row in part.children]
                cells = [[_words(cell.children[0]) for cell in row.children] for row in rows]
                yield {"kind": "table", "columns": len(cells[0]), "rows": cells}

    def _paragraph(self, inline: SyntaxTreeNode) -> Iterator[dict[str, Any]]:
        first = inline.children[0] if inline.children else None
        if first is None or first.type != "image":
            yield {"kind": "text", "body": _words(inline)}
            return
        found = self.pictures.get(str(first.attrs["src"]))
        if found is not None:
            path = "/" + found.path.relative_to(settings.BASE_DIR).as_posix()
            tall = found.height > found.width
            yield {"kind": "picture", "path": path, "caption": first.content, "tall": tall}


def source_of(who: str, language: str) -> Path:
    """Where a manual is written."""
    return Path(settings.BASE_DIR) / "docs" / "manuals" / f"{who}.{language}.md"


def picture(name: str, language: str) -> Picture | None:
    """A picture of the manuals, or None where it has not been taken yet."""
    found = finders.find(f"manuals/{language}/{name}")
    if not isinstance(found, str):
        return None
    with open(found, "rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:24])  # the PNG's header
    return Picture(name, Path(found), width, height)


class ManualRenderer(Renderer):
    """Pictures with their caption, in the size they have."""

    def image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        found: Picture | None = env["pictures"].get(token.attrs["src"])
        if found is None:
            return ""
        language = found.path.parent.name
        return format_html(
            '<figure class="picture"><img src="{}" width="{}" height="{}" alt="{}" loading="lazy">'
            "<figcaption>{}</figcaption></figure>",
            static(f"manuals/{language}/{found.name}"),
            found.width,
            found.height,
            token.content,
            token.content,
        )

    def paragraph_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "" if _is_picture(tokens[at + 1]) else RendererHTML.renderToken(self, tokens, at, options, env)

    def paragraph_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return (
            "\n" if _is_picture(tokens[at - 1]) else RendererHTML.renderToken(self, tokens, at, options, env)
        )


def _is_picture(inline: Token) -> bool:
    return bool(inline.children) and inline.children[0].type == "image"  # type: ignore[index]


def _take_anchor(inline: Token) -> None:
    """Moves `{#anchor}` from the end of a heading's words into the token."""
    assert inline.children
    last = inline.children[-1]
    found = _ANCHOR.search(last.content) if last.type == "text" else None
    if found:
        inline.meta["anchor"] = found.group(1)
        last.content = last.content[: found.start()]
        inline.content = _ANCHOR.sub("", inline.content)


def _words(inline: SyntaxTreeNode) -> list[dict[str, Any]]:
    """The words of a paragraph, with what is bold, slanted, code or a link."""
    said: list[dict[str, Any]] = []
    for node in inline.children:
        if node.type == "text" and node.content:
            said.append({"kind": "text", "text": node.content})
        elif node.type in ("softbreak", "hardbreak"):
            said.append({"kind": "text", "text": " "})
        elif node.type == "code_inline":
            said.append({"kind": "code", "text": node.content})
        elif node.type in ("strong", "em"):
            said.append({"kind": node.type, "body": _words(node)})
        elif node.type == "link":
            said.append({"kind": "link", "to": _absolute(str(node.attrs["href"])), "body": _words(node)})
    return said


def _absolute(address: str) -> str:
    """On paper an address of the portal needs its beginning."""
    return f"{settings.PUBLIC_URL}{address}" if address.startswith("/") else address
