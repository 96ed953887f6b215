"""What graduates handed in on their items, what became of it, and who may see it (C8)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import (
    AsksFor,
    CohortState,
    DecidedBy,
    EmploymentKind,
    ItemState,
    SheetState,
    Training,
    VersionState,
)
from leaving.models import ClearanceItem, Decision, Evidence, Graduate, ItemForm, LookAgain
from leaving.selectors.clearance import items_of_departments, items_of_students
from leaving.selectors.history import Event
from leaving.selectors.supervision import reviews_of_secretary
from portal.accounts.access import AnyUser
from portal.localized import in_readers_language

TONES = {VersionState.HANDED_IN: "info", VersionState.ACCEPTED: "success", VersionState.RETURNED: "error"}
MAX_FILES = 6  # of evidence on one item
LISTS = {"queue": items_of_departments, "students": items_of_students, "reviews": reviews_of_secretary}


@dataclass(frozen=True, slots=True)
class Version:
    """A form that was handed in, or its draft, and what became of it."""

    form: ItemForm
    state: VersionState
    reason: str = ""  # why it was returned

    @property
    def tone(self) -> str:
        """How a badge shows it."""
        return TONES.get(self.state, "neutral")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """All that was handed in on one item, and what can be handed in now."""

    item: ClearanceItem
    evidence: Sequence[Evidence]
    forms: Sequence[ItemForm]  # newest first
    looks: Sequence[LookAgain]  # newest first
    answers: Sequence[Decision]  # the decisions that stand and judge what was handed in, newest first

    @property
    def may(self) -> bool:
        """Is the item still to be decided, on an open sheet of an open cohort?"""
        sheet = self.item.sheet
        open_sheet = sheet.state == SheetState.OPEN and sheet.cohort.state == CohortState.OPEN
        return open_sheet and self.item.is_open

    @property
    def files(self) -> list[Evidence]:
        """The evidence that was not withdrawn; of old ones only the name is left (`has_content`)."""
        return [each for each in self.evidence if each.withdrawn_at is None]

    @property
    def may_add_file(self) -> bool:
        wanted = self.item.checkpoint.takes_evidence or self.item.state == ItemState.FAILED
        return self.may and wanted and len(self.files) < MAX_FILES

    def may_withdraw(self, evidence: Evidence) -> bool:
        """Not what has been decided about (C8)."""
        return self.may and evidence.withdrawn_at is None and not self._decided_since(evidence.after_id)

    @property
    def withdrawable(self) -> list[Evidence]:
        return [each for each in self.files if self.may_withdraw(each)]

    @property
    def open_look(self) -> LookAgain | None:
        """The request to look again that nobody has answered yet."""
        if self.item.state != ItemState.FAILED:
            return None
        return next((look for look in self.looks if not self._decided_since(look.decision_id)), None)

    @property
    def may_look_again(self) -> bool:
        return self.may and self.item.state == ItemState.FAILED and self.open_look is None

    @property
    def draft(self) -> ItemForm | None:
        return next((form for form in self.forms if form.handed_in_at is None), None)

    @property
    def latest(self) -> Version | None:
        """The last version that was handed in."""
        return next((version for version in self.versions if version.state != VersionState.DRAFT), None)

    @property
    def asks_for(self) -> str:
        """The form that is asked for, in words; empty where there is none."""
        asked = self.item.checkpoint.asks_for
        return str(AsksFor(asked).label) if asked else ""

    @property
    def form_title(self) -> str:
        """The form that is asked for, or was when it was handed in; empty where there is none."""
        return self.asks_for or (str(self.forms[0].get_kind_display()) if self.forms else "")

    @property
    def may_fill_in(self) -> bool:
        return self.may and bool(self.item.checkpoint.asks_for)

    @property
    def versions(self) -> list[Version]:
        """Newest first."""
        found, newest = [], True
        for form in self.forms:
            if form.handed_in_at is None:
                found.append(Version(form, VersionState.DRAFT))
                continue
            found.append(self._version(form) if newest else Version(form, VersionState.REPLACED))
            newest = False
        return found

    def _version(self, form: ItemForm) -> Version:
        state = self.item.state
        if state == ItemState.PASSED:
            return Version(form, VersionState.ACCEPTED)
        if state == ItemState.WAIVED:
            return Version(form, VersionState.WAIVED)
        if state == ItemState.FAILED and self._decided_since(form.after_id):
            reason = in_readers_language(self.item.reason, self.item.reason_en)
            return Version(form, VersionState.RETURNED, reason)
        return Version(form, VersionState.HANDED_IN)

    def _decided_since(self, decision: int | None) -> bool:
        return any(one.pk > (decision or 0) for one in self.answers)


def handed_in_on(
    items: Sequence[ClearanceItem], decisions: Mapping[int, Sequence[Decision]]
) -> dict[int, HandedIn]:
    """Item → what was handed in on it. Three queries; `items` come with checkpoint, sheet and cohort, `decisions` by item."""
    ids = [item.pk for item in items]
    evidence, forms, looks = defaultdict(list), defaultdict(list), defaultdict(list)
    for each in Evidence.objects.filter(item__in=ids).select_related("added_by").order_by("pk"):
        evidence[each.item_id].append(each)
    for form in ItemForm.objects.filter(item__in=ids).order_by("-version"):
        forms[form.item_id].append(form)
    for look in LookAgain.objects.filter(item__in=ids).select_related("form").order_by("-pk"):
        looks[look.item_id].append(look)
    return {
        item.pk: HandedIn(
            item, evidence[item.pk], forms[item.pk], looks[item.pk], _answers(decisions.get(item.pk, ()))
        )
        for item in items
    }


def _answers(decisions: Sequence[Decision]) -> list[Decision]:
    """Without those that were taken back, without the taking back, and without what data did unless they let the item pass:
    they know nothing of what was handed in (`again.unanswered` says the same)."""
    undone = {decision.batch.undoes_id for decision in decisions}
    return [
        one
        for one in decisions
        if one.batch.undoes_id is None
        and one.batch_id not in undone
        and (one.batch.how != DecidedBy.DATA or one.after == ItemState.PASSED)
    ]


def events_on(handed: HandedIn, *, named: bool) -> list[Event]:
    """What was handed in, as lines of the item's history. With `named` a clerk stands there by name."""
    events = []
    for each in handed.evidence:
        said = {"file": each.name, "who": _who_added(handed.item, each, named=named)}
        added = _("Evidence added: %(file)s") if not said["who"] else _("Evidence added by %(who)s: %(file)s")
        events.append(Event(each.added_at, added % said, ""))
        if each.withdrawn_at:
            events.append(Event(each.withdrawn_at, _("Evidence withdrawn: %(file)s") % said, ""))
        if each.expired_at:
            events.append(
                Event(each.expired_at, _("Evidence deleted, its time was over: %(file)s") % said, "")
            )
    events += [
        Event(form.handed_in_at, handed_in_words(form), "") for form in handed.forms if form.handed_in_at
    ]
    asked = _("The graduate asks to look again")
    events += [Event(look.at, asked, "", look_words(look)) for look in handed.looks]
    return events


