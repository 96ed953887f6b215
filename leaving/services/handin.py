"""What graduates hand in on an item: evidence, forms, and “please look again” (C8).

Each verb locks the item's sheet, looks at the item as it is then, and marks it as changed: a clerk who looked before does not
decide about what came since (`seen` of `decide`). None of them changes a state.
"""

import io
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db import connection
from django.utils.translation import gettext as _

from leaving.choices import AsksFor, EmploymentKind, ItemState, SheetState
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet, Evidence, ItemForm, LookAgain
from leaving.selectors.handin import MAX_FILES, HandedIn, handed_in_on, kinds_of_plan, list_of
from leaving.selectors.history import decisions_on
from leaving.services.states import array
from portal import files
from portal.accounts.models import User
from portal.audit.models import THIS_TRANSACTION
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused
from portal.uploads.checking import Checked, checked_upload

MAX_BYTES = 10 * 1024 * 1024
WITH_EVIDENCE = (EmploymentKind.CONTRACT, EmploymentKind.STUDY)  # plans that a paper of somebody else's shows
_UNFIT_FOR_A_NAME = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\"\\/:*?<>|]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in, with the name it had at home."""

    file: BinaryIO
    name: str

    def checked(self) -> Checked:
        self.file.seek(0)
        return checked_upload(self.file, max_bytes=MAX_BYTES)


def add_evidence(*, item: ClearanceItem, upload: Upload, actor: User) -> Evidence:
    """Adds a picture or PDF to an item: by the graduate, or by who decides the item on the graduate's behalf.

    The file is checked by its content before anything is locked, and kept encrypted. Audited as `evidence.added`. Raises
    Refused (`upload_…`, `too_many_files`, `no_evidence_wanted`, `not_yours`, `item_decided`, `sheet_not_open`).
    """
    _may_add(_handed(item.pk), item, actor)
    checked = upload.checked()
    return _add_evidence(item.pk, checked, upload.name, actor)


@one_transaction
def _add_evidence(item: int, checked: Checked, name: str, actor: User) -> Evidence:
    handed = _held(item)
    _may_add(handed, handed.item, actor)
    return _keep(handed, checked, name, actor)


def _may_add(handed: HandedIn, item: ClearanceItem, actor: User) -> None:
    if not _is_own(handed, actor) and not list_of(actor, item):
        raise Refused("not_yours", _("This is not yours to hand in."))
    _refuse_unless_open(handed)
    if not (handed.item.checkpoint.takes_evidence or handed.item.state == ItemState.FAILED):
        raise Refused("no_evidence_wanted", _("No evidence is needed here."))


def _keep(handed: HandedIn, checked: Checked, name: str, actor: User) -> Evidence:
    if len(handed.files) >= MAX_FILES:
        raise Refused(
            "too_many_files",
            _("There are %(number)d files already. Withdraw one before you add another.")
            % {"number": MAX_FILES},
        )
    stored = files.store(io.BytesIO(checked.content))
    made = Evidence.objects.create(
        item=handed.item,
        name=_clean_name(name, checked.kind),
        kind=checked.kind,
        size=stored.size,
        file_uid=stored.uid,
        added_by=actor,
        after_id=_last_decision(handed),
    )
    _mark_changed(handed.item)
    record("evidence.added", actor=actor, target=made, details={"item": handed.item.pk, "kind": made.kind})
    return made


@one_transaction
def withdraw_evidence(*, evidence: Evidence, actor: User) -> None:
    """Takes a file back on which nothing has been decided yet: that it was there stays in the history, the content goes.

    By the graduate, or by the clerk who added it. Audited as `evidence.withdrawn`. Raises Refused (`not_yours`,
    `already_decided`, and as `add_evidence`).
    """
    handed = _held(evidence.item_id)
    found = next(each for each in handed.evidence if each.pk == evidence.pk)
    if actor.pk not in (handed.item.sheet.graduate.user_id, found.added_by_id):
        raise Refused("not_yours", _("Only who added a file can withdraw it."))
    _refuse_unless_open(handed)
    if not handed.may_withdraw(found):
        raise Refused("already_decided", _("This has been decided about already. It stays."))
    found.withdrawn_at = _now()
    found.save(update_fields=["withdrawn_at"])
    record("evidence.withdrawn", actor=actor, target=found, details={"item": handed.item.pk})


