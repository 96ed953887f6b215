"""PDF documents: a Typst template and data, typeset with fonts that have every character of a Chinese name."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import segno
import typst
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.exceptions import TemplateDoesNotExist


def render_pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF/A-2b that `template` (a `.typ` below the template folders) makes of `data`.

    The data travel as JSON in `sys.inputs.data` and stay inert: no text of a person is ever read as markup. A
    template begins with `#let data = json(bytes(sys.inputs.data))`.
    """
    found = _found(template)
    pdf = typst.compile(
        str(found),
        root=str(found.parent),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(dict(data), cls=DjangoJSONEncoder, ensure_ascii=False)},
        pdf_standards=["a-2b"],
    )
    return bytes(pdf)


def qr_svg(text: str) -> str:
    """A QR code of `text` as SVG, for `image(bytes(data.qr), format: "svg")`."""
    return str(segno.make(text, error="m", micro=False).svg_inline(border=0, omitsize=True))


def _found(template: str) -> Path:
    folders: list[Path] = settings.TEMPLATES[0]["DIRS"]  # type: ignore[assignment]
    for folder in folders:
        path = folder / template
        if path.is_file():
            return path
    raise TemplateDoesNotExist(template)


@cache
def _fonts() -> list[str]:
    return [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