def handed_in_words(form: ItemForm) -> str:
    return _("%(form)s handed in (version %(number)d)") % {
        "form": form.get_kind_display(),
        "number": form.version,
    }


def look_words(look: LookAgain) -> str:
    """What the graduate wrote, or that a new version of the form is there."""
    return look.text or (handed_in_words(look.form) if look.form else "")


def _who_added(item: ClearanceItem, evidence: Evidence, *, named: bool) -> str:
    """Empty for the graduate."""
    if evidence.added_by_id == item.sheet.graduate.user_id:
        return ""
    owner = str(item.owner) if item.owner else evidence.added_by.name
    return f"{owner} · {evidence.added_by.name}" if named and item.owner else owner


def list_of(user: AnyUser, item: ClearanceItem) -> str:
    """The list in which `user` decides `item` (a key of LISTS); empty for everybody else."""
    return next((name for name, items in LISTS.items() if items(user).filter(pk=item.pk).exists()), "")


def item_of(graduate: Graduate, number: int) -> ClearanceItem | None:
    """The item of the checkpoint with that published number on the graduate's present sheet."""
    items = ClearanceItem.objects.filter(sheet__graduate=graduate, sheet__cohort=graduate.cohort_id)
    related = ("checkpoint", "owner__parent", "sheet__cohort", "sheet__graduate")
    return items.filter(checkpoint__number=number).select_related(*related).first()


def evidence_for(user: AnyUser, uid: uuid.UUID) -> Evidence | None:
    """Evidence that `user` may open: one's own, or on an item that one decides. Nobody opens what is withdrawn or gone."""
    related = ("item__sheet__graduate", "item__checkpoint")
    kept = Evidence.objects.filter(withdrawn_at=None, expired_at=None)
    found = kept.filter(uid=uid).select_related(*related).first()
    return found if found and _may_read(user, found.item) else None


def form_for(user: AnyUser, uid: uuid.UUID) -> ItemForm | None:
    """A form as it was handed in, to whom evidence on the same item would be open."""
    related = ("item__sheet__graduate", "item__sheet__cohort", "item__checkpoint")
    found = ItemForm.objects.filter(uid=uid, handed_in_at__isnull=False).select_related(*related).first()
    return found if found and _may_read(user, found.item) else None


def _may_read(user: AnyUser, item: ClearanceItem) -> bool:
    own = user.is_authenticated and item.sheet.graduate.user_id == user.pk
    return own or bool(list_of(user, item))


def kinds_of_plan(graduate: Graduate) -> list[EmploymentKind]:
    """What the graduate's employment plan can be about: only who was entrusted returns to the entrusting unit."""
    entrusted = graduate.training != Training.OPEN
    return [kind for kind in EmploymentKind if entrusted or kind != EmploymentKind.ENTRUSTING]


def claimed_files(uids: Collection[uuid.UUID]) -> Iterable[uuid.UUID]:
    """Those of `uids` that are evidence with a content (`portal.files.register_claimant`)."""
    kept = Evidence.objects.filter(file_uid__in=uids, withdrawn_at=None, expired_at=None)
    return kept.values_list("file_uid", flat=True)


def time_is_over(since: str) -> Q:
    """A condition on what was handed in on an item at `since` (a field): so many days (`HANDED_IN_KEEP_DAYS`) after the last
    day of its cohort, and after it came in, once the cohort is closed, it has served its purpose (X2)."""
    horizon = timezone.localdate() - datetime.timedelta(days=settings.HANDED_IN_KEEP_DAYS)
    ended = Q(item__sheet__cohort__closes_on=None) | Q(item__sheet__cohort__closes_on__lt=horizon)
    return ended & Q(item__sheet__cohort__state=CohortState.CLOSED, **{f"{since}__date__lt": horizon})
