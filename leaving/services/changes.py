"""Which items a verb finds and what it makes of them: the parts that `states.write` puts together."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaving.choices import DecidedBy, ItemState, Verb
from leaving.models import ClearanceItem

XID = "pg_current_xact_id()::text::bigint"
# From which states a verb leads where. To reopen what still waits for a gate leads to `waiting`, see `settle_waiting`.
FROM: dict[Verb, list[ItemState]] = {
    Verb.PASS: [ItemState.PENDING, ItemState.FAILED],
    Verb.FAIL: [ItemState.PENDING, ItemState.FAILED],
    Verb.WAIVE: [ItemState.PENDING, ItemState.FAILED],
    Verb.REOPEN: [ItemState.PASSED, ItemState.FAILED, ItemState.WAIVED],
}
# What the data passed, people may fail or waive without reopening it: it would pass again at once.
OVER_DATA = (Verb.FAIL, Verb.WAIVE)
TO = {
    Verb.PASS: ItemState.PASSED,
    Verb.FAIL: ItemState.FAILED,
    Verb.WAIVE: ItemState.WAIVED,
    Verb.REOPEN: ItemState.PENDING,
}


def possible(item: ClearanceItem) -> list[Verb]:
    """The verbs that lead on from the state the item is in; what data have passed is decided against them at once: reopened, it
    would pass again."""
    over_data = OVER_DATA if (item.state, item.decided_how) == (ItemState.PASSED, DecidedBy.DATA) else ()
    return [verb for verb in Verb if item.state in FROM[verb] or verb in over_data]


# Something that comes before an item `i` is not done. Asked of failed ones only: what nobody has decided waits as `waiting`.
HELD_UP = f"""EXISTS (
    SELECT 1 FROM leaving_clearanceitem q
    WHERE q.sheet_id = i.sheet_id AND q.state IN ('{"', '".join(ItemState.open())}') AND q.checkpoint_id IN (
        SELECT n.first_id FROM leaving_prerequisiteinforce n WHERE n.checkpoint_id = i.checkpoint_id))"""  # noqa: S608  choices of this module


@dataclass(frozen=True, slots=True)
class Change:
    """Which items `i` of sheets `s` a verb finds in which state (`f.before`), and what it makes of each: parts of a statement.

    The parameters are those of `states.write`; its ids are of items or, for what data say, of sheets. Texts that are `said` go to
    the history, which says what the item says unless told otherwise.
    """

    where: str
    joins: str = ""
    states: Sequence[str] | None = None  # else those the verb leads from
    after: str = "%(to)s"
    reason: str = "%(reason)s"
    reason_en: str = "%(reason_en)s"
    said: str = "i.reason"
    said_en: str = "i.reason_en"
    actor: str = "%(actor)s::bigint"
    at: str = "now()"
    how: str = "%(how)s"
    on_behalf_of: str = "CASE WHEN i.id = ANY(%(delegated)s) THEN i.supervisor_id END"


# Behind a SELECT the planner does not look at thousands of constants one by one, which takes longer than to find the rows.
_ASKED = f"""i.id = ANY((SELECT %(ids)s::bigint[])::bigint[])
    AND (i.state <> 'passed' OR NOT %(over_data)s OR i.decided_how = 'data')
    AND (i.state = 'pending' OR %(verb)s = 'reopen' OR NOT {HELD_UP})
    AND (%(seen)s IS NULL OR i.changed_xid = {XID}
        OR pg_visible_in_snapshot(i.changed_xid::text::xid8, %(seen)s::text::pg_snapshot))"""
BY_STATE = Change(_ASKED)
# The same with a reason for each item.
BY_REASON = Change(
    f"{_ASKED} AND r.id = i.id",
    joins="""CROSS JOIN unnest(%(ids)s::bigint[], %(reasons)s::text[], %(reasons_en)s::text[]) AS r (id, reason, reason_en)""",
    reason="r.reason",
    reason_en="r.reason_en",
)
# Back to what the history says was before: the latest earlier decision that stood then, neither taken back nor a taking back.
# Where none has led to the state before, a rule has.
BY_BATCH = Change(
    """d.item_id = i.id
    AND NOT EXISTS (SELECT 1 FROM leaving_decision l WHERE l.item_id = d.item_id AND l.id > d.id)""",
    joins="""JOIN leaving_decision d ON d.batch_id = %(undoes)s
        LEFT JOIN LATERAL (
            SELECT * FROM (
                SELECT h.*, b.actor_id, b.at, b.how, b.undoes_id, array_agg(b.undoes_id) OVER () AS undone
                FROM leaving_decision h JOIN leaving_decisionbatch b ON b.id = h.batch_id
                WHERE h.item_id = d.item_id AND h.id < d.id) h
            WHERE h.undoes_id IS NULL AND (h.batch_id = ANY(h.undone)) IS NOT TRUE
            ORDER BY h.id DESC LIMIT 1) p ON p.after = d.before""",
    states=ItemState.values,
    after="d.before",
    reason="coalesce(p.reason, '')",
    reason_en="coalesce(p.reason_en, '')",
    said="''",
    said_en="''",
    actor="p.actor_id",
    at="coalesce(p.at, CASE d.before WHEN 'passed' THEN s.opened_at END)",
    how="coalesce(p.how, CASE d.before WHEN 'passed' THEN 'rule' ELSE '' END)",
    on_behalf_of="p.on_behalf_of_id",
)
