"""The demo: the published accounts and graduates over all colleges, the same when it is played again."""

import pytest
from django.core.management import CommandError, call_command

from leaving.models import Graduate, SchoolClass
from leaving.sample_roster import SampleRoster
from portal.departments.models import Department
from portal.workbooks.models import ImportBatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> list[tuple[object, ...]]:
    from leaving import demo
    from portal.departments import demo as departments

    departments.play(0)
    demo.play(60)
    return everyone()


def everyone() -> list[tuple[object, ...]]:
    return list(Graduate.objects.order_by("pk").values_list("pk", "uid", "student_no", "name", "updated_at"))


def test_the_published_accounts_are_the_graduates_they_say(told: list[tuple[object, ...]]) -> None:
    assert list(
        Graduate.objects.exclude(user=None)
        .order_by("user__username")
        .values_list("user__username", "college__name_zh", "level", "certificates", "study_mode")
    ) == [
        ("onecertificate", "经济管理学院", "master", "one", "on_the_job"),
        ("overseas", "国际教育学院", "undergraduate", "both", "full_time"),
        ("postgraduate", "地球科学学院", "master", "both", "full_time"),
        ("student", "计算机学院", "undergraduate", "both", "full_time"),
    ]
    assert Graduate.objects.filter(supervisor__username="supervisor").count() == 2
    student = Graduate.objects.select_related("school_class__counsellor").get(user__username="student")
    assert student.school_class is not None
    assert student.school_class.counsellor is not None
    assert student.school_class.counsellor.username == "counsellor"
    assert student.school_class.graduates.count() >= 13


def test_played_again_it_changes_nothing_and_more_graduates_only_add(told: list[tuple[object, ...]]) -> None:
    from leaving import demo

    demo.play(60)
    assert everyone() == told
    assert ImportBatch.objects.filter(kind="graduates").count() == 1
    demo.play(70)
    assert everyone()[: len(told)] == told
    assert len(everyone()) == len(told) + 10


def test_every_college_has_graduates_of_its_levels(told: list[tuple[object, ...]]) -> None:
    colleges = set(Department.objects.filter(kind="college").values_list("code", flat=True))
    assert set(Graduate.objects.values_list("college__code", flat=True)) == colleges
    assert set(Graduate.objects.filter(college__code="13").values_list("level", flat=True)) == {"junior"}
    assert SchoolClass.objects.filter(college__code="08", counsellor=None).count() == 0


def test_a_production_database_is_refused(settings: pytest.FixtureRequest) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError):
        call_command("demo")


def test_the_sample_is_the_same_each_time_and_has_no_doubles() -> None:
    first = list(SampleRoster(2026).rows(2000))
    assert first[:500] == list(SampleRoster(2026).rows(500))
    assert len({row["document_no"] for row in first}) == len({row["student_no"] for row in first}) == 2000
