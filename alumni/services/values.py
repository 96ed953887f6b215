"""The one door through which contacts and employers are written: the new value becomes current, the old one history."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from alumni.choices import ContactKind, Source


@dataclass(frozen=True, slots=True)
class ToldContact:
    """What somebody told us about reaching a person; an empty value means there is none any more."""

    person_id: int
    kind: ContactKind | str
    value: str


@dataclass(frozen=True, slots=True)
class ToldEmployment:
    """Where a person works now; an empty employer means nowhere that we know of."""

    person_id: int
    employer: str
    post: str = ""


# Values equal to the current ones are no news. Both statements see the same news: the first only takes
# the mark of currency from the values that the second replaces.
CONTACT_NEWS = """
    WITH news AS (
        SELECT told.person_id, told.kind, told.value
        FROM unnest(%(people)s::bigint[], %(kinds)s::text[], %(values)s::text[]) AS told (person_id, kind, value)
        LEFT JOIN alumni_contactpoint held
            ON held.person_id = told.person_id AND held.kind = told.kind AND held.is_current
        WHERE told.value <> COALESCE(held.value, '')
    )
"""
RETIRE_CONTACTS = (
    CONTACT_NEWS  # noqa: S608 (made of constants)
    + """
    UPDATE alumni_contactpoint old SET is_current = false FROM news
    WHERE old.person_id = news.person_id AND old.kind = news.kind AND old.is_current
    RETURNING news.value = ''
"""
)
INSERT_CONTACTS = (
    CONTACT_NEWS  # noqa: S608 (made of constants)
    + """
    INSERT INTO alumni_contactpoint (person_id, kind, value, source, is_current)
    SELECT person_id, kind, value, %(source)s, true FROM news WHERE value <> '' ORDER BY person_id, kind
"""
)
EMPLOYMENT_NEWS = """
    WITH news AS (
        SELECT told.person_id, told.employer, told.post
        FROM unnest(%(people)s::bigint[], %(employers)s::text[], %(posts)s::text[])
            AS told (person_id, employer, post)
        LEFT JOIN alumni_employment held ON held.person_id = told.person_id AND held.is_current
        WHERE (told.employer, told.post) <> (COALESCE(held.employer, ''), COALESCE(held.post, ''))
    )
"""
RETIRE_EMPLOYMENTS = (
    EMPLOYMENT_NEWS  # noqa: S608 (made of constants)
    + """
    UPDATE alumni_employment old SET is_current = false FROM news
    WHERE old.person_id = news.person_id AND old.is_current
    RETURNING news.employer = ''
"""
)
INSERT_EMPLOYMENTS = (
    EMPLOYMENT_NEWS  # noqa: S608 (made of constants)
    + """
    INSERT INTO alumni_employment (person_id, employer, post, source, is_current)
    SELECT person_id, employer, post, %(source)s, true FROM news WHERE employer <> '' ORDER BY person_id
"""
)


def write_contacts(told: Iterable[ToldContact], *, source: Source) -> int:
    """Makes each told value current and returns how many changed, those taken away included.

    Two statements however many there are; at most one value per person and kind. The caller holds the people's
    rows, so that two who tell at once come one after the other, and writes the audit entry.
    """
    rows = list(told)
    arguments = {
        "people": [row.person_id for row in rows],
        "kinds": [str(row.kind) for row in rows],
        "values": [row.value for row in rows],
        "source": source.value,
    }
    return _replace(RETIRE_CONTACTS, INSERT_CONTACTS, arguments) if rows else 0


def write_employments(told: Iterable[ToldEmployment], *, source: Source) -> int:
    """The same for employers and posts; at most one per person."""
    rows = list(told)
    arguments = {
        "people": [row.person_id for row in rows],
        "employers": [row.employer for row in rows],
        "posts": [row.post if row.employer else "" for row in rows],
        "source": source.value,
    }
    return _replace(RETIRE_EMPLOYMENTS, INSERT_EMPLOYMENTS, arguments) if rows else 0


@transaction.atomic
def _replace(retire: str, insert: str, arguments: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(retire, arguments)
        taken_away = sum(emptied for (emptied,) in cursor.fetchall())
        cursor.execute(insert, arguments)
        return int(taken_away + cursor.rowcount)
