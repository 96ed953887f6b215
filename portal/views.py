"""The start page and the health check."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from portal.accounts.access import access, public


@access(public)
def start(request: HttpRequest) -> HttpResponse:
    """What the portal is, or, signed in, what this person can do now."""
    return render(request, "portal/start.html")


@access(public)
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; for load balancers and supervisors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
