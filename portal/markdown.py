"""Text with simple marks (Markdown): notices and manuals. No HTML comes through, and no link leads to a script."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict


class Renderer(RendererHTML):
    """Tables scroll sideways by themselves, as everywhere in the portal."""

    def table_open(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Mapping[str, Any]
    ) -> str:
        return '<div class="table-box" tabindex="0"><table class="table">\n'

    def table_close(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Mapping[str, Any]
    ) -> str:
        return "</table></div>\n"


def parser(renderer: type[RendererHTML] = Renderer) -> MarkdownIt:
    """Paragraphs, headings, lists, tables, bold, italics, links. HTML is shown as it stands, not obeyed; addresses such as
    `javascript:` make no link."""
    return MarkdownIt("js-default", {"html": False, "linkify": False}, renderer_cls=renderer)


def _headings_below_the_page(state: StateCore) -> None:
    """The page has the only `<h1>`."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


_text = parser().disable("image")
_text.options["breaks"] = True  # a new line typed is a new line read
_text.core.ruler.push("headings_below_the_page", _headings_below_the_page)


def as_html(text: str) -> SafeString:
    """The HTML of what a person wrote; pictures are left out, for nothing is loaded from other hosts."""
    return SafeString(_text.render(text))
