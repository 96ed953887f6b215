"""The people and things of the access matrix: one small university."""

from dataclasses import dataclass, field
from typing import Any

from leaving.models import Graduate
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders as make

ALL_OF_A_COLLEGE = [right for right in Right if right not in {Right.OPEN_COHORT}]


@dataclass
class World:
    """Personas by name, and the objects that samples point to. `things` is filled by the samples' own builders."""

    personas: dict[str, User]
    graduate: Graduate
    college: Department
    library: Department
    things: dict[str, Any] = field(default_factory=dict)


def build() -> World:
    """Mei studies computing; Wang supervises her, Li is her counsellor; everybody else stands further off."""
    computing, arts, library = (
        make.college("08"),
        make.college("11", "艺术与传媒学院"),
        make.office("library"),
    )
    university = make.university()
    personas = {
        "mei": make.user("mei"),
        "classmate": make.user("classmate"),
        "stranger": make.user("stranger"),
        "supervisor": make.user("wang"),
        "counsellor": make.user("li"),
        "college": make.clerk("college", *ALL_OF_A_COLLEGE, at=computing),
        "other college": make.clerk("other", *ALL_OF_A_COLLEGE, at=arts),
        "colleague": make.clerk("colleague", Right.STATISTICS, at=computing),
        "library": make.clerk("library", Right.DECIDE, at=library),
        "secretary": make.clerk(
            "secretary",
            Right.DECIDE,
            Right.VIEW_GRADUATES,
            Right.CHANGE_ROSTER,
            at=make.node(computing, "secretary"),
        ),
        "student affairs": make.clerk(
            "affairs",
            Right.VIEW_GRADUATES,
            Right.EXPORT,
            Right.IMPORT_GRADUATES,
            Right.OPEN_COHORT,
            at=university,
        ),
        "alumni office": make.clerk(
            "alumnioffice", Right.MANAGE_ALUMNI, Right.MANAGE_LIAISONS, Right.EXPORT, at=university
        ),
        "admin": make.user("root", is_staff=True, is_superuser=True),
    }
    its_class = make.school_class(computing, counsellor=personas["counsellor"])
    graduate = make.graduate(
        "20221001",
        user=personas["mei"],
        supervisor=personas["supervisor"],
        school_class=its_class,
        college=computing,
    )
    make.graduate("20221002", user=personas["classmate"], school_class=its_class, college=computing)
    return World(personas, graduate, computing, library)


PERSONAS = (
    "mei",
    "classmate",
    "stranger",
    "supervisor",
    "counsellor",
    "college",
    "other college",
    "colleague",
    "library",
    "secretary",
    "student affairs",
    "alumni office",
    "admin",
)
