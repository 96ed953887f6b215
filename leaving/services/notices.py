"""Writing notices, and the files that go with them (C11)."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leaving.models import Notice, NoticeAttachment, NoticeReading
from leaving.selectors.notices import edits_notices, unread_notices
from portal import files
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that may be attached: its media type, and whether a content is of that kind."""

    media_type: str
    fits: Callable[[IO[Any]], bool]


def _begins(*beginnings: bytes) -> Callable[[IO[Any]], bool]:
    return lambda file: file.read(8).startswith(beginnings)


def _office(part: str) -> Callable[[IO[Any]], bool]:
    """An Office document without macros."""

    def fits(file: IO[Any]) -> bool:
        try:
            with zipfile.ZipFile(file) as package:
                names = package.namelist()
                unpacked = sum(entry.file_size for entry in package.infolist())
        except (zipfile.BadZipFile, OSError, ValueError):
            return False
        macros = any(name.casefold().endswith("vbaproject.bin") for name in names)
        return part in names and not macros and unpacked <= MOST_UNPACKED

    return fits


_OFFICE = "application/vnd.openxmlformats-officedocument."
FILE_TYPES: Mapping[str, FileType] = {
    ".pdf": FileType("application/pdf", _begins(b"%PDF-")),
    ".png": FileType("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ".jpg": FileType("image/jpeg", _begins(b"\xff\xd8\xff")),
    ".jpeg": FileType("image/jpeg", _begins(b"\xff\xd8\xff")),
    ".docx": FileType(f"{_OFFICE}wordprocessingml.document", _office("word/document.xml")),
    ".xlsx": FileType(f"{_OFFICE}spreadsheetml.sheet", _office("xl/workbook.xml")),
}


def checked_type(upload: "UploadedFile[bytes]") -> FileType:
    """What the file is, by its name and its content, which must agree. Raises Refused (`file_too_large`, `file_type`)."""
    assert upload.name
    assert upload.file
    if (upload.size or 0) > MOST_BYTES:
        raise Refused(
            "file_too_large",
            _("A file may have %(limit)s MB at most.") % {"limit": MOST_BYTES // 1024 // 1024},
        )
    kind = FILE_TYPES.get(PurePath(upload.name).suffix.lower())
    upload.file.seek(0)
    if kind is None or not kind.fits(upload.file):
        raise Refused(
            "file_type",
            _("Only PDF, PNG, JPEG, Word (.docx) and Excel (.xlsx) files without macros can be attached."),
        )
    upload.file.seek(0)
    return kind


@one_transaction
def save_notice(*, notice: Notice, actor: User) -> Notice:
    """Writes a new or changed notice. Audited as `notice.saved`. Raises Refused (`not_allowed`)."""
    _may(actor)
    if notice.pk is None:
        notice.created_by = actor
    notice.save()
    record(
        "notice.saved",
        actor=actor,
        target=notice,
        details={
            "title": notice.title_zh,
            "cohort": notice.cohort.code if notice.cohort else None,
            "audiences": notice.audiences,
            "published_from": notice.published_from,
            "published_until": notice.published_until,
        },
    )
    return notice


@one_transaction
def attach_file(*, notice: Notice, upload: "UploadedFile[bytes]", actor: User) -> NoticeAttachment:
    """Keeps a file with the notice, encrypted. Audited as `notice.file_attached`.

    Raises Refused (`not_allowed`, and what `checked_type` says).
    """
    _may(actor)
    kind = checked_type(upload)
    assert upload.name
    assert upload.file
    stored = files.store(upload.file)
    made = NoticeAttachment.objects.create(
        notice=notice,
        file_uid=stored.uid,
        name=PurePath(upload.name).name[-160:],
        media_type=kind.media_type,
        size=stored.size,
    )
    record("notice.file_attached", actor=actor, target=notice, details={"file": made.name})
    return made


@one_transaction
def remove_file(*, attachment: NoticeAttachment, actor: User) -> None:
    """Takes a file off its notice; the sweep removes it from the disk. Audited as `notice.file_removed`."""
    _may(actor)
    record("notice.file_removed", actor=actor, target=attachment.notice, details={"file": attachment.name})
    attachment.delete()


def mark_notices_read(*, notices: QuerySet[Notice], person: User) -> None:
    """Takes the mark off those of `notices` that are published for `person` and unread. Not audited: it is nobody's business."""
    unread = unread_notices(person).filter(pk__in=notices.order_by().values("pk"))
    NoticeReading.objects.bulk_create(
        [NoticeReading(notice_id=pk, person=person) for pk in unread.values_list("pk", flat=True)],
        ignore_conflicts=True,
    )


def _may(actor: User) -> None:
    if not edits_notices(actor):
        raise Refused("not_allowed", _("You have no right to write notices."))
