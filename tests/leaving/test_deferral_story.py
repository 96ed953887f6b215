"""A deferred graduate disappears from everything and comes back on undo (G5): one story, on the real database."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alumni.selectors.people import people_visible_to
from leaving.choices import CohortState, SheetState
from leaving.models import Certificate, Cohort, Graduate
from leaving.selectors.certificates import public_certificate
from leaving.selectors.clearance import Filters, found, items_of_departments
from leaving.selectors.sheets import sheet_of
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.cohorts import open_cohort
from leaving.services.deferrals import undo_deferrals
from leaving.workbooks.clearance import CertificateCollection, ClearanceExport
from liaisons.models import Nomination
from liaisons.selectors.classmates import classmates_of
from liaisons.selectors.public import published as published_liaisons
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving import deferrals
from tests.leaving.clearance import opened, passed_but, published, states
from tests.leaving.test_counters import told
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


@dataclass
class Class:
    """Mei is cleared and liaison of her class; Lan has an open book and a nomination that waits; Zhu is liaison, too."""

    mei: Graduate
    lan: Graduate
    zhu: Graduate
    registrar: User
    college: User
    librarian: User
    auditor: User

    @classmethod
    def of_2026(cls) -> "Class":
        published()
        its_class = stories.class_of_2022()
        mei, lan, zhu = (
            builders.graduate(f"2022100{n}", name=name, school_class=its_class, user=builders.user(account))
            for n, (account, name) in enumerate((("mei", "梅花"), ("lan", "兰草"), ("zhu", "竹青")), start=1)
        )
        stories.round_(small_class_size=1)
        opened()
        passed_but(mei)
        passed_but(lan, 2)
        passed_but(zhu, 2)
        stories.appointed([mei, zhu])
        stories.nominated(lan)
        return cls(
            mei,
            lan,
            zhu,
            deferrals.registrar(),
            deferrals.college(),
            builders.clerk("librarian", Right.DECIDE, at=builders.office("library")),
            builders.clerk(
                "auditor", Right.VIEW_GRADUATES, Right.EXPORT, Right.MANAGE_ALUMNI, at=builders.university()
            ),
        )

    def seen(self) -> dict[str, Any]:
        """What everybody sees, place by place, by names."""
        exports = {"cohort": "2026"}
        queue = found(items_of_departments(self.librarian), Filters(state="pending"))
        missing = ClearanceExport().found(self.auditor, exports)
        collected = CertificateCollection().found(self.auditor, exports)
        counted = {
            key[1] if key[0] is None else f"book {key[1]}": n
            for key, n in told().items()
            if key[0] in (None, 2) and n
        }
        codes = (
            Certificate.objects.filter(sheet__graduate=self.mei).order_by("pk").values_list("code", flat=True)
        )
        public = [public_certificate(code) for code in codes]
        zhu = self.zhu.liaison_appointments.get()
        return {
            "queue": sorted(queue.values_list("sheet__graduate__name", flat=True)),
            "missing": sorted(missing.values_list("sheet__graduate__name", flat=True)),
            "collected": sorted(collected.values_list("sheet__graduate__name", flat=True)),
            "counted": counted,
            "certificates": [each.in_force for each in public if each],
            "alumni": sorted(people_visible_to(self.auditor).values_list("name", flat=True)),
            "liaisons": sorted(published_liaisons().values_list("name", flat=True)),
            "classmates": sorted(classmates_of(zhu).values_list("name", flat=True)),
            "nomination": Nomination.objects.get(graduate=self.lan).state,
            "sheets": [
                sheet_of(Graduate.objects.get(pk=each.pk)) is not None for each in (self.mei, self.lan)
            ],
            "cohorts": [
                Graduate.objects.get(pk=each.pk).cohort.year for each in (self.mei, self.lan, self.zhu)
            ],
        }


HERE = {
    "queue": ["兰草", "竹青"],
    "missing": ["兰草", "竹青"],
    "collected": ["梅花"],
    "counted": {"open": 2, "cleared": 1, "book pending": 2, "book passed": 1},
    "certificates": [True],
    "alumni": ["梅花"],
    "liaisons": ["梅花", "竹青"],
    "classmates": ["兰草", "梅花"],
    "nomination": "class",
    "sheets": [True, True],
    "cohorts": [2026, 2026, 2026],
}
GONE = {
    "queue": ["竹青"],
    "missing": ["竹青"],
    "collected": [],
    "counted": {"open": 1, "book pending": 1},
    "certificates": [False],
    "alumni": [],
    "liaisons": ["竹青"],
    "classmates": [],
    "nomination": "withdrawn",
    "sheets": [False, False],
    "cohorts": [2027, 2027, 2026],
}


def test_a_deferred_one_disappears_from_everything_and_comes_back_on_undo() -> None:
    story = Class.of_2026()
    before = {graduate: states(graduate) for graduate in (story.mei, story.lan)}
    assert story.seen() == HERE

    made = deferrals.deferred(story.mei, story.lan, by=story.college, approver=story.registrar)
    assert story.seen() == GONE
    assert Cohort.objects.get(year=2027).state == CohortState.PREPARED
    assert AuditEntry.objects.filter(verb="deferral.approved", actor=story.registrar).count() == 1
    assert story.mei.events.count() == 1  # type: ignore[attr-defined]

    undone = undo_deferrals(deferrals=[each.pk for each in made], actor=story.registrar, reason="学分已修满")
    assert (undone.deferrals, undone.sheets) == (2, 2)
    # Mei has a second certificate; the first one stays revoked.
    assert story.seen() == HERE | {"certificates": [False, True]}
    assert {graduate: states(graduate) for graduate in (story.mei, story.lan)} == before
    assert AuditEntry.objects.filter(verb="deferral.undone", reason="学分已修满").count() == 1


def test_nothing_was_forgotten_of_what_had_been_decided() -> None:
    """After the undo the clerk decides the book that was open, and the graduate is cleared as if nothing had been."""
    story = Class.of_2026()
    made = deferrals.deferred(story.lan, by=story.college, approver=story.registrar)
    undo_deferrals(deferrals=[made[0].pk], actor=story.registrar, reason="学分已修满")
    assert passed_but(story.lan).cleared == [story.lan.sheets.get().pk]


def test_the_pages_say_to_which_cohort_why_and_since_when() -> None:
    story = Class.of_2026()
    assert story.mei.user is not None
    certificate = Certificate.objects.get(sheet__graduate=story.mei)
    mei = Client()
    mei.force_login(story.mei.user)
    deferrals.deferred(story.mei, by=story.college, approver=story.registrar)
    for path in (reverse("leaving:sheet-own"), reverse("leaving:graduate-detail", args=[story.mei.uid])):
        page = mei.get(path, headers={"accept-language": "en"}).content.decode()
        assert "Deferred to Class of 2027" in page
        assert "学分未修满" in page
    assert mei.get(reverse("leaving:certificate-detail", args=[story.mei.uid])).status_code == 404
    public = Client().get(
        reverse("leaving:certificate-confirm", args=[certificate.code]), headers={"accept-language": "en"}
    )
    assert "This certificate was revoked" in public.content.decode()


def test_when_the_next_cohort_opens_there_is_a_new_sheet_and_no_way_back() -> None:
    story = Class.of_2026()
    made = deferrals.deferred(story.lan, by=story.college, approver=story.registrar)
    later = Cohort.objects.get(year=2027)
    apply_published_checkpoints(cohort=later, actor=None)
    open_cohort(cohort=later, actor=None)
    lan = Graduate.objects.get(pk=story.lan.pk)
    assert list(lan.sheets.order_by("cohort__year").values_list("cohort__year", "state")) == [
        (2026, SheetState.CLOSED),
        (2027, SheetState.OPEN),
    ]
    sheet = sheet_of(lan)
    assert sheet is not None
    assert (sheet.sheet.cohort, sheet.done) == (later, 0)
    with pytest.raises(Refused) as refused:
        undo_deferrals(deferrals=[made[0].pk], actor=story.registrar, reason="学分已修满")
    assert refused.value.code == "next_cohort_open"
    open_cohort(cohort=builders.cohort(2026), actor=None)
    assert lan.sheets.get(cohort__year=2026).state == SheetState.CLOSED
    queue = found(items_of_departments(story.librarian), Filters(state="pending"))
    assert sorted(queue.values_list("sheet__graduate__name", "checkpoint__cohort__year")) == [
        ("兰草", 2027),
        ("竹青", 2026),
    ]
