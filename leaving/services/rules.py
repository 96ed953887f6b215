"""Taking a cohort's checkpoints over to another year (C3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from leaving.choices import CohortState
from leaving.models import Checkpoint, CheckpointRule, ClearanceItem, Cohort
from leaving.selectors.cohorts import cohort_coded
from leaving.services.checkpoints import refuse_unless_may_set_up
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

M = TypeVar("M", bound=models.Model)

# What belongs to a checkpoint and goes with it, by the name of its foreign key. Everything else that refers to one is
# about a cohort's graduates and stays behind.
PARTS: tuple[tuple[type[models.Model], str], ...] = ((CheckpointRule, "checkpoint"),)


@dataclass(frozen=True, slots=True)
class Copied:
    """Where the checkpoints went, how many, and how many made room for them."""

    cohort: Cohort
    checkpoints: int
    replaced: int


@one_transaction
def copy_checkpoints(*, source: Cohort, code: int, actor: User | None, replace: bool = False) -> Copied:
    """Gives the cohort of that `code` (2027, 202612) the checkpoints of `source`: every field, rules, prerequisites.

    Makes that cohort if need be. Checkpoints that are there already are replaced with `replace`, so that a second run comes
    to the same. Audited as `checkpoints.copied`. Raises Refused: no right, nothing to copy, the same or a closed cohort,
    checkpoints there (`checkpoints_there`), or in use on sheets (`checkpoints_in_use`).
    """
    refuse_unless_may_set_up(actor)
    if source.code == code:
        raise Refused("same_cohort", _("Choose another cohort than the one that is copied."))
    target = cohort_coded(code) or Cohort.objects.create(year=code)
    list(Cohort.objects.select_for_update(no_key=True).filter(pk__in=[source.pk, target.pk]).order_by("pk"))
    target.refresh_from_db()
    if target.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("The cohort %(year)s is closed.") % {"year": target})
    checkpoints = list(source.checkpoints.order_by("pk"))
    if not checkpoints:
        raise Refused("nothing_to_copy", _("The cohort %(year)s has no checkpoints.") % {"year": source})
    replaced = _make_room(target, replace=replace)
    copies = {one.pk: _copy(one, cohort=target) for one in checkpoints}
    for one in checkpoints:
        _copy_links(one, copies[one.pk], within=copies)
        for model, link in PARTS:
            for part in model._default_manager.filter(**{link: one}).order_by("pk"):
                _copy_links(part, _copy(part, **{link: copies[one.pk]}), within=copies)
    record(
        "checkpoints.copied",
        actor=actor,
        target=f"leaving.cohort:{target.code}",
        details={"from": source.code, "checkpoints": len(copies), "replaced": replaced},
    )
    return Copied(target, len(copies), replaced)


def _make_room(target: Cohort, *, replace: bool) -> int:
    year = {"year": target}
    there = target.checkpoints.all()
    number = there.count()
    in_use = Refused(
        "checkpoints_in_use",
        _("The checkpoints of the cohort %(year)s stand on sheets already, so they cannot be replaced.")
        % year,
    )
    if ClearanceItem.objects.filter(checkpoint__in=there).exists():
        raise in_use
    if number and not replace:
        raise Refused(
            "checkpoints_there",
            _("The cohort %(year)s has checkpoints already. Say that they shall be replaced.") % year,
        )
    try:
        there.delete()
    except ProtectedError as error:
        raise in_use from error
    return number


def _copy(original: M, **instead: Any) -> M:
    """A new row with every field of `original` but its keys, and with these values instead."""
    copied = {
        field.attname: getattr(original, field.attname)
        for field in original._meta.concrete_fields
        if not field.unique and field.name not in instead
    }
    made = type(original)(**copied, **instead)
    made.save(force_insert=True)
    return made


def _copy_links(original: models.Model, made: models.Model, *, within: Mapping[int, Checkpoint]) -> None:
    """The many-to-many fields; those to checkpoints lead to the copies (`within`)."""
    for field in original._meta.many_to_many:
        linked: list[models.Model] = list(getattr(original, field.name).all())
        if field.related_model is Checkpoint:
            linked = [within[one.pk] for one in linked if one.pk in within]
        getattr(made, field.name).set(linked)
