"""For every route whose URL names an object: which object of the world, and who may open it.

`key` turns the world into the URL's arguments; `insiders` are the personas within whose reach the object lies: they must not
get a 404, everybody else must get exactly the 404 of an object that does not exist.
"""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from alumni.services.people import record_graduates
from leaving.choices import AsksFor, Audience, DecidedBy, DeliveryKind, Level, OwnerKind, RuleOutcome, Verb
from leaving.models import (
    Certificate,
    Checkpoint,
    ClearanceItem,
    DecisionBatch,
    Deferral,
    Evidence,
    Graduate,
    ItemForm,
    Notice,
    QuestionnaireSubmission,
    ReasonText,
)
from leaving.selectors.applicability import checkpoints_of
from leaving.selectors.feeds import Feed
from leaving.services.api_keys import issue_key
from leaving.services.clearance import decide
from leaving.services.cohorts import open_sheets_for
from leaving.services.delegations import name_delegate
from leaving.services.deliveries import deliver
from leaving.services.in_force import put_in_force
from leaving.services.notices import attach_file, save_notice
from leaving.workbooks.additions import propose_addition
from liaisons.choices import Step
from liaisons.models import Appointment
from liaisons.services.appointments import appoint
from liaisons.services.opinions import give_opinion
from portal import files
from portal.accounts.models import User
from portal.notify import kinds
from portal.notify.models import Message
from portal.notify.services.messages import tell
from portal.workbooks.choices import BatchState, ExportState
from portal.workbooks.models import ExportJob, ImportBatch
from tests import builders as make
from tests.access.world import PERSONAS, World
from tests.leaving import deferrals, questionnaires, rosters
from tests.liaisons import stories


@dataclass(frozen=True)
class Sample:
    key: Callable[[World], dict[str, Any]]
    insiders: frozenset[str]
    nothing: Callable[[], dict[str, Any]] = lambda: {"uid": uuid.uuid4()}


def graduate(world: World) -> dict[str, Any]:
    return {"uid": world.graduate.uid}


def person(world: World) -> dict[str, Any]:
    """Mei, cleared and become an alumna."""
    record_graduates(graduate_ids=[world.graduate.pk], actor=None)
    return {"uid": world.graduate.degree.person.uid}


def its_class(world: World) -> dict[str, Any]:
    assert world.graduate.school_class is not None
    return {"uid": world.graduate.school_class.uid}


def nomination(world: World) -> dict[str, Any]:
    """Mei put herself forward as liaison, and was appointed: nothing the personas post can take that back."""
    return {"uid": _appointment(world).nomination.uid}


def appointment(world: World) -> dict[str, Any]:
    """Mei was appointed as liaison."""
    return {"uid": _appointment(world).uid}


def letter_code(world: World) -> dict[str, Any]:
    return {"code": _appointment(world).code}


def _appointment(world: World) -> Appointment:
    if "appointment" not in world.things:
        nominated = stories.nominated(world.graduate)
        people = (
            (Step.CLASS, world.personas["counsellor"]),
            (Step.COLLEGE, world.personas["college"]),
            (Step.CENTRE, world.personas["alumni office"]),
        )
        ids = [nominated.pk]
        for step, actor in people:
            give_opinion(nominations=ids, step=step, favourable=True, actor=actor)
        world.things["appointment"] = appoint(
            nominations=ids, starts_on=timezone.localdate(), actor=world.personas["alumni office"]
        )[0]
    made: Appointment = world.things["appointment"]
    return made


def import_batch(world: World) -> dict[str, Any]:
    """A roster that student affairs handed in and that was refused."""
    if "import" not in world.things:
        world.things["import"] = ImportBatch.objects.create(
            kind="graduates",
            actor=world.personas["student affairs"],
            file_name="roster.xlsx",
            state=BatchState.REFUSED,
            file_uid=files.store(io.BytesIO(b"roster")).uid,
            errors_uid=files.store(io.BytesIO(b"mend")).uid,
        )
    return {"uid": world.things["import"].uid}


