"""What a page of statistics was narrowed down to goes along into its workbook (C10)."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from leaving.models import Graduate
from leaving.selectors.figures import table_of
from leaving.selectors.statistics import select
from leaving.workbooks.missing import MissingExport
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.errors import Refused
from portal.workbooks.models import ExportJob
from tests import builders
from tests.leaving.clearance import opened, passed_but, published

pytestmark = pytest.mark.django_db
EXPORT = reverse("workbooks:export-new", args=["missing"])


@pytest.fixture
def dean() -> User:
    """Of computing: Mei and Lan of one class, Zhu of another; Mei misses books only."""
    published()
    first, second = builders.school_class(name="软工10班"), builders.school_class(name="软工9班")
    mei = builders.graduate("20221001", name="梅花", school_class=first)
    builders.graduate("20221002", name="兰草", school_class=first)
    zhu = builders.graduate("20221003", name="竹君", school_class=second)
    opened()
    passed_but(mei, 2)
    return builders.clerk("dean", Right.STATISTICS, Right.EXPORT, at=zhu.college)


def narrowed(user: User, **parameters: str) -> str:
    selection = select(user, parameters)
    assert selection is not None
    return urlencode(selection.parameters())


def names(user: User, selection: str) -> list[str]:
    rows = MissingExport().rows(user, {"selection": selection}, ["name"])
    return [name for (name,) in rows]


def test_the_rows_are_those_of_the_page(dean: User) -> None:
    its_class = Graduate.objects.get(name="梅花").school_class
    assert its_class is not None
    assert names(dean, narrowed(dean)) == ["梅花", "兰草", "竹君"]
    assert names(dean, narrowed(dean, **{"class": str(its_class.uid)})) == ["梅花", "兰草"]
    assert names(dean, narrowed(dean, checkpoint="6")) == ["兰草", "竹君"]
    assert names(dean, narrowed(dean, q="竹")) == ["竹君"]


def test_classes_stand_in_the_order_of_their_numbers(dean: User) -> None:
    selection = select(dean, {})
    assert selection is not None
    assert [row.label for row in table_of(selection).rows] == ["2022 软工9班", "2022 软工10班"]


def test_nobody_carries_further_than_they_see(dean: User) -> None:
    stranger = builders.clerk("stranger", Right.STATISTICS, Right.EXPORT, at=builders.college("01"))
    with pytest.raises(Refused):
        names(stranger, narrowed(dean))
    assert MissingExport().told(narrowed(dean), stranger) == ""


def test_the_form_says_what_it_is_narrowed_to_and_asks_for_nothing_else(client: Client, dean: User) -> None:
    client.force_login(dean)
    page = client.get("/clearance/statistics/names/?checkpoint=2")
    url = page.context["export_url"]
    assert url in page.content.decode().replace("&amp;", "&")
    with translation.override("en"):
        form = client.get(url, headers={"accept-language": "en"})
    text = form.content.decode()
    assert "2. Library" in text
    assert 'name="cohort"' not in text
    assert 'name="cohort"' in client.get(EXPORT).content.decode()
    selection = form.context["form"]["selection"].value()
    client.post(url, {"selection": selection, "columns": ["name"], "file_format": "xlsx", "purpose": "提醒"})
    job = ExportJob.objects.get()
    assert job.parameters == {"selection": selection}
    shown = client.get(reverse("workbooks:export-detail", args=[job.uid])).content.decode()
    assert "图书馆" in shown
    assert "sight=" not in shown
