"""Whose data decide which checkpoint, and about whom they speak (C5, C7)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DeliveryKind, DeliveryState, OwnerKind
from leaving.models import Checkpoint, Delivery, Graduate, LatestWord, Obligation
from leaving.selectors.cohorts import cohort_coded, unnamed
from portal.accounts.access import AnyUser
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department
from portal.departments.selectors import departments_where
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Feed:
    """A department's data for a checkpoint. An office speaks about the whole cohort; a college, a node or a dormitory
    office about the graduates whose item it decides."""

    checkpoint: Checkpoint
    department: Department

    def graduates(self) -> QuerySet[Graduate]:
        """Everybody these data speak about."""
        return Graduate.objects.filter(self._reach(), cohort=self.checkpoint.cohort_id)

    def obligations(self) -> QuerySet[Obligation]:
        """What is open with them, as far as these data speak about its graduates."""
        mine = Obligation.objects.filter(checkpoint=self.checkpoint, department=self.department)
        return mine.filter(settled_at=None, graduate__in=self.graduates()).order_by()

    def deliveries(self) -> QuerySet[Delivery]:
        """Everything that came, newest first."""
        return Delivery.objects.filter(checkpoint=self.checkpoint, department=self.department)

    def latest(self, *kinds: DeliveryKind) -> Delivery | None:
        """The delivery with the newest data that were applied."""
        applied = self.deliveries().filter(state=DeliveryState.APPLIED)
        if kinds:
            applied = applied.filter(kind__in=kinds)
        return applied.order_by("-taken_at", "-pk").first()

    def words_since(self, moment: datetime.datetime) -> set[tuple[int, str]]:
        """Whose (ids) obligations changes newer than `moment` have spoken about, by key; an empty key is all of a graduate's."""
        words = LatestWord.objects.filter(checkpoint=self.checkpoint, department=self.department)
        return set(words.filter(taken_at__gt=moment).values_list("graduate", "key"))

    def _reach(self) -> Q:
        department = self.department
        match self.checkpoint.owner_kind:
            case OwnerKind.OFFICE if self.checkpoint.department_id == department.pk:
                return Q()
            case OwnerKind.COLLEGE if department.kind == DepartmentKind.COLLEGE:
                return Q(college=department)
            case OwnerKind.NODE if department.kind == self.checkpoint.node_kind:
                return Q(college=department.parent_id)
            case OwnerKind.DORMITORY:
                return Q(campus__dormitory_office=department)
        return Q(pk__in=[])


def feeds_of(departments: Iterable[Department]) -> list[Feed]:
    """The feeds of these departments in cohorts that are not closed, running ones first; three queries."""
    known = list(departments)
    housing = set(Campus.objects.values_list("dormitory_office", flat=True))
    by_data = Checkpoint.objects.filter(decided_by_data=True).exclude(cohort__state=CohortState.CLOSED)
    checkpoints = list(by_data.select_related("cohort", "department").order_by("cohort", "order", "number"))
    checkpoints.sort(key=lambda one: one.cohort.state != CohortState.OPEN)
    return [
        Feed(checkpoint, department)
        for checkpoint in checkpoints
        for department in known
        if _feeds(checkpoint, department, housing)
    ]


def _feeds(checkpoint: Checkpoint, department: Department, housing: set[int]) -> bool:
    match checkpoint.owner_kind:
        case OwnerKind.OFFICE:
            return checkpoint.department_id == department.pk
        case OwnerKind.COLLEGE:
            return department.kind == DepartmentKind.COLLEGE
        case OwnerKind.NODE:
            return department.kind == checkpoint.node_kind
        case OwnerKind.DORMITORY:
            return department.pk in housing
    return False


def departments_with_data(user: AnyUser) -> list[Department]:
    """The departments where `user` decides checkpoints; whether their data do, `feeds_of` says."""
    return list(departments_where(user, Right.DECIDE).select_related("parent"))


def feed_for(department: Department, *, number: int | None = None, year: int | None = None) -> Feed:
    """The feed that is meant: by the checkpoint's number where the department has several, the cohort's year or code likewise.

    Raises Refused: `no_feed` (nothing here is decided by data), `checkpoint_unnamed`, `cohort_unnamed`.
    """
    cohort = None if year is None else cohort_coded(year)
    found = [
        feed
        for feed in feeds_of([department])
        if number in (None, feed.checkpoint.number) and (year is None or feed.checkpoint.cohort == cohort)
    ]
    if not found:
        raise Refused(
            "no_feed",
            _(
                "No such checkpoint of %(department)s is decided by data. Administrators set it up under Checkpoints."
            )
            % {"department": department},
        )
    if len({feed.checkpoint.cohort_id for feed in found}) > 1:
        running = [feed for feed in found if feed.checkpoint.cohort.state == CohortState.OPEN]
        if len({feed.checkpoint.cohort_id for feed in running}) != 1:
            raise unnamed(dict.fromkeys(feed.checkpoint.cohort for feed in running or found))
        found = running
    if len(found) > 1:
        numbers = ", ".join(str(feed.checkpoint.number) for feed in found)
        raise Refused(
            "checkpoint_unnamed",
            _("Say which checkpoint is meant (its number: %(numbers)s).") % {"numbers": numbers},
        )
    return found[0]


SHOWN = (
    DeliveryState.APPLIED,
    DeliveryState.HELD,
    DeliveryState.RECEIVED,
    DeliveryState.FAULTY,
    DeliveryState.FAILED,
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How a feed stands: the newest data applied, what is held, what waits for a worker, what came since and could not be
    applied, and whether nothing has come for too long."""

    feed: Feed
    latest: Delivery | None
    held: Delivery | None
    waiting: Delivery | None
    wrong: Delivery | None

    @property
    def stale(self) -> bool:
        """Has nothing come for longer than the checkpoint allows? A cohort that is not open yet waits for nothing."""
        checkpoint = self.feed.checkpoint
        if checkpoint.cohort.state != CohortState.OPEN:
            return False
        since = timezone.now() - datetime.timedelta(hours=checkpoint.data_stale_after)
        return self.latest is None or self.latest.taken_at < since


def freshness_of(feeds: list[Feed]) -> list[Freshness]:
    """The same for several feeds, in one query: the newest delivery of each state."""
    found = Delivery.objects.filter(checkpoint__in={feed.checkpoint.pk for feed in feeds}, state__in=SHOWN)
    order = ("checkpoint_id", "department_id", "state")
    newest = {
        (one.checkpoint_id, one.department_id, one.state): one
        for one in found.defer("content", "faults").order_by(*order, "-taken_at", "-pk").distinct(*order)
    }
    return [_freshness(feed, newest) for feed in feeds]


def _freshness(feed: Feed, newest: dict[tuple[int, int, str], Delivery]) -> Freshness:
    def of(state: DeliveryState) -> Delivery | None:
        return newest.get((feed.checkpoint.pk, feed.department.pk, state))

    latest = of(DeliveryState.APPLIED)
    wrong = [one for state in (DeliveryState.FAULTY, DeliveryState.FAILED) if (one := of(state))]
    since = [one for one in wrong if latest is None or one.taken_at > latest.taken_at]
    return Freshness(
        feed,
        latest,
        of(DeliveryState.HELD),
        of(DeliveryState.RECEIVED),
        max(since, key=lambda one: one.taken_at, default=None),
    )