def export_job(world: World) -> dict[str, Any]:
    """A list that the alumni office took out."""
    if "export" not in world.things:
        world.things["export"] = ExportJob.objects.create(
            kind="alumni",
            actor=world.personas["alumni office"],
            purpose="reunion",
            state=ExportState.READY,
            file_uid=files.store(io.BytesIO(b"list")).uid,
        )
    return {"uid": world.things["export"].uid}


def message(world: World) -> dict[str, Any]:
    """Mei was told something."""
    if "message" not in world.things:
        kinds.register(kinds.MessageKind("tests.hello", "hello", "hello", "hello"))
        tell(users=[world.personas["mei"].pk], kind="tests.hello")
        world.things["message"] = Message.objects.get(kind="tests.hello")
    return {"uid": world.things["message"].uid}


IMPORTERS = frozenset({"college", "other college", "student affairs", "admin"})
SEES_IMPORT = frozenset({"student affairs", "admin"})
SEES_EXPORT = frozenset({"alumni office", "admin"})
SEES_MEI = frozenset({"mei", "supervisor", "counsellor", "college", "student affairs", "admin"})

SEES_ALUMNI = frozenset({"college", "student affairs", "alumni office", "admin"})

# The supervisor and student affairs may see Mei, but not her nomination: they are told so (403).
KNOWS_LIAISON_MEI = SEES_MEI | {"alumni office"}
MEI, CENTRE = frozenset({"mei"}), frozenset({"alumni office", "admin"})


def clearance(world: World) -> tuple[DecisionBatch, Certificate]:
    """Mei's sheet has one item, the library's; the library passes it and she is cleared."""
    if "clearance" not in world.things:
        checkpoint = Checkpoint.objects.create(
            cohort=world.graduate.cohort,
            number=2,
            key="library",
            order=1,
            name_zh="图书馆",
            owner_kind=OwnerKind.OFFICE,
            department=world.library,
        )
        checkpoint.rules.create(order=1, outcome=RuleOutcome.REQUIRED)
        put_in_force(world.graduate.cohort, checkpoints_of(world.graduate.cohort_id))
        open_sheets_for(graduates=[world.graduate.pk], actor=None)
        done = decide(items=ClearanceItem.objects.all(), verb=Verb.PASS, actor=world.personas["library"])
        world.things["clearance"] = (done.batch, Certificate.objects.get())
    found: tuple[DecisionBatch, Certificate] = world.things["clearance"]
    return found


def held_delivery(world: World) -> dict[str, Any]:
    """A list of the library's that is held, because it is empty."""
    if "delivery" not in world.things:
        checkpoint = Checkpoint.objects.create(
            cohort=world.graduate.cohort,
            number=92,
            key="books",
            order=92,
            name_zh="图书",
            owner_kind=OwnerKind.OFFICE,
            department=world.library,
            decided_by_data=True,
        )
        world.things["delivery"] = deliver(
            feed=Feed(checkpoint, world.library),
            kind=DeliveryKind.SNAPSHOT,
            taken_at=timezone.now(),
            rows=[],
            uid=uuid.uuid4(),
        )
    return {"uid": world.things["delivery"].uid}


def api_key(world: World) -> dict[str, Any]:
    """A key of the library's."""
    if "key" not in world.things:
        until = timezone.localdate()
        issued = issue_key(department=world.library, name="Test", expires_on=until, actor=None)
        world.things["key"] = issued[0]
    return {"uid": world.things["key"].uid}


def postgraduate(world: World) -> dict[str, Any]:
    """A master of Mei's college, whose supervisor may be changed."""
    if "postgraduate" not in world.things:
        world.things["postgraduate"] = make.graduate(college=world.college, level=Level.MASTER)
    return {"uid": world.things["postgraduate"].uid}


def uploaded_list(world: World) -> dict[str, Any]:
    """A list of decisions that the library handed in: it has passed the classmate's item."""
    if "list" not in world.things:
        clearance(world)
        library = world.personas["library"]
        classmate = Graduate.objects.get(student_no="20221002")
        open_sheets_for(graduates=[classmate.pk], actor=None)
        batch = ImportBatch.objects.create(
            kind="decisions", actor=library, file_name="list.xlsx", state=BatchState.APPLIED
        )
        items = ClearanceItem.objects.filter(sheet__graduate=classmate)
        decide(items=items, verb=Verb.PASS, actor=library, how=DecidedBy.WORKBOOK, workbook=batch)
        world.things["list"] = batch
    return {"uid": world.things["list"].uid}


