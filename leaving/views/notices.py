"""Notices: the list, one notice, its files (C11). What a person may read is asked of the selectors; the rest does not exist."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from leaving.choices import Audience
from leaving.models import Notice
from leaving.selectors.notices import (
    edits_notices,
    marked_unread,
    notices_for,
    readable_attachment,
    readable_notices,
)
from leaving.services.notices import mark_notices_read
from portal import files
from portal.accounts.access import access, public, signed_in
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
    notices = marked_unread(notices_for(request.user), request.user)
    page = keyset_page(notices, key=_ORDER, parameters=request.GET.dict(), size=PAGE)
    return render(
        request,
        "leaving/notice_list.html",
        {
            "page": page,
            "manuals": shelf(),
            "edits": edits_notices(request.user),
            "unread": any(notice.unread for notice in page.rows),
        },
    )


@access(public)
@never_cache
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One notice with its files. Opening it takes the mark off."""
    notice = get_object_or_404(readable_notices(request.user).prefetch_related("attachments"), uid=uid)
    if request.user.is_authenticated and request.method == "GET":
        mark_notices_read(notices=Notice.objects.filter(pk=notice.pk), person=request.user)
    context = {
        "notice": notice,
        "body": as_html(localized(notice, "body")),
        "attachments": notice.attachments.all(),
        "edits": edits_notices(request.user),
        "audiences": _audiences(notice) if edits_notices(request.user) else "",
    }
    return render(request, "leaving/notice_detail.html", context)


@access(signed_in)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Takes all marks off."""
    assert request.user.is_authenticated
    mark_notices_read(notices=Notice.objects.all(), person=request.user)
    return redirect("leaving:notice-list")


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
