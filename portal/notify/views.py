"""A person's messages: the list, and marking as read."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.accounts.access import access, signed_in
from portal.keyset import keyset_page
from portal.notify.models import Message
from portal.notify.services.messages import mark_read

PAGE = 20


@access(signed_in)
@never_cache
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What I was told, newest first."""
    assert request.user.is_authenticated
    mine = Message.objects.filter(person=request.user)
    page = keyset_page(mine, key=["-id"], parameters=request.GET.dict(), size=PAGE)
    return render(request, "notify/inbox.html", {"page": page})


@access(signed_in)
@require_POST
def read(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Marks one message as read, and goes on to what it is about if that was asked for."""
    assert request.user.is_authenticated
    message = get_object_or_404(Message, uid=uid, person=request.user)
    mark_read(messages=Message.objects.filter(pk=message.pk), person=request.user)
    if "go" in request.POST and url_has_allowed_host_and_scheme(message.url, allowed_hosts=None):
        return redirect(message.url)
    return redirect("notify:inbox")


@access(signed_in)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Marks all of them as read."""
    assert request.user.is_authenticated
    mark_read(messages=Message.objects.all(), person=request.user)
    return redirect("notify:inbox")