def open_evidence(*, evidence: Evidence, actor: User) -> BinaryIO:
    """The content of a file; that somebody else than the graduate opens it is recorded as `evidence.viewed` (P5).

    The caller has asked `evidence_for`. Raises portal.files.FileMissing.
    """
    content = files.open_plain(evidence.file_uid)
    if evidence.item.sheet.graduate.user_id != actor.pk:
        record("evidence.viewed", actor=actor, target=evidence, details={"item": evidence.item_id})
    return content


@one_transaction
def save_form(*, item: ClearanceItem, data: Mapping[str, Any], actor: User) -> ItemForm:
    """Keeps a draft of the form that the item asks for; there is one at a time. Audited as `form.saved`, without what it says.

    Raises Refused (`no_form_wanted`, `kind_not_for_you`, `not_yours`, `item_decided`, `sheet_not_open`).
    """
    handed = _held(item.pk)
    _may_fill_in(handed, data, actor)
    draft = handed.draft
    if draft is None:
        version = max((form.version for form in handed.forms), default=0) + 1
        draft = ItemForm(item=handed.item, version=version)
    draft.kind, draft.data, draft.saved_at = handed.item.checkpoint.asks_for, dict(data), _now()
    draft.save()
    record("form.saved", actor=actor, target=draft, details={"item": handed.item.pk})
    return draft


@one_transaction
def hand_in_form(*, item: ClearanceItem, data: Mapping[str, Any], actor: User) -> ItemForm:
    """Hands the form in as a whole, in a new version that nobody can change any more; the clerk sees it on the item.

    On an item that was not passed it asks to look again by itself. Some plans need evidence on the item, where it takes any.
    Audited as `form.handed_in`. Raises Refused as `save_form`, and `evidence_missing`.
    """
    handed = _held(item.pk)
    _may_fill_in(handed, data, actor)
    checkpoint = handed.item.checkpoint
    if checkpoint.takes_evidence and data.get("kind") in WITH_EVIDENCE and not handed.files:
        raise Refused(
            "evidence_missing", _("Add the signed contract or the letter of admission as picture or PDF.")
        )
    form = save_form(item=handed.item, data=data, actor=actor)
    form.handed_in_at, form.after_id = _now(), _last_decision(handed)
    form.save()
    if handed.may_look_again:
        _ask(handed, text="", form=form, actor=actor)
    _mark_changed(handed.item)
    record(
        "form.handed_in", actor=actor, target=form, details={"item": handed.item.pk, "version": form.version}
    )
    return form


def look_again(*, item: ClearanceItem, text: str, actor: User, upload: Upload | None = None) -> LookAgain:
    """Asks the clerk to look again at an item that was not passed, with what has changed, and perhaps evidence.

    Once until the item is decided again; its state stays. Audited as `look_again.asked`. Raises Refused (`text_missing`,
    `not_failed`, `asked_already`, `not_yours`, `sheet_not_open`, and as `add_evidence`).
    """
    text = text.strip()
    if not text:
        raise Refused("text_missing", _("Write what has changed."))
    checked = upload.checked() if upload else None
    return _look_again(item.pk, text, actor, checked, upload.name if upload else "")


@one_transaction
def _look_again(item: int, text: str, actor: User, checked: Checked | None, name: str) -> LookAgain:
    handed = _held(item)
    if not _is_own(handed, actor):
        raise Refused("not_yours", _("This is not yours to hand in."))
    _refuse_unless_open(handed)
    if handed.item.state != ItemState.FAILED:
        raise Refused("not_failed", _("Only what was not passed can be looked at again."))
    if handed.open_look:
        raise Refused(
            "asked_already", _("You have asked already. The item comes back as soon as it is decided.")
        )
    if checked:
        _keep(handed, checked, name, actor)
    return _ask(handed, text=text, form=None, actor=actor)


def _ask(handed: HandedIn, *, text: str, form: ItemForm | None, actor: User) -> LookAgain:
    last = _last_decision(handed)
    assert last is not None  # nothing fails without one
    made = LookAgain.objects.create(item=handed.item, decision_id=last, text=text, form=form, by=actor)
    _mark_changed(handed.item)
    record("look_again.asked", actor=actor, target=made, details={"item": handed.item.pk})
    return made


def take_over_plans(*, items: Sequence[int], checkpoints: Collection[int], actor: User | None) -> int:
    """Writes employer, post and contacts of the employment plans on these items of `checkpoints`, which were just passed, to
    the graduates' records, where the plan says something else; returns how many graduates changed.

    One statement, however many; called by the door before clearing, so that the alumni record begins with it. Audited as
    `graduates.plans_taken_over`.
    """
    if not Checkpoint.objects.filter(pk__in=checkpoints, asks_for=AsksFor.EMPLOYMENT).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, {"items": array(items), "kind": AsksFor.EMPLOYMENT.value})
        changed = int(cursor.rowcount)
    if changed:
        record("graduates.plans_taken_over", actor=actor, details={"graduates": changed, "items": len(items)})
    return changed


