"""However a roster writes a class, its title names the major once."""

import pytest

from leaving.models import Major, SchoolClass
from leaving.titles import class_label, class_title, class_title_en


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("工程管理1班", "1班"),
        ("工管1701班", "1班"),
        ("工管1701", "1班"),
        ("工管201702班", "2班"),
        ("2017级工程管理专业01班", "1班"),
        ("17级工程管理 3 班", "3班"),
        ("１班", "1班"),
        ("1班", "1班"),
        ("1", "1班"),
        ("一班", "一班"),
        ("12班", "12班"),
        ("工管17班", "17班"),
        ("工程管理", ""),
        ("工程管理班", ""),
        ("工程管理卓越班", "卓越班"),
        ("卓越1班", "卓越1班"),
        ("工程管理(中英合作)1701班", "(中英合作)1班"),
        ("工程管理类1702班", "2班"),
        ("工管类1702班", "2班"),
        ("工管1612班", "1612班"),
    ],
)
def test_a_class_is_called_by_what_the_major_does_not_say(written: str, label: str) -> None:
    assert class_label(written, grade=2017, major="工程管理") == label


def test_the_title_in_both_languages() -> None:
    major = Major(name_zh="工程管理", name_en="Engineering Management")
    assert class_title(SchoolClass(major=major, grade=2017, name="工管1701班")) == "2017级工程管理专业1班"
    assert class_title_en(SchoolClass(major=major, grade=2017, name="工管1701班")) == (
        "Class 1, Engineering Management, grade 2017"
    )
    assert class_title(SchoolClass(major=major, grade=2017, name="工程管理")) == "2017级工程管理专业"
    assert class_title_en(SchoolClass(major=major, grade=2017, name="卓越班")) == (
        "Class 卓越班, Engineering Management, grade 2017"
    )
    assert (
        class_title(SchoolClass(major=Major(name_zh="会计专业"), grade=2021, name="会计2班"))
        == "2021级会计专业2班"
    )
