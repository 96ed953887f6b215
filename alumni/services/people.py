"""From graduate to alumnus: the cleared become people with degrees, contacts and employers (A1, C9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from alumni.choices import ContactKind, Source
from alumni.models import Degree, Person
from alumni.selectors.people import people_managed_by
from alumni.services.values import ToldContact, ToldEmployment, write_contacts, write_employments
from leaving.models import Graduate
from leaving.services.identity import bound_to as graduate_bound_to
from portal.accounts.models import User
from portal.audit.services import record
from portal.crypto import decrypt, encrypt
from portal.errors import Refused
from portal.pinyin import sort_key

DEGREES = """
    INSERT INTO alumni_degree (
        uid, person_id, graduate_id, cohort_year, college_id, major, school_class_id, grade, level, study_mode,
        student_no, graduated_on
    )
    SELECT gen_random_uuid(), person.id, graduate.id, cohort.year, graduate.college_id, major.name_zh,
        graduate.school_class_id, graduate.grade, graduate.level, graduate.study_mode, graduate.student_no,
        graduate.graduated_on
    FROM leaving_graduate graduate
    JOIN alumni_person person ON person.identity_index = graduate.identity_index
    JOIN leaving_cohort cohort ON cohort.id = graduate.cohort_id
    JOIN leaving_major major ON major.id = graduate.major_id
    WHERE graduate.id = ANY(%(graduates)s)
    ORDER BY graduate.id
    ON CONFLICT (graduate_id) DO UPDATE SET
        person_id = EXCLUDED.person_id, cohort_year = EXCLUDED.cohort_year, college_id = EXCLUDED.college_id,
        major = EXCLUDED.major, school_class_id = EXCLUDED.school_class_id, grade = EXCLUDED.grade,
        level = EXCLUDED.level, study_mode = EXCLUDED.study_mode, student_no = EXCLUDED.student_no,
        graduated_on = EXCLUDED.graduated_on, withdrawn_at = NULL
    WHERE alumni_degree.withdrawn_at IS NOT NULL OR (
        alumni_degree.person_id, alumni_degree.cohort_year, alumni_degree.college_id, alumni_degree.major,
        alumni_degree.school_class_id, alumni_degree.grade, alumni_degree.level, alumni_degree.study_mode,
        alumni_degree.student_no, alumni_degree.graduated_on
    ) IS DISTINCT FROM (
        EXCLUDED.person_id, EXCLUDED.cohort_year, EXCLUDED.college_id, EXCLUDED.major, EXCLUDED.school_class_id,
        EXCLUDED.grade, EXCLUDED.level, EXCLUDED.study_mode, EXCLUDED.student_no, EXCLUDED.graduated_on
    )
    RETURNING xmax = 0
"""
# Of several degrees only the newest speaks for the person: an old record brought up to date must not
# bring back the telephone number of those days.
SPEAKING = """
    WITH speaking AS (
        SELECT degree.person_id, graduate.*
        FROM leaving_graduate graduate
        JOIN alumni_degree degree ON degree.graduate_id = graduate.id
        WHERE graduate.id = ANY(%(graduates)s) AND NOT EXISTS (
            SELECT FROM alumni_degree newer
            WHERE newer.person_id = degree.person_id
                AND (newer.cohort_year, newer.id) > (degree.cohort_year, degree.id)
        )
    )
"""
PEOPLE = (
    SPEAKING
    + """
    UPDATE alumni_person person SET
        name = speaking.name, name_pinyin = speaking.name_pinyin, sex = speaking.sex,
        birth_date = speaking.birth_date, nationality = speaking.nationality,
        sort_key = CASE WHEN speaking.sort_key <> '' THEN speaking.sort_key ELSE person.sort_key END
    FROM speaking
    WHERE person.id = speaking.person_id AND (
        person.name, person.name_pinyin, person.sex, person.birth_date, person.nationality
    ) IS DISTINCT FROM (
        speaking.name, speaking.name_pinyin, speaking.sex, speaking.birth_date, speaking.nationality
    )
"""
)
# What the record said the last time is not said again: the alumnus may have told us better since.
CONTACTS = (
    SPEAKING  # noqa: S608 (made of constants)
    + """
    SELECT speaking.person_id, told.kind, told.value
    FROM speaking CROSS JOIN LATERAL (VALUES
        ('mobile', mobile), ('wechat', wechat), ('qq', qq), ('email', email), ('address', address),
        ('identity_address', identity_address)
    ) AS told (kind, value)
    WHERE told.value <> '' AND told.value IS DISTINCT FROM (
        SELECT said.value FROM alumni_contactpoint said
        WHERE said.person_id = speaking.person_id AND said.kind = told.kind AND said.source = %(source)s
        ORDER BY said.id DESC LIMIT 1
    )
"""
)
EMPLOYMENTS = (
    SPEAKING  # noqa: S608 (made of constants)
    + """
    SELECT speaking.person_id, speaking.employer, speaking.post
    FROM speaking
    WHERE speaking.employer <> '' AND NOT COALESCE((
        SELECT (said.employer, said.post) = (speaking.employer, speaking.post) FROM alumni_employment said
        WHERE said.person_id = speaking.person_id AND said.source = %(source)s
        ORDER BY said.id DESC LIMIT 1
    ), false)
"""
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the graduates handed over."""

    people: int  # new
    degrees: int  # new
    values: int  # contacts and employers that became current


def bound_to(person: Person) -> str:
    """What the ciphertext of a person's number is bound to."""
    return f"alumni_person.identity:{person.uid}"


