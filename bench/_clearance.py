"""A cohort of graduates with the published checkpoints, for the measurements of clearance."""

from typing import Any

from django.db import connection, transaction

from bench.framework import emptied
from leaving.choices import CohortState
from leaving.models import Cohort, Graduate, Major
from leaving.models.clearance import DOOR
from leaving.services.checkpoints import apply_published_checkpoints
from portal.departments import demo
from portal.doors import door

YEAR = 2026
COLUMNS = "sheet_id, checkpoint_id, owner_id, supervisor_id, rule_id, state, reason, decided_how, decided_by_id, decided_at"


def cohort_of(graduates: int) -> Cohort:
    """The demo's university and as many graduates, nobody else: four of five are undergraduates, the rest postgraduates of both
    kinds."""
    emptied(Cohort, Major)
    demo.play(0)
    cohort = Cohort.objects.get_or_create(year=YEAR, defaults={"state": CohortState.OPEN})[0]
    apply_published_checkpoints(cohort=cohort, actor=None)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO leaving_major (college_id, name_zh, name_en, code)
            SELECT id, '专业', '', '' FROM departments_department WHERE kind = 'college'
            """
        )
        cursor.execute(_FILL, [cohort.pk, graduates])
    return cohort


# Whatever of the model's columns is not named here and may not be NULL is text, and stays empty.
_NAMED = {
    "uid": "gen_random_uuid()",
    "cohort_id": "%s",
    "student_no": "'S' || n",
    "name": "'毕业生' || n",
    "sex": "'female'",
    "document_type": "'passport'",
    "identity_cipher": "''::bytea",
    "identity_index": "int4send(n)",
    "identity_mask": "'*'",
    "political_status": "CASE n %% 3 WHEN 0 THEN '中共党员' ELSE '共青团员' END",
    "college_id": "m.college_id",
    "major_id": "m.id",
    "grade": "2022",
    "campus_id": "(SELECT min(id) FROM departments_campus) + n %% 2",
    "level": "CASE n %% 5 WHEN 0 THEN 'master' ELSE 'undergraduate' END",
    "study_mode": "'full_time'",
    "certificates": "CASE n %% 10 WHEN 0 THEN 'one' ELSE 'both' END",
    "training": "'open'",
    "supervisor_id": "CASE n %% 5 WHEN 0 THEN (SELECT min(id) FROM accounts_user) + n %% 20 END",
}
_EMPTY = [
    str(field.column)
    for field in Graduate._meta.concrete_fields
    if field.column not in _NAMED and not field.null and not field.primary_key and not field.has_db_default()
]
_FILL = f"""
    INSERT INTO leaving_graduate ({", ".join([*_NAMED, *_EMPTY])})
    SELECT {", ".join([*_NAMED.values(), *["''" for _ in _EMPTY]])}
    FROM generate_series(1, %s) AS n
    JOIN (SELECT id, college_id, row_number() OVER (ORDER BY id) - 1 AS place FROM leaving_major) m ON m.place = n %% 13
"""  # noqa: S608


def by_the_door(sql: str, parameters: list[Any] | None = None) -> int:
    """Runs one bare statement in a transaction of its own, with the door open; returns the rows it touched."""
    with transaction.atomic(), door(DOOR), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
