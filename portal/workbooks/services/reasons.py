"""Why an import or an export came to nothing, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.workbooks.models import LeasedJob
from portal.workbooks.reading import messages
from portal.workbooks.reading.refusals import Code, Refusal

_OWN = {
    "faults": gettext_lazy("Some cells must be mended. Nothing was written."),
    "too_many_faults": gettext_lazy("There are so many faults that reading was stopped. Check that this is the right file."),
    "attempts_exhausted": gettext_lazy("The work broke off three times. Try again, or ask the administrator."),
    "internal": gettext_lazy("The portal made a mistake, which was recorded. Try again, or ask the administrator."),
    "interrupted": gettext_lazy("The command was interrupted before it was done. Nothing was written."),
    "expired": gettext_lazy("Nobody confirmed it in time, and the file has been removed."),
}  # fmt: skip


def reason(job: LeasedJob) -> str:
    """One or two sentences: what is wrong, where, and what to do; empty where nothing is."""
    if not job.error_code:
        return ""
    if job.error_code in _OWN:
        return str(_OWN[job.error_code])
    place = job.error_details.get("place")
    if place is not None and job.error_code in {code.value for code in Code}:
        return messages.sentence(Refusal(Code(job.error_code), **place))
    return str(job.error_details.get("message") or _("It was refused: %(code)s.") % {"code": job.error_code})
