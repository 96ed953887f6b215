"""The published first sign-in as an authentication backend, so that the limits on tries count it too (P3)."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from leaving.services.activation import first_sign_in
from portal.accounts.models import User


class PublishedFirstSignIn(BaseBackend):
    """`authenticate(request, username=…, last_six=…, second_fact=…)`; everything else is left to the other backends."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str = "",
        last_six: str | None = None,
        second_fact: str = "",
        **credentials: Any,
    ) -> User | None:
        if last_six is None:
            return None
        return first_sign_in(student_no=username, last_six=last_six, second_fact=second_fact)
