"""Supervisors whom nobody knew: added by two at once, activated with a code from the secretary, kept against an old roster."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from leaving.models import Graduate
from leaving.services.responsibilities import set_published_responsibilities
from leaving.services.supervision import (
    find_or_make_supervisor,
    hand_out_supervisor_code,
    reassign_supervisor,
)
from portal.accounts.models import User
from portal.accounts.services import redeem_code
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import opened, postgraduate, published
from tests.leaving.rosters import applied, master
from tests.leaving.test_supervision import secretary, text_of


@pytest.mark.django_db(transaction=True)
def test_two_secretaries_add_the_same_staff_number_at_once() -> None:
    actors = [builders.user("xiaomi"), builders.user("dami")]
    made: list[tuple[str, bool]] = []
    start = threading.Barrier(2)

    def add(actor: User) -> None:
        try:
            start.wait()
            user, new = find_or_make_supervisor(staff_no="T0002", name="白导师", actor=actor)
            made.append((user.username, new))
        finally:
            connection.close()

    for _ in range(10):
        User.objects.filter(username="T0002").delete()
        made.clear()
        threads = [threading.Thread(target=add, args=(actor,)) for actor in actors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(made) == [("T0002", False), ("T0002", True)]


def never_signed_in(username: str = "T0002", name: str = "白导师") -> User:
    return User.objects.create_user(username, name=name)


@pytest.mark.django_db
def test_the_secretary_hands_the_code_to_a_new_supervisor(client: Client) -> None:
    published()
    new, xiaomi = never_signed_in(), secretary()
    postgraduate(supervisor=new)
    postgraduate(supervisor=builders.user("T0001", last_login=timezone.now()))
    opened()
    client.force_login(xiaomi)
    client.cookies["django_language"] = "en"
    page = text_of(client.get("/clearance/supervisors/"))
    url = f"/clearance/supervisors/{new.uid}/code/"
    assert page.count("/code/") == 1
    assert url in page
    answer = client.post(url)
    code = answer.context["code"]
    assert code in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.get(verb="accounts.codes_issued").actor_id == xiaomi.pk
    assert redeem_code(username="T0002", code=code) == new


@pytest.mark.django_db
def test_no_code_for_who_is_active_or_more_than_a_supervisor() -> None:
    published()
    xiaomi = secretary()
    active = builders.user("T1")
    dean, admin, elsewhere = (never_signed_in(number) for number in ("T2", "T3", "T4"))
    in_group = never_signed_in("T5")
    grant(right=Right.DECIDE, department=builders.office("finance"), to=dean, actor=None)
    builders.group("deans", in_group)
    User.objects.filter(pk=admin.pk).update(is_staff=True)
    for supervisor in (active, dean, admin, in_group):
        postgraduate(supervisor=supervisor)
    postgraduate(college="外国语学院", supervisor=elsewhere)
    opened()
    for supervisor in (active, dean, admin, in_group, elsewhere):
        with pytest.raises(Refused) as refused:
            hand_out_supervisor_code(supervisor=supervisor, actor=xiaomi)
        assert refused.value.code == "not_allowed"


@pytest.mark.django_db
def test_a_code_page_of_another_college_does_not_exist(client: Client) -> None:
    published()
    new = never_signed_in()
    postgraduate(college="外国语学院", supervisor=new)
    opened()
    client.force_login(secretary())
    assert client.post(f"/clearance/supervisors/{new.uid}/code/").status_code == 404


@pytest.mark.django_db
def test_a_reassignment_stands_until_the_roster_names_somebody_new() -> None:
    builders.cohort()
    computing = builders.college()
    builders.campus()
    set_published_responsibilities(
        student_affairs=builders.office("student-affairs"),
        graduate_school=builders.office("school"),
        actor=None,
    )
    registry = builders.clerk("registry", Right.IMPORT_GRADUATES, at=builders.university())
    xiaomi = builders.clerk("xiaomi", Right.DECIDE, at=builders.node(computing, "secretary"))
    bai, mi = builders.user("T2", name="白导师"), builders.user("T3", name="米导师")
    cells = master("2023001", supervisor_no="T1", supervisor_name="黄导师", second_supervisor_no="T2")

    def roster(**changed: str | None) -> tuple[str, str | None]:
        applied(registry, {**cells, **changed})
        graduate = Graduate.objects.select_related("supervisor", "second_supervisor").get()
        assert graduate.supervisor is not None
        return graduate.supervisor.username, getattr(graduate.second_supervisor, "username", None)

    def reassign(to: User) -> None:
        ids = [Graduate.objects.get().pk]
        reassign_supervisor(graduates=ids, supervisor=to, actor=xiaomi, reason="出国访问")

    assert roster() == ("T1", "T2")
    reassign(bai)
    # The same roster again, with a new telephone number: the telephone number comes in, the supervisor stays.
    assert roster(mobile="13871234567") == ("T2", None)
    assert Graduate.objects.get().mobile == "13871234567"
    reassign(mi)
    assert roster() == ("T3", "T2")  # T2 may be the second again
    assert roster(supervisor_no="T2", supervisor_name="白导师", second_supervisor_no=None)[0] == "T3"
    # Somebody new: the roster's word counts, and from then on whatever it says.
    assert roster(supervisor_no="T4", supervisor_name="钱导师")[0] == "T4"
    assert roster()[0] == "T1"
