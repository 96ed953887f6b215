"""What the rules would make of every item of a cohort: the one plan that the rules' page counts and publishing carries out.

The plan has a row per graduate and checkpoint: what is there, what the rules as they are now want, and what will be there.
It knows the decisions that stand, what waits for what, and whose sheet would be complete. Whoever counts it and whoever
carries it out reads the same rows, so that the two cannot disagree (decision 13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import ManyToOneRel, QuerySet

from leaving.choices import DecidedBy, ItemState, OwnerKind, RuleOutcome
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet, Graduate
from leaving.selectors.applicability import ON_SHEET, decided_by, first_rule, nobody, prerequisites

# Nobody has decided it: a rule may change it.
UNDECIDED = f"""(i.state IN ('{ItemState.PENDING}', '{ItemState.WAITING}', '{ItemState.EXEMPT}')
    OR (i.state = '{ItemState.PASSED}' AND i.decided_how = '{DecidedBy.RULE}'))"""
# What a rule's outcome makes of an item; `pending` stands for `waiting` too until it is known what is done before it.
WISHED = {
    RuleOutcome.REQUIRED: ItemState.PENDING,
    RuleOutcome.PASSED: ItemState.PASSED,
    RuleOutcome.EXEMPT: ItemState.EXEMPT,
}
_WHENS = " ".join(f"WHEN '{outcome}' THEN '{state}'" for outcome, state in WISHED.items())
WISH = f"CASE r.outcome {_WHENS} END"
# Opened again by a person: a person decides it, no rule.
IN_HANDS = f"(r.outcome = '{RuleOutcome.PASSED}' AND i.decided_how NOT IN ('', '{DecidedBy.RULE}'))"
AIM = f"""CASE WHEN i.id IS NULL THEN {WISH}
    WHEN NOT {UNDECIDED} THEN i.state
    WHEN r.id IS NULL THEN CASE WHEN %(remembered)s THEN '{ItemState.EXEMPT}' END
    WHEN {IN_HANDS} THEN '{ItemState.PENDING}'
    ELSE {WISH} END"""
OPEN = f"('{ItemState.PENDING}', '{ItemState.FAILED}')"
DONE = f"('{ItemState.PASSED}', '{ItemState.WAIVED}')"


@dataclass(frozen=True, slots=True)
class Plan:
    """A SELECT and its parameters. Its columns:

    `sheet_id` and `item_id` (NULL: yet to be made), `graduate_id`, `checkpoint_id`, `undecided`, `outcome` (of the rule that
    fits; NULL: none, or not to be listed), `before` and `after` (states; NULL: not there), `rule_id`, `owner_id` and
    `supervisor_id` (as they will be), `had_rule`, `had_owner`, `had_supervisor`, and `complete`: whether nothing will be open
    on this graduate's sheet and something done.
    """

    sql: str
    parameters: tuple[Any, ...]


def plan(
    checkpoints: Sequence[Checkpoint],
    *,
    sheets: QuerySet[ClearanceSheet],
    graduates: QuerySet[Graduate] | None = None,
) -> Plan:
    """The plan for open `sheets` and for `graduates` whose sheets are yet to be made, by the rules of `checkpoints`.

    `checkpoints` are as `checkpoints_of` fetches them. Given only some of a cohort, the rows of those whose prerequisites are
    among them are right, but for `complete`.
    """
    names = ["sheet_id", "graduate_id", "supervisor_id"]
    names += [f"{what}_{place}" for place in range(len(checkpoints)) for what in ("rule", "owner")]
    sources = [
        _wide(sheets.order_by(), checkpoints, ("pk", "graduate_id", f"{ON_SHEET}supervisor_id"), ON_SHEET)
    ]
    if graduates is not None:
        without = graduates.order_by().annotate(m_sheet=nobody())
        sources.append(_wide(without, checkpoints, ("m_sheet", "pk", "supervisor_id"), ""))
    ids, bits, needs, rules, owners, supervisors = zip(*_planned(checkpoints), strict=True)
    return Plan(
        f"""
        SELECT *, CASE WHEN aim = '{ItemState.PENDING}' AND (is_open & needs) <> B'{"0" * len(checkpoints)}'
                THEN '{ItemState.WAITING}' ELSE aim END AS after,
            is_open IS NULL AND achieved AS complete
        FROM (
            SELECT *, bit_or(bit) FILTER (WHERE aim IN {OPEN}) OVER sheet AS is_open,
                bool_or(coalesce(aim IN {DONE}, false)) OVER sheet AS achieved
            FROM (
                SELECT v.sheet_id, v.graduate_id, v.checkpoint_id, v.bit, v.needs, r.outcome, i.id AS item_id,
                    coalesce({UNDECIDED}, true) AS undecided, i.state AS before, {AIM % {"remembered": _remembered()}} AS aim,
                    CASE WHEN coalesce({UNDECIDED}, true) THEN r.id ELSE i.rule_id END AS rule_id,
                    CASE WHEN {_follows()} THEN v.owner_id ELSE i.owner_id END AS owner_id,
                    CASE WHEN {_follows()} THEN v.supervisor_id ELSE i.supervisor_id END AS supervisor_id,
                    i.rule_id AS had_rule, i.owner_id AS had_owner, i.supervisor_id AS had_supervisor
                FROM (  -- arrays side by side: a VALUES would be made ready anew for every sheet
                    SELECT w.sheet_id, w.graduate_id, {_side_by_side(ids)} AS checkpoint_id, {_side_by_side(bits)} AS bit,
                        {_side_by_side(needs)} AS needs, {_side_by_side(rules)} AS rule_id, {_side_by_side(owners)} AS owner_id,
                        {_side_by_side(supervisors)} AS supervisor_id
                    FROM ({" UNION ALL ".join(sql for sql, _ in sources)}) AS w ({", ".join(names)})) AS v
                LEFT JOIN leaving_checkpointrule r ON r.id = v.rule_id AND r.outcome <> '{RuleOutcome.ABSENT}'
                LEFT JOIN leaving_clearanceitem i ON i.sheet_id = v.sheet_id AND i.checkpoint_id = v.checkpoint_id
            ) AS aimed
            WINDOW sheet AS (PARTITION BY graduate_id)
        ) AS planned""",  # noqa: S608  choices of the app, ids, and SQL of the ORM, whose values are parameters
        tuple(value for _, parameters in sources for value in parameters),
    )


def wishes(checkpoints: Sequence[Checkpoint], *, sheets: QuerySet[ClearanceSheet]) -> Plan:
    """What the plan would say of `sheets` that have no items yet, without looking for items, decisions and what is complete.

    Columns: `sheet_id`, `checkpoint_id`, `after`, `rule_id`, `owner_id`, `supervisor_id`; a row per item to be made, in the
    order of the sheets.
    """
    names = ["sheet_id", "supervisor_id"]
    names += [f"{what}_{place}" for place in range(len(checkpoints)) for what in ("rule", "owner")]
    sql, parameters = _wide(sheets.order_by("pk"), checkpoints, ("pk", f"{ON_SHEET}supervisor_id"), ON_SHEET)
    ids, states, rules, owners, supervisors = zip(*_wishes(checkpoints), strict=True)
    return Plan(
        f"""
        SELECT * FROM (  -- arrays, as in the plan
            SELECT w.sheet_id, {_side_by_side(ids)} AS checkpoint_id, {_side_by_side(states)} AS after,
                {_side_by_side(rules)} AS rule_id, {_side_by_side(owners)} AS owner_id,
                {_side_by_side(supervisors)} AS supervisor_id
            FROM ({sql} OFFSET 0) AS w ({", ".join(names)})  -- OFFSET, so that each rule is asked only once
        ) AS wished WHERE after IS NOT NULL""",  # noqa: S608  as above
        parameters,
    )


def _side_by_side(values: Iterable[str]) -> str:
    """SQL that gives these values one below the other, beside those of its neighbours."""
    return f"unnest(ARRAY[{', '.join(values)}])"


def _wide(
    rows: QuerySet[Any], checkpoints: Sequence[Checkpoint], who: tuple[str, ...], path: str
) -> tuple[str, tuple[Any, ...]]:
    """One row per graduate: who, and per checkpoint the rule that fits and the department that decides."""
    wanted = {}
    for place, checkpoint in enumerate(checkpoints):
        wanted[f"m_rule_{place}"] = first_rule(checkpoint, path)
        wanted[f"m_owner_{place}"] = decided_by(checkpoint, path)
    sql, parameters = rows.annotate(**wanted).values_list(*who, *wanted).query.sql_with_params()
    return sql, parameters


def _planned(checkpoints: Sequence[Checkpoint]) -> Iterable[tuple[str, ...]]:
    """Per checkpoint: its id, its place among the bits, those of what is before it, and where the wide row has who decides it."""
    needs = prerequisites(checkpoints)
    for place, checkpoint in enumerate(checkpoints):
        bits = "".join("1" if one.pk == checkpoint.pk else "0" for one in checkpoints)
        before = "".join("1" if one.pk in needs[checkpoint.pk] else "0" for one in checkpoints)
        yield f"{checkpoint.pk:d}::bigint", f"B'{bits}'", f"B'{before}'", *_decides(place, checkpoint)


def _wishes(checkpoints: Sequence[Checkpoint]) -> Iterable[tuple[str, ...]]:
    """Per checkpoint: its id, the state that the rule which fits makes of an item that nobody has decided, and who decides it."""
    needs = prerequisites(checkpoints)
    for place, checkpoint in enumerate(checkpoints):
        waits = " OR ".join(
            f"w.rule_{other} = {rule.pk:d}"
            for other, one in enumerate(checkpoints)
            if one.pk in needs[checkpoint.pk]
            for rule in one.rules.all()
            if rule.outcome == RuleOutcome.REQUIRED
        )
        yield (
            f"{checkpoint.pk:d}::bigint",
            _wished_state(place, checkpoint, waits or "false"),
            *_decides(place, checkpoint),
        )


def _wished_state(place: int, checkpoint: Checkpoint, waits: str) -> str:
    """NULL where no rule fits, or one that does not list the checkpoint."""
    made = []
    for rule in checkpoint.rules.all():
        state = WISHED.get(RuleOutcome(rule.outcome))
        aim = f"'{state}'" if state else "NULL"
        if state == ItemState.PENDING:
            aim = f"CASE WHEN {waits} THEN '{ItemState.WAITING}' ELSE {aim} END"
        made.append(f"WHEN {rule.pk:d} THEN {aim}")
    return f"CASE w.rule_{place} {' '.join(made)} END" if made else "NULL"


def _decides(place: int, checkpoint: Checkpoint) -> tuple[str, str, str]:
    """Rule, department and supervisor, as the wide row has them."""
    supervisor = "w.supervisor_id" if checkpoint.owner_kind == OwnerKind.SUPERVISOR else "NULL::bigint"
    return f"w.rule_{place}", f"w.owner_{place}", supervisor


def _follows() -> str:
    """Whether the item goes to whom the rules say: undecided ones, what did not pass, which is decided once more, and what data
    passed, which is for the data of the new department to say."""
    again = f"i.state = '{ItemState.FAILED}' OR i.decided_how = '{DecidedBy.DATA}'"
    return f"i.id IS NULL OR (r.id IS NOT NULL AND ({UNDECIDED} OR {again}))"


def _remembered() -> str:
    """Whether anything in the database refers to the item (decisions, what was handed in …): then it is not deleted."""
    relations = (
        field
        for field in ClearanceItem._meta.get_fields(include_hidden=True)
        if isinstance(field, ManyToOneRel)
    )
    tables = sorted((relation.related_model._meta.db_table, relation.field.column) for relation in relations)
    found = (f"EXISTS (SELECT 1 FROM {table} h WHERE h.{column} = i.id)" for table, column in tables)  # noqa: S608
    return f"({' OR '.join(found)})"
