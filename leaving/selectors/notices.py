"""Which notices a person gets to see (C11)."""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from leaving.choices import Audience
from leaving.models import Graduate, Notice, NoticeAttachment, NoticeReading, SchoolClass
from portal.accounts.access import AnyUser
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere, holds_university_wide

EDITORS = (Right.OPEN_COHORT,)


def edits_notices(user: AnyUser) -> bool:
    """May this person write notices, and so see drafts and those that are over?"""
    return holds_university_wide(user, *EDITORS)


def notices_for(user: AnyUser) -> QuerySet[Notice]:
    """The notices that are published now for an audience and a cohort of this person's; pinned ones first, then the newest."""
    now = timezone.now()
    return (
        Notice.objects.filter(_addressed_to(user), published_from__lte=now)
        .filter(Q(published_until=None) | Q(published_until__gte=timezone.localdate(now)))
        .select_related("cohort")
        .order_by("-pinned", "-published_from", "-id")
    )


def readable_notices(user: AnyUser) -> QuerySet[Notice]:
    """Those whose page this person may open: an editor any, everybody else what is published for them."""
    return Notice.objects.select_related("cohort") if edits_notices(user) else notices_for(user)


def marked_unread(notices: QuerySet[Notice], user: AnyUser) -> QuerySet[Notice]:
    """`notices`, each with `unread`: has this person never opened it? Who is not signed in has no marks."""
    nobody_s = Value(False, output_field=BooleanField())
    mark = {"unread": ~_opened_by(user) if user.is_authenticated else nobody_s}
    return notices.annotate(**mark)


def unread_notices(user: AnyUser) -> QuerySet[Notice]:
    """Those published for this person that the person has not opened."""
    return notices_for(user).filter(~_opened_by(user)) if user.is_authenticated else Notice.objects.none()


def _opened_by(user: User) -> Exists:
    return Exists(NoticeReading.objects.filter(person=user, notice=OuterRef("pk")))


def readable_attachment(user: AnyUser, uid: uuid.UUID) -> NoticeAttachment | None:
    """A file of a notice that this person may read."""
    return NoticeAttachment.objects.filter(uid=uid, notice__in=readable_notices(user)).first()


def claimed_files(uids: Collection[uuid.UUID]) -> Iterable[uuid.UUID]:
    """Those of some private files that a notice has."""
    return NoticeAttachment.objects.filter(file_uid__in=uids).values_list("file_uid", flat=True)


def _addressed_to(user: AnyUser) -> Q:
    """A condition on Notice. Graduates and supervisors: of the notice's cohort, or of any where it names none; operators,
    with whom counsellors and class teachers count, read those of all cohorts."""
    everyone = Q(audiences__contains=[Audience.PUBLIC])
    if not user.is_authenticated or not user.is_active:
        return everyone
    if user.is_superuser:
        return ~Q(pk__in=[])
    own = Graduate.objects.filter(user=user)
    supervised = Graduate.objects.filter(Q(supervisor=user) | Q(second_supervisor=user))
    classes = SchoolClass.objects.filter(Q(counsellor=user) | Q(class_teacher=user))
    operator = ~Q(pk__in=[]) if holds_anywhere(user, *Right) else Q(Exists(classes))
    return (
        everyone
        | Q(audiences__contains=[Audience.GRADUATES]) & _of_cohort(own)
        | Q(audiences__contains=[Audience.SUPERVISORS]) & _of_cohort(supervised)
        | Q(audiences__contains=[Audience.OPERATORS]) & operator
    )


def _of_cohort(graduates: QuerySet[Graduate]) -> Q:
    return Q(Exists(graduates.filter(cohort=OuterRef("cohort")))) | Q(cohort=None) & Q(Exists(graduates))
