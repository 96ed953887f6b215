"""What the pages of imports and exports have in common."""

from collections.abc import Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote

from django.utils.functional import Promise

from portal.departments.models import Department
from portal.workbooks import exports, runs
from portal.workbooks.forms import LABELS
from portal.workbooks.models import ExportJob, ImportBatch, LeasedJob

J = TypeVar("J", bound=LeasedJob)


class Titled(Protocol):
    """A kind of import or export."""

    title: str | Promise


_TONES = {
    "received": "info",
    "scanned": "info",
    "parsed": "info",
    "confirmed": "info",
    "requested": "info",
    "checked": "warning",
    "applied": "success",
    "ready": "success",
    "refused": "error",
    "failed": "error",
}


def titled(job: J, kinds: Mapping[str, Titled]) -> J:
    """The job with `title`, what a person calls its kind, and `tone`, the colour of its state."""
    kind = kinds.get(job.kind)
    job.title = str(kind.title) if kind else job.kind  # type: ignore[attr-defined]
    job.tone = _TONES.get(job.state, "neutral")  # type: ignore[attr-defined]
    return job


def shown_parameters(job: LeasedJob) -> list[tuple[str, str]]:
    """The parameters of a job as label and value; a department by its name."""
    shown = {name: "✓" if value is True else str(value) for name, value in job.parameters.items()}
    if "department" in shown:
        department = Department.objects.select_related("parent").filter(code=shown["department"]).first()
        shown["department"] = str(department or shown["department"])
    if isinstance(job, ExportJob) and (export := exports.kinds().get(job.kind)) and export.carried in shown:
        shown[export.carried] = export.told(shown[export.carried], job.actor) or "–"
    kind = runs.kinds().get(job.kind) if isinstance(job, ImportBatch) else None
    labels = {**LABELS, **(kind.labels if kind else {})}
    return [(str(labels.get(name, name)), value) for name, value in shown.items()]


def attachment(name: str) -> str:
    """Return the header that has a browser save the answer under that name, in whatever script it is."""
    plain = (
        name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "").strip(" .") or "file.xlsx"
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
