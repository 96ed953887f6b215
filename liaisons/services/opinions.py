"""The three opinions (L2): class, college, alumni centre, in this order and by three persons."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from liaisons.choices import NominationState, Step
from liaisons.models import Nomination, Opinion
from liaisons.models.rounds import is_over
from liaisons.selectors.reach import may_give_opinion
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused


@one_transaction
def give_opinion(
    *, nominations: Iterable[int], step: Step, favourable: bool, actor: User, text: str = "", signer: str = ""
) -> int:
    """Gives the opinion of `step` on all of `nominations` (ids); returns how many.

    `signer` is the name under the opinion on the printed form, by default the actor's. Favourable, each goes on to the next step;
    not favourable, which needs a text, it ends there. All or none: Refused when one is not the actor's to judge, does not wait
    for this opinion, or its deadline has passed. Audited once, as `liaisons.opinion_given`.
    """
    text, signer = text.strip(), signer.strip() or actor.name
    if not favourable and not text:
        raise Refused("reason_missing", _("Say why: an opinion that is not favourable needs a reason."))
    held = _held(nominations, step, actor)
    for nomination in held:
        if nomination.state != step.state:
            raise Refused(
                "not_waiting",
                _("%(name)s does not wait for this opinion: %(state)s.")
                % {"name": nomination.name, "state": nomination.get_state_display()},
            )
        deadline = nomination.round.deadline(step)
        if is_over(deadline):
            raise Refused(
                "deadline_passed",
                _("The last day for this opinion was %(day)s. The alumni centre can set a later one.")
                % {"day": deadline},
            )
    Opinion.objects.bulk_create(
        Opinion(
            nomination=nomination, step=step, favourable=favourable, text=text, signer=signer, given_by=actor
        )
        for nomination in held
    )
    state = step.following if favourable else NominationState.DECLINED
    Nomination.objects.filter(pk__in=[each.pk for each in held]).update(state=state)
    _record("liaisons.opinion_given", held, step, actor, reason=text, favourable=favourable, signer=signer)
    return len(held)


@one_transaction
def take_back_opinion(*, nominations: Iterable[int], step: Step, actor: User) -> int:
    """Takes the opinion of `step` back, as long as nothing was built on it; returns how many (decision 5).

    For whoever may give it. The opinion stays in the history. Audited as `liaisons.opinion_taken_back`.
    """
    held = _held(nominations, step, actor)
    opinions = {
        opinion.nomination_id: opinion
        for opinion in Opinion.objects.filter(nomination__in=held, step=step).select_for_update()
    }
    for nomination in held:
        opinion = opinions.get(nomination.pk)
        reached = step.following if opinion and opinion.favourable else NominationState.DECLINED
        if opinion is None or nomination.state != reached:
            raise Refused(
                "opinion_used",
                _("The opinion on %(name)s can no longer be taken back.") % {"name": nomination.name},
            )
    Opinion.objects.filter(pk__in=[opinion.pk for opinion in opinions.values()]).delete()
    Nomination.objects.filter(pk__in=[each.pk for each in held]).update(state=step.state)
    _record("liaisons.opinion_taken_back", held, step, actor)
    return len(held)


def _held(nominations: Iterable[int], step: Step, actor: User) -> list[Nomination]:
    """Locks the nominations, then asks again whether they are the actor's to judge."""
    ids = set(nominations)
    if not ids:
        raise Refused("nothing_chosen", _("Choose at least one nomination."))
    held = list(
        Nomination.objects.filter(pk__in=ids)
        .select_related("round", "college")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if may_give_opinion(actor, step).filter(pk__in=ids).count() != len(ids):
        raise Refused(
            "not_allowed", _("Among these are nominations on which this opinion is not yours to give.")
        )
    return held


def _record(
    verb: str, held: list[Nomination], step: Step, actor: User, *, reason: str = "", **details: object
) -> None:
    record(
        verb,
        actor=actor,
        target=held[0] if len(held) == 1 else "",
        department=",".join(sorted({nomination.college.code for nomination in held}))[:32],
        reason=reason,
        details={"step": step, "nominations": [nomination.uid for nomination in held], **details},
    )