_TAKE_OVER = """
    WITH plan AS (
        SELECT DISTINCT ON (s.graduate_id) s.graduate_id,
            coalesce(f.data->>'employer', '') AS employer, coalesce(f.data->>'post', '') AS post,
            coalesce(f.data->>'mobile', '') AS mobile, coalesce(f.data->>'email', '') AS email,
            coalesce(f.data->>'address', '') AS address
        FROM leaving_itemform f
        JOIN leaving_clearanceitem i ON i.id = f.item_id
        JOIN leaving_clearancesheet s ON s.id = i.sheet_id
        WHERE f.item_id = ANY(%(items)s::bigint[]) AND f.kind = %(kind)s AND f.handed_in_at IS NOT NULL
        ORDER BY s.graduate_id, f.version DESC
    ), said AS (
        SELECT g.id, CASE WHEN plan.employer = '' THEN g.employer ELSE plan.employer END AS employer,
            CASE WHEN plan.employer = '' THEN g.post ELSE plan.post END AS post,
            CASE WHEN plan.mobile = '' THEN g.mobile ELSE plan.mobile END AS mobile,
            CASE WHEN plan.email = '' THEN g.email ELSE plan.email END AS email,
            CASE WHEN plan.address = '' THEN g.address ELSE plan.address END AS address
        FROM leaving_graduate g JOIN plan ON plan.graduate_id = g.id
        ORDER BY g.id FOR NO KEY UPDATE OF g
    )
    UPDATE leaving_graduate g SET employer = said.employer, post = said.post, mobile = said.mobile, email = said.email,
        address = said.address, updated_at = now()
    FROM said
    WHERE g.id = said.id AND (g.employer, g.post, g.mobile, g.email, g.address)
        IS DISTINCT FROM (said.employer, said.post, said.mobile, said.email, said.address)
"""


def _held(item: int) -> HandedIn:
    """The item as it is, its sheet locked until the end of the transaction."""
    sheets = ClearanceSheet.objects.filter(pk__in=ClearanceItem.objects.filter(pk=item).values("sheet"))
    sheets.select_for_update(no_key=True).get()
    return _handed(item)


def _handed(item: int) -> HandedIn:
    related = ("checkpoint", "owner", "sheet__cohort", "sheet__graduate")
    found = ClearanceItem.objects.select_related(*related).get(pk=item)
    return handed_in_on([found], decisions_on([found]))[item]


def _is_own(handed: HandedIn, actor: User) -> bool:
    return actor.is_active and handed.item.sheet.graduate.user_id == actor.pk


def _may_fill_in(handed: HandedIn, data: Mapping[str, Any], actor: User) -> None:
    if not _is_own(handed, actor):
        raise Refused("not_yours", _("This is not yours to hand in."))
    _refuse_unless_open(handed)
    asked = handed.item.checkpoint.asks_for
    if not asked:
        raise Refused("no_form_wanted", _("No form is needed here."))
    kind = data.get("kind")
    if asked == AsksFor.EMPLOYMENT and kind not in kinds_of_plan(handed.item.sheet.graduate):
        raise Refused("kind_not_for_you", _("Choose what your employment plan is about."))


def _refuse_unless_open(handed: HandedIn) -> None:
    if handed.may:
        return
    if handed.item.sheet.state == SheetState.OPEN and not handed.item.is_open:
        raise Refused("item_decided", _("This is settled. Nothing needs to be handed in any more."))
    raise Refused("sheet_not_open", _("The sheet is not open any more."))


def _last_decision(handed: HandedIn) -> int | None:
    return handed.item.decisions.order_by("-pk").values_list("pk", flat=True).first()


def _mark_changed(item: ClearanceItem) -> None:
    ClearanceItem.objects.filter(pk=item.pk).update(changed_xid=THIS_TRANSACTION)


def _now() -> Any:
    """The time of this transaction, as the database's defaults have it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def _clean_name(name: str, kind: str) -> str:
    """The file's own name without what has no place in one, and with the ending that its content has."""
    stem = os.path.splitext(_UNFIT_FOR_A_NAME.sub("", name.rpartition("/")[2].rpartition("\\")[2]))[0].strip(
        " ."
    )
    return f"{stem[:100] or 'file'}.{'jpg' if kind == 'jpeg' else kind}"
