"""Notices: the list, one notice, its files (C11). What a person may read is asked of the selectors; the rest does not exist."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaving.choices import Audience
from leaving.models import Notice
from leaving.selectors.notices import edits_notices, notices_for, readable_attachment, readable_notices
from portal import files
from portal.accounts.access import access, public
from portal.keyset import keyset_page
from portal.localized import localized
from portal.manuals import shelf
from portal.markdown import as_html
from portal.workbooks.views.pages import attachment as saved_as

PAGE = 20
_ORDER = ["-pinned", "-published_from", "-id"]


@access(public)
@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """What is published for this person, and the manuals."""
    page = keyset_page(notices_for(request.user), key=_ORDER, parameters=request.GET.dict(), size=PAGE)
    return render(
        request,
        "leaving/notice_list.html",
        {"page": page, "manuals": shelf(), "edits": edits_notices(request.user)},
    )


@access(public)
@never_cache
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One notice with its files."""
    notice = get_object_or_404(readable_notices(request.user).prefetch_related("attachments"), uid=uid)
    context = {
        "notice": notice,
        "body": as_html(localized(notice, "body")),
        "attachments": notice.attachments.all(),
        "edits": edits_notices(request.user),
        "audiences": _audiences(notice) if edits_notices(request.user) else "",
    }
    return render(request, "leaving/notice_detail.html", context)


@access(public)
@never_cache
@require_safe
def attachment(request: HttpRequest, uid: uuid.UUID) -> StreamingHttpResponse:
    """A file of a notice, to be saved: no browser is asked to run it."""
    found = readable_attachment(request.user, uid)
    if found is None:
        raise Http404
    return StreamingHttpResponse(
        files.chunks(found.file_uid),
        content_type=found.media_type,
        headers={
            "Content-Disposition": saved_as(found.name),
            "Content-Length": str(found.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _audiences(notice: Notice) -> str:
    return "、".join(str(Audience(one).label) for one in notice.audiences)
