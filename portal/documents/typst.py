"""PDF documents: a Typst template and data, typeset with fonts that have every character of a Chinese name."""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import segno
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.exceptions import TemplateDoesNotExist

PAGES = 30  # as many as one process sets: about 4 MB each with photos
SECONDS = 60


class TypesettingError(Exception):
    """A template that does not compile, or data it cannot take; the text is Typst's own."""


def render_pdf(template: str, data: Mapping[str, Any], *, root: Path | None = None) -> bytes:
    """The PDF/A-2b that `template` (a `.typ` below the template folders) makes of `data`.

    The data travel as JSON in `sys.inputs.data` and stay inert: no text of a person is ever read as markup. A
    template begins with `#let data = json(bytes(sys.inputs.data))`. It may read files (pictures) below `root`, which holds the
    template, too; without it only its own folder. Runs in a process of its own; the caller sees to it that
    one call is at most `PAGES` pages. Raises TypesettingError.
    """
    found = _found(template)
    order = {
        "template": str(found),
        "root": str(root or found.parent),
        "fonts": _fonts(),
        "data": json.dumps(dict(data), cls=DjangoJSONEncoder, ensure_ascii=False),
    }
    done = subprocess.run(
        [sys.executable, "-m", "portal.documents.child"],
        input=json.dumps(order).encode(),
        capture_output=True,
        cwd=settings.BASE_DIR,
        timeout=SECONDS,
    )
    if done.returncode:
        raise TypesettingError(f"{template}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def qr_svg(text: str) -> str:
    """A QR code of `text` as SVG, for `image(bytes(data.qr), format: "svg")`."""
    return str(segno.make(text, error="m", micro=False).svg_inline(border=0, omitsize=True))


def qr_data_uri(text: str) -> str:
    """The same as an address for `<img src>`, which the content security policy lets through."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=0, omitsize=True))


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
