"""Whose accounts a person looks after (P3, P7)."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet

from leaving.models import Graduate, SchoolClass
from leaving.selectors.reach import reached_by
from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere


def graduates_to_activate_by(user: User | AnonymousUser) -> QuerySet[Graduate]:
    """Graduates whose accounts `user` may activate and reset: of the own classes, and within reach of the right."""
    if not user.is_authenticated or not user.is_active:
        return Graduate.objects.none()
    return Graduate.objects.filter(
        Q(school_class__counsellor=user)
        | Q(school_class__class_teacher=user)
        | reached_by(user, Right.RESET_ACCOUNTS)
    )


def classes_to_activate_by(user: User) -> QuerySet[SchoolClass]:
    """The classes with such graduates; `total` of them, and `waiting` for their activation."""
    mine = graduates_to_activate_by(user)
    return (
        SchoolClass.objects.filter(graduates__in=mine)
        .annotate(
            total=Count("graduates", distinct=True),
            waiting=Count("graduates", filter=_not_activated_in_class(), distinct=True),
        )
        .select_related("college", "major")
        .order_by("college__order", "grade", "name")
    )


def _not_activated_in_class() -> Q:
    unusable = Q(**{"graduates__user__password__startswith": UNUSABLE_PASSWORD_PREFIX})
    return Q(graduates__user=None) | unusable


def looks_after_accounts(user: User | AnonymousUser) -> bool:
    """Is there anybody whose account `user` may look after?"""
    if not user.is_authenticated:
        return False
    return (
        holds_anywhere(user, Right.RESET_ACCOUNTS)
        or SchoolClass.objects.filter(Q(counsellor=user) | Q(class_teacher=user)).exists()
    )


accounts_keeper = Rule("looks after accounts", looks_after_accounts)
