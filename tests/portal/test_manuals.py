"""The manuals: one source, read in the portal and as PDF, in both languages (C11)."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from portal.documents.typst import render_pdf
from portal.manuals import LANGUAGES, WHO, manual

BOTH = [(who, language) for who in WHO for language in LANGUAGES]


@pytest.mark.parametrize("who", WHO)
def test_both_languages_tell_the_same(who: str) -> None:
    chinese, english = manual(who, "zh"), manual(who, "en")
    assert [one.anchor for one in chinese.sections] == [one.anchor for one in english.sections]
    assert all(one.anchor for one in chinese.sections)
    assert chinese.picture_names == english.picture_names
    assert [block["kind"] for block in chinese.data()["blocks"]] == [
        block["kind"] for block in english.data()["blocks"]
    ]


def test_every_picture_of_the_manuals_is_taken_by_the_command() -> None:
    from tests.pictures import MANUAL_PICTURES

    asked = {name for who in WHO for name in manual(who, "zh").picture_names}
    assert {f"{name}.png" for name in MANUAL_PICTURES} == asked


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "language"), BOTH)
def test_a_manual_is_open_to_all_in_the_reader_s_language(who: str, language: str) -> None:
    client = Client()
    client.cookies["django_language"] = LANGUAGES[language]
    page = client.get(reverse("manual", args=[who])).content.decode()
    shown = manual(who, language)
    assert f"<h1>{shown.title}</h1>" in page
    for section in shown.sections:
        assert f'<h2 id="{section.anchor}">{section.title}</h2>' in page
    assert "{#" not in page
    assert f"/manuals/{who}.{language}.pdf" in page


@pytest.mark.django_db
def test_there_is_no_other_manual() -> None:
    for path in ("/manuals/nobody/", "/manuals/graduate.fr.pdf", "/manuals/nobody.en.pdf"):
        assert Client().get(path).status_code == 404


@pytest.mark.django_db
def test_the_pdf_has_cover_contents_and_text_and_is_typeset_once(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    calls = []

    def counted(*args: Any, **kwargs: Any) -> bytes:
        calls.append(args)
        return render_pdf(*args, **kwargs)

    monkeypatch.setattr("portal.manuals.render_pdf", counted)
    settings.PORTAL_UNIVERSITY_EN = "University of the Test"
    url = reverse("manual-pdf", args=["graduate", "en"])
    first = Client().get(url)
    assert (first["Content-Type"], first["ETag"][0]) == ("application/pdf", '"')
    pages = PdfReader(io.BytesIO(first.content)).pages
    assert "University of the Test" in pages[0].extract_text()
    assert "Contents" in pages[1].extract_text()
    assert "student number" in pages[2].extract_text()
    again = Client().get(url)
    assert (again.content == first.content, len(calls)) == (True, 1)
    assert Client().get(url, headers={"if-none-match": first["ETag"]}).status_code == 304


@pytest.mark.django_db
def test_a_picture_that_was_taken_is_shown_with_its_caption(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    drawn = Path(settings.BASE_DIR) / "docs" / "pictures" / "sheet.png"
    monkeypatch.setattr(
        "portal.manuals.finders.find", lambda path: str(drawn) if path == "manuals/en/sheet.png" else None
    )
    shown = manual("graduate", "en")
    assert list(shown.pictures) == ["sheet.png"]
    assert shown.html().count("<figure") == 1
    assert "<figcaption>The clearance sheet</figcaption>" in shown.html()
    pictures = [block for block in shown.data()["blocks"] if block["kind"] == "picture"]
    assert [block["path"] for block in pictures] == ["/docs/pictures/sheet.png"]
    page = PdfReader(io.BytesIO(shown.pdf()))
    assert sum(len(one.images) for one in page.pages) == 1
