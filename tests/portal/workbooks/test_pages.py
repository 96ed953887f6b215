"""The pages of imports and exports: 0, 1 and many rows, who sees what, from the upload to the confirmation (G3)."""

import uuid
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.models import Campus
from portal.workbooks.models import ExportJob, ImportBatch
from portal.workbooks.services import exports, imports
from tests import builders
from tests.portal.workbooks.campuses import sheet

pytestmark = pytest.mark.django_db

GOOD = (("NW", "南望山校区", None, "是"), ("W", "未来城校区", None, "否"))


@pytest.fixture
def clerk() -> User:
    builders.office("dormitory", "学生住宿服务中心")
    return builders.user("clerk", language="en")


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def upload(client: Client, file: BytesIO, name: str = "campuses.xlsx") -> ImportBatch:
    sent = SimpleUploadedFile(name, file.read())
    answer = client.post(reverse("workbooks:import-new", args=["campuses"]), {"file": sent})
    assert answer.status_code == 302, answer.context["form"].errors
    batch = ImportBatch.objects.latest("id")
    assert answer["Location"] == reverse("workbooks:import-detail", args=[batch.uid])
    return batch


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"workbooks:{name}", args=args))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_from_the_upload_to_the_applied_rows(clerk: User) -> None:
    client = signed_in(clerk)
    batch = upload(client, sheet(*GOOD))
    waiting = page(client, "import-detail", batch.uid)
    assert "Waiting for a worker" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    imports.process(batch.uid)
    shown = page(client, "import-progress", batch.uid)
    assert "What this import would do" in shown
    assert "hx-trigger" not in shown
    assert not Campus.objects.exists()
    client.post(reverse("workbooks:import-confirm", args=[batch.uid]))
    imports.process(batch.uid)
    assert "All rows were written" in page(client, "import-detail", batch.uid)
    assert Campus.objects.count() == 2
    again = upload(client, sheet(*GOOD))
    imports.process(again.uid)
    assert "2 unchanged" in page(client, "import-list")


def test_faults_are_folded_and_the_mended_workbook_is_one_download_away(clerk: User) -> None:
    client = signed_in(clerk)
    batch = upload(
        client, sheet(*((f"C{n}", "区", None, None) for n in range(30)), (None, "无代码", None, None))
    )
    imports.process(batch.uid)
    shown = page(client, "import-detail", batch.uid)
    assert "31 things to mend" in shown
    assert "First in B2, and 29 others" in shown
    assert "The name “区” is too short. Write the full name." in shown
    every = client.get(
        reverse("workbooks:import-faults", args=[batch.uid]), {"code": "too_short", "column": "name_zh"}
    )
    assert every.content.decode().count('<span class="code">') == 30
    book = openpyxl.load_workbook(
        BytesIO(client.get(reverse("workbooks:import-errors", args=[batch.uid])).getvalue())
    )
    assert book.active.max_row == 32


def test_a_file_of_the_wrong_kind_is_sent_back_with_what_to_do(clerk: User) -> None:
    client = signed_in(clerk)
    url = reverse("workbooks:import-new", args=["campuses"])
    answer = client.post(url, {"file": SimpleUploadedFile("old.xls", b"\xd0\xcf\x11\xe0")})
    assert "save it as .xlsx" in answer.content.decode()
    assert "required" in client.post(url, {}).content.decode()
    assert not ImportBatch.objects.exists()
    batch = upload(client, BytesIO(b"not a workbook at all"), "pretends.xlsx")
    imports.process(batch.uid)
    assert "The file is not an Excel workbook" in page(client, "import-detail", batch.uid)