def delegation(world: World) -> dict[str, Any]:
    """Wang, who supervises the postgraduate too, has named somebody who reviews in his place."""
    if "delegation" not in world.things:
        postgraduate(world)
        wang = world.personas["supervisor"]
        Graduate.objects.filter(pk=world.things["postgraduate"].pk).update(supervisor=wang)
        world.things["delegation"] = name_delegate(
            supervisor=wang,
            delegate=make.user("deputy"),
            starts_on=timezone.localdate(),
            ends_on=timezone.localdate(),
            reason="abroad",
            actor=world.personas["secretary"],
        )[0]
    return {"uid": world.things["delegation"].uid}


def new_supervisor(world: World) -> dict[str, Any]:
    """A supervisor of the postgraduate who has yet to activate the account."""
    if "new supervisor" not in world.things:
        made = User.objects.create_user("T0001", name="Bai")
        make.graduate(college=world.college, level=Level.MASTER, supervisor=made)
        world.things["new supervisor"] = made
    return {"uid": world.things["new supervisor"].uid}


def deferral(world: World) -> dict[str, Any]:
    """The college proposed that Mei graduates later."""
    if "deferral" not in world.things:
        ids = deferrals.proposed(world.graduate, by=world.personas["college"])
        world.things["deferral"] = Deferral.objects.get(pk=ids[0])
    return {"uid": world.things["deferral"].uid}


def addition(world: World) -> dict[str, Any]:
    """The college proposed somebody who is not on the list."""
    if "addition" not in world.things:
        world.things["addition"] = propose_addition(
            cohort=world.graduate.cohort,
            cells=rosters.row("20221009"),
            reason="复学",
            actor=world.personas["college"],
        )
    return {"uid": world.things["addition"].uid}


def rules(world: World) -> dict[str, Any]:
    """The cohort of Mei, with its checkpoints."""
    clearance(world)
    return {"code": world.graduate.cohort.code}


def an_item(world: World) -> dict[str, Any]:
    """Mei's item at the library."""
    clearance(world)
    return {"uid": world.graduate.uid, "number": 2}


def form_handed_in(world: World) -> dict[str, Any]:
    """Her registration form."""
    if "form" not in world.things:
        clearance(world)
        world.things["form"] = ItemForm.objects.create(
            item=ClearanceItem.objects.get(sheet__graduate=world.graduate),
            kind=AsksFor.REGISTRATION,
            version=1,
            handed_in_at=timezone.now(),
        )
    return {"uid": world.things["form"].uid}


def evidence(world: World) -> dict[str, Any]:
    """A picture that Mei added to it."""
    if "evidence" not in world.things:
        clearance(world)
        world.things["evidence"] = Evidence.objects.create(
            item=ClearanceItem.objects.get(sheet__graduate=world.graduate),
            name="receipt.jpg",
            kind="jpeg",
            size=7,
            file_uid=files.store(io.BytesIO(b"picture")).uid,
            added_by=world.personas["mei"],
        )
    return {"uid": world.things["evidence"].uid}


def cleared_graduate(world: World) -> dict[str, Any]:
    clearance(world)
    return graduate(world)


def notice(world: World) -> Notice:
    """Student affairs announces something to the graduates of Mei's cohort, with a file."""
    if "notice" not in world.things:
        editor = world.personas["student affairs"]
        made = save_notice(
            notice=Notice(
                title_zh="退宿通知",
                body_zh="请到楼栋值班室办理。",
                audiences=[Audience.GRADUATES],
                cohort=world.graduate.cohort,
                published_from=timezone.now(),
            ),
            actor=editor,
        )
        attach_file(notice=made, upload=SimpleUploadedFile("plan.pdf", b"%PDF-1.7"), actor=editor)
        world.things["notice"] = made
    found: Notice = world.things["notice"]
    return found


