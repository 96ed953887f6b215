"""Answers `user.has_perm(right, department)` with the predicate of the selectors; replaces guardian's own backend."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from portal.departments import selectors
from portal.departments.models import Department


class DepartmentBackend(BaseBackend):
    """Object permissions on departments only. Global permissions are ModelBackend's."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(obj, Department) or not user_obj.is_authenticated or not user_obj.is_active:
            return False
        label, _, codename = perm.rpartition(".")
        if label not in {"", "departments"}:
            return False
        return selectors.holds(user_obj, codename, obj)