def test_the_list_asks_as_much_of_the_database_for_one_import_as_for_three(clerk: User) -> None:
    client = signed_in(clerk)
    assert "Nothing has been handed in yet" in page(client, "import-list")
    asked = []
    for number in (1, 2):
        for _row in range(number):
            upload(client, sheet(*GOOD))
        with CaptureQueriesContext(connection) as queries:
            page(client, "import-list")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_strangers_find_nothing_and_who_oversees_looks_but_does_not_touch(clerk: User) -> None:
    batch = upload(signed_in(clerk), sheet(("C", "区", None, None)))
    imports.process(batch.uid)
    stranger, head = signed_in(builders.user("clerk-elsewhere")), signed_in(builders.user("clerk-head"))
    for name in ("import-detail", "import-progress", "import-faults", "import-errors"):
        assert stranger.get(reverse(f"workbooks:{name}", args=[batch.uid])).status_code == 404
    for name in ("import-confirm", "import-cancel", "import-retry"):
        url = reverse(f"workbooks:{name}", args=[batch.uid])
        assert (stranger.post(url).status_code, head.post(url).status_code) == (404, 403)
    shown = page(head, "import-detail", batch.uid)
    assert "not shown" in shown
    assert "Download the workbook" not in shown
    assert head.get(reverse("workbooks:import-errors", args=[batch.uid])).status_code == 403
    student = signed_in(builders.user("student"))
    assert student.get(reverse("workbooks:import-list")).status_code == 404
    assert signed_in(clerk).get(reverse("workbooks:import-detail", args=[uuid.uuid4()])).status_code == 404


def test_templates_in_both_languages(clerk: User) -> None:
    client = signed_in(clerk)
    for language, header in (("zh-hans", "代码"), ("en", "Code")):
        answer = client.get(reverse("workbooks:import-template", args=["campuses", language]))
        book = openpyxl.load_workbook(BytesIO(answer.content))
        assert book.active["A1"].value == header
    assert client.get(reverse("workbooks:import-template", args=["campuses", "fr"])).status_code == 404


def test_an_import_is_cancelled_and_a_failed_one_tried_again(clerk: User) -> None:
    client = signed_in(clerk)
    batch = upload(client, sheet(*GOOD))
    client.post(reverse("workbooks:import-cancel", args=[batch.uid]))
    assert "Cancelled: nothing was written" in page(client, "import-detail", batch.uid)
    ImportBatch.objects.update(state="failed", error_code="attempts_exhausted")
    assert "broke off three times" in page(client, "import-detail", batch.uid)
    client.post(reverse("workbooks:import-retry", args=[batch.uid]))
    assert "Waiting for a worker" in page(client, "import-detail", batch.uid)


def test_an_export_needs_a_purpose_and_each_download_is_recorded(clerk: User) -> None:
    builders.campus("NW")
    client = signed_in(clerk)
    assert "Nothing has been taken out yet" in page(client, "export-list")
    url = reverse("workbooks:export-new", args=["campuses"])
    assert not ExportJob.objects.exists()
    assert client.post(url, {"columns": ["code"], "file_format": "csv", "purpose": " "}).status_code == 200
    client.post(url, {"columns": ["name_zh", "code"], "file_format": "csv", "purpose": "Notice board"})
    job = ExportJob.objects.get()
    exports.process(job.uid)
    assert "1 row," in page(client, "export-detail", job.uid)
    answer = client.post(reverse("workbooks:export-download", args=[job.uid]))
    assert answer.getvalue().decode("utf-8-sig").splitlines() == ["Code,Name", "NW,南望山校区"]
    entry = AuditEntry.objects.get(verb="exports.downloaded")
    assert (entry.reason, entry.details["rows"], entry.details["columns"]) == (
        "Notice board",
        1,
        ["code", "name_zh"],
    )
    other = signed_in(builders.user("clerk-elsewhere"))
    assert other.post(reverse("workbooks:export-download", args=[job.uid])).status_code == 404
    ExportJob.objects.update(expires_at=job.created_at)
    client.post(reverse("workbooks:export-download", args=[job.uid]))
    assert AuditEntry.objects.filter(verb="exports.downloaded").count() == 1


def test_an_export_whose_right_is_gone_is_not_prepared(clerk: User) -> None:
    job = exports.request_export(kind="campuses", actor=clerk, purpose="Notice board")
    User.objects.filter(pk=clerk.pk).update(username="nobody")
    exports.process(job.uid)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.file_uid) == ("failed", "not_allowed", None)