READS_NOTICE = frozenset({"mei", "classmate", "student affairs", "admin"})


def questionnaire(world: World) -> dict[str, Any]:
    """A questionnaire that waits for everybody's answers but Mei's: hers would keep her sheet shut."""
    if "questionnaire" not in world.things:
        made = questionnaires.questionnaire()
        QuestionnaireSubmission.objects.create(questionnaire=made, graduate=world.graduate)
        world.things["questionnaire"] = made
    return {"uid": world.things["questionnaire"].uid}


SETS_UP = frozenset({"student affairs", "admin"})
SEES_RESULTS = frozenset({"college", "other college", "colleague", "admin"})

SAMPLES: dict[str, Sample] = {
    "leaving:notice-detail": Sample(lambda world: {"uid": notice(world).uid}, READS_NOTICE),
    "leaving:notice-attachment": Sample(
        lambda world: {"uid": notice(world).attachments.get().uid}, READS_NOTICE
    ),
    "manual": Sample(lambda world: {"who": "graduate"}, frozenset(PERSONAS), lambda: {"who": "nowhere"}),
    "manual-pdf": Sample(
        lambda world: {"who": "graduate", "language": "en"},
        frozenset(PERSONAS),
        lambda: {"who": "nowhere", "language": "en"},
    ),
    **{
        f"workbooks:import-{verb}": Sample(import_batch, SEES_IMPORT)
        for verb in ("detail", "progress", "faults", "errors", "confirm", "cancel", "retry")
    },
    **{
        f"workbooks:export-{verb}": Sample(export_job, SEES_EXPORT)
        for verb in ("detail", "progress", "download", "cancel")
    },
    "workbooks:import-new": Sample(
        lambda world: {"kind": "graduates"}, IMPORTERS, lambda: {"kind": "nowhere"}
    ),
    "workbooks:import-template": Sample(
        lambda world: {"kind": "graduates", "language": "en"},
        IMPORTERS,
        lambda: {"kind": "nowhere", "language": "en"},
    ),
    "workbooks:export-new": Sample(
        lambda world: {"kind": "alumni"}, SEES_ALUMNI | {"other college"}, lambda: {"kind": "nowhere"}
    ),
    **{
        f"leaving:rules-{verb}": Sample(
            rules, frozenset({"student affairs", "admin"}), lambda: {"code": 1999}
        )
        for verb in ("show", "publish", "progress", "preset", "copy")
    },
    **{
        f"leaving:cohort-{verb}": Sample(
            rules, frozenset({"student affairs", "admin"}), lambda: {"code": 1999}
        )
        for verb in ("close", "reopen")
    },
    "leaving:rules-graduates": Sample(rules, frozenset(), lambda: {"code": 1999}),  # asks for ?what=
    "notify:read": Sample(message, frozenset({"mei"})),
    "leaving:sheet-detail": Sample(graduate, SEES_MEI),
    "leaving:certificate-detail": Sample(cleared_graduate, SEES_MEI),
    "leaving:certificate-file": Sample(cleared_graduate, SEES_MEI),
    "leaving:certificate-confirm": Sample(
        lambda world: {"code": clearance(world)[1].code}, frozenset(PERSONAS), lambda: {"code": "0" * 26}
    ),
    **{
        f"leaving:{route}": Sample(
            lambda world: {"uid": clearance(world)[0].uid}, frozenset({"library", "admin"})
        )
        for route in ("clearance-undo", "decision-detail")
    },
    **{
        f"leaving:decision-{route}": Sample(uploaded_list, frozenset({"library", "admin"}))
        for route in ("workbook", "workbook-undo")
    },
    "leaving:reason-edit": Sample(
        lambda world: {
            "pk": ReasonText.objects.get_or_create(department=world.library, text_zh="图书未还")[0].pk
        },
        frozenset({"library", "admin"}),
        nothing=lambda: {"pk": 0},
    ),
    "leaving:delegation-revoke": Sample(delegation, frozenset({"supervisor", "secretary", "admin"})),
    "leaving:supervisor-code": Sample(new_supervisor, frozenset({"secretary", "admin"})),
    **{
        f"leaving:data-{verb}": Sample(held_delivery, frozenset({"library", "admin"}))
        for verb in ("delivery", "confirm", "refuse")
    },
    "leaving:data-key-revoke": Sample(api_key, frozenset({"library", "admin"})),
    "leaving:api-delivery": Sample(held_delivery, frozenset()),  # opened by a key, by no person
    **{
        f"leaving:{name}": Sample(an_item, SEES_MEI | {"library"}, lambda: {"uid": uuid.uuid4(), "number": 2})
        for name in (
            "sheet-item",
            "sheet-item-form",
            "sheet-item-hand-in",
            "sheet-item-look-again",
            "evidence-add",
        )
    },
    **{
        f"leaving:{name}": Sample(
            an_item, frozenset({"library", "college", "admin"}), lambda: {"uid": uuid.uuid4(), "number": 2}
        )
        for name in ("clearance-item", "clearance-item-decide")
    },
    "leaving:evidence-file": Sample(evidence, SEES_MEI | {"library"}),
    "leaving:evidence-withdraw": Sample(evidence, SEES_MEI | {"library"}),
    "leaving:form-file": Sample(form_handed_in, SEES_MEI | {"library"}),
    "leaving:supervisor-reassign": Sample(postgraduate, frozenset({"secretary", "admin"})),
    "alumni:person-detail": Sample(person, SEES_ALUMNI),
    "alumni:person-edit": Sample(person, SEES_ALUMNI),
    "leaving:activation-codes": Sample(its_class, frozenset({"counsellor", "college", "admin"})),
    "leaving:activation-reset": Sample(graduate, frozenset({"counsellor", "college", "admin"})),
    **{
        f"leaving:questionnaire-{verb}": Sample(questionnaire, frozenset({"mei", "classmate"}))
        for verb in ("fill", "save", "submit")
    },
    **{
        f"leaving:questionnaire-{verb}": Sample(questionnaire, SETS_UP)
        for verb in ("preview", "publish", "close", "copy")
    },
    "leaving:questionnaire-results": Sample(questionnaire, SEES_RESULTS),
    "leaving:graduate-detail": Sample(graduate, SEES_MEI),
    "leaving:graduate-reveal": Sample(graduate, SEES_MEI),
    "leaving:graduate-contacts": Sample(graduate, SEES_MEI),
    "leaving:deferral-detail": Sample(deferral, frozenset({"college", "admin"})),
    "leaving:addition-detail": Sample(addition, frozenset({"college", "admin"})),
    "leaving:addition-decide": Sample(addition, frozenset({"college", "admin"})),
    "liaisons:nominate": Sample(graduate, MEI),
    "liaisons:consent": Sample(graduate, MEI),
    "liaisons:nomination-detail": Sample(nomination, KNOWS_LIAISON_MEI),
    "liaisons:nomination-form": Sample(nomination, KNOWS_LIAISON_MEI),
    "liaisons:nomination-opinion": Sample(nomination, KNOWS_LIAISON_MEI),
    "liaisons:nomination-take-back": Sample(nomination, KNOWS_LIAISON_MEI),
    "liaisons:nomination-withdraw": Sample(nomination, KNOWS_LIAISON_MEI),
    "liaisons:class-members": Sample(its_class, frozenset({"counsellor", "college"}) | CENTRE),
    "liaisons:review": Sample(
        lambda world: {"step": "college"},
        frozenset({"college", "other college", "admin"}),
        lambda: {"step": "nowhere"},
    ),
    "liaisons:appointment-detail": Sample(appointment, KNOWS_LIAISON_MEI),
    "liaisons:letter": Sample(appointment, KNOWS_LIAISON_MEI),
    "liaisons:renew": Sample(appointment, CENTRE),
    "liaisons:publication": Sample(appointment, MEI),
    "liaisons:classmates": Sample(appointment, MEI),
    "liaisons:public-letter": Sample(letter_code, frozenset(PERSONAS), lambda: {"code": "0" * 32}),
}