@transaction.atomic
def record_graduates(*, graduate_ids: Sequence[int], actor: User | None) -> Recorded:
    """Makes alumni of graduates: one person per identity, one degree per graduate, contacts and employer with
    source and date (A1). Again for the same graduates it writes what has changed since, and nothing else.

    A fixed number of statements for one or forty thousand. Audited as `alumni.recorded`.
    """
    if not graduate_ids:
        return Recorded(0, 0, 0)
    arguments: dict[str, Any] = {"graduates": list(graduate_ids), "source": Source.GRADUATE.value}
    people = _add_people(graduate_ids)
    _hold_people(graduate_ids)
    with connection.cursor() as cursor:
        cursor.execute(DEGREES, arguments)
        degrees = sum(new for (new,) in cursor.fetchall())
        cursor.execute(PEOPLE, arguments)
        cursor.execute(CONTACTS, arguments)
        contacts = [ToldContact(*row) for row in cursor.fetchall()]
        cursor.execute(EMPLOYMENTS, arguments)
        employments = [ToldEmployment(*row) for row in cursor.fetchall()]
    values = write_contacts(contacts, source=Source.GRADUATE)
    values += write_employments(employments, source=Source.GRADUATE)
    recorded = Recorded(people, degrees, values)
    record(
        "alumni.recorded",
        actor=actor,
        details={"graduates": len(graduate_ids), "people": people, "degrees": degrees, "values": values},
    )
    return recorded


@transaction.atomic
def withdraw_graduates(*, graduate_ids: Sequence[int], actor: User | None) -> int:
    """Takes the degrees of these graduates out of everybody's sight: their clearing was taken back (C9). Returns how many.

    Nothing is lost: person, contacts and what was added since stay, and `record_graduates` brings the degree back with the
    next clearing. Audited as `alumni.withdrawn`.
    """
    degrees = Degree.objects.filter(graduate__in=graduate_ids, withdrawn_at=None)
    withdrawn = degrees.update(withdrawn_at=timezone.now())
    if withdrawn:
        record("alumni.withdrawn", actor=actor, details={"degrees": withdrawn})
    return withdrawn


def _add_people(graduate_ids: Sequence[int]) -> int:
    """A person for each identity that has none yet. Only those are decrypted, to be bound to the person."""
    known = Person.objects.filter(identity_index=OuterRef("identity_index"))
    newcomers = (
        Graduate.objects.filter(~Exists(known), pk__in=graduate_ids)
        .order_by("identity_index", "-cohort__year", "-pk")
        .distinct("identity_index")
    )
    made = [_person_from(graduate) for graduate in newcomers]
    Person.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _person_from(graduate: Graduate) -> Person:
    number = decrypt(bytes(graduate.identity_cipher), bound_to=graduate_bound_to(graduate.uid))
    person = Person(
        name=graduate.name,
        name_pinyin=graduate.name_pinyin,
        sort_key=graduate.sort_key or sort_key(graduate.name),
        sex=graduate.sex,
        birth_date=graduate.birth_date,
        nationality=graduate.nationality,
        document_type=graduate.document_type,
        identity_index=graduate.identity_index,
        identity_mask=graduate.identity_mask,
    )
    person.identity_cipher = encrypt(number, bound_to=bound_to(person))
    return person


def _hold_people(graduate_ids: Sequence[int]) -> None:
    """Locks the people in order, so that two who write about the same person come one after the other."""
    indexes = Graduate.objects.filter(pk__in=graduate_ids).values("identity_index")
    list(
        Person.objects.filter(identity_index__in=indexes).order_by("pk").select_for_update().values_list("pk")
    )


@transaction.atomic
def update_own_record(
    *, person: Person, actor: User, contacts: dict[ContactKind, str], employer: str, post: str
) -> int:
    """What the alumni say of themselves: each changed value becomes the current one, with source “self” (A1).

    Returns how many changed. Raises Refused for somebody else's record, and for a post without an employer.
    Audited as `alumni.updated` with the kinds, never the values.
    """
    if not person_is(person, actor):
        raise Refused("not_own_record", _("You can change your own record only."))
    return _update(person, actor, Source.SELF, contacts, employer, post)


@transaction.atomic
def update_record(
    *, person: Person, actor: User, contacts: dict[ContactKind, str], employer: str, post: str
) -> int:
    """The same by those who look after the record (MANAGE_ALUMNI within reach), with source “staff”.

    Raises Refused without the right. Audited as `alumni.updated`.
    """
    if not people_managed_by(actor).filter(pk=person.pk).exists():
        raise Refused("not_allowed", _("You have no right to change this record."))
    return _update(person, actor, Source.STAFF, contacts, employer, post)


def person_is(person: Person, user: User) -> bool:
    """Is this record that of `user`?"""
    own = Degree.objects.filter(person=person, graduate__user=user, withdrawn_at=None)
    return person.user_id == user.pk or own.exists()


def _update(
    person: Person, actor: User, source: Source, contacts: dict[ContactKind, str], employer: str, post: str
) -> int:
    if post and not employer:
        raise Refused("employer_missing", _("Name the employer that the post belongs to."))
    Person.objects.select_for_update().get(pk=person.pk)
    changed = write_contacts([ToldContact(person.pk, *told) for told in contacts.items()], source=source)
    changed += write_employments([ToldEmployment(person.pk, employer, post)], source=source)
    if changed:
        record(
            "alumni.updated", actor=actor, target=person, details={"source": source.value, "values": changed}
        )
    return changed
