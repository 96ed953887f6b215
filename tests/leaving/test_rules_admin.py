"""Checkpoints and rules in the administration: whole, and refusing what makes no sense (C3 to C5)."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client
from django.urls import reverse
from django.utils import translation

from leaving.models import Checkpoint, CheckpointRule, ClearanceItem
from leaving.selectors.rule_words import rule_in_words
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import opened, published

pytestmark = pytest.mark.django_db


def dean(client: Client) -> Any:
    made = builders.clerk("dean", Right.OPEN_COHORT, at=builders.university())
    made.is_staff, made.language = True, "en"
    made.save()
    client.force_login(made)
    client.cookies["django_language"] = "en"
    return made


def page_of(checkpoint: Checkpoint) -> str:
    return reverse("admin:leaving_checkpoint_change", args=[checkpoint.pk])


def filled_in(client: Client, checkpoint: Checkpoint, **changes: Any) -> dict[str, Any]:
    """What the browser would post for a checkpoint, with some fields changed (`rules-0-order` as `rules_0_order`)."""
    context = client.get(page_of(checkpoint)).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    posted = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value not in (None, False):
                posted[field.html_name] = (
                    [getattr(one, "pk", one) for one in value] if isinstance(value, list) else value
                )
    posted |= {
        name.replace("rules_", "rules-").replace("-0_", "-0-").replace("-1_", "-1-"): value
        for name, value in changes.items()
    }
    return {name: value for name, value in posted.items() if value is not None}


def errors_of(answer: Any) -> str:
    assert answer.status_code == 200, answer["Location"]
    context = answer.context
    forms = [
        context["adminform"].form,
        *(f for i in context["inline_admin_formsets"] for f in i.formset.forms),
    ]
    said = [str(error) for form in forms for error in form.errors.values()]
    return "\n".join(said + [str(i.formset.non_form_errors()) for i in context["inline_admin_formsets"]])


def test_the_page_has_every_field_and_every_list_of_a_rule() -> None:
    admin = site._registry[Checkpoint]
    shown = set(flatten_fieldsets(admin.fieldsets or ()))
    assert shown == {
        f.name for f in (*Checkpoint._meta.fields, *Checkpoint._meta.many_to_many) if f.editable
    } - {"id"}
    of_rules = set(flatten_fieldsets(admin.inlines[0].fieldsets or ()))
    wanted = {f.name for f in (*CheckpointRule._meta.fields, *CheckpointRule._meta.many_to_many)}
    assert of_rules == wanted - {"id", "checkpoint"} | {"in_words"}


def test_saving_changes_no_sheet_says_so_and_is_recorded(client: Client) -> None:
    published()
    builders.graduate()
    opened()
    dean(client)
    hospital = Checkpoint.objects.get(key="hospital")
    before = list(ClearanceItem.objects.order_by("pk").values())
    answer = client.post(
        page_of(hospital), filled_in(client, hospital, rules_0_DELETE="on", name_en="Clinic"), follow=True
    )
    assert "See what publishing would do" in answer.content.decode()
    hospital.refresh_from_db()
    assert (hospital.name_en, hospital.rules.count()) == ("Clinic", 1)
    assert list(ClearanceItem.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.get(verb="checkpoints.edited").details["number"] == 6


def test_two_rules_change_places_but_never_share_one(client: Client) -> None:
    published()
    dean(client)
    checkpoint = Checkpoint.objects.get(key="check-out")
    first, second = checkpoint.rules.all()
    both = filled_in(client, checkpoint, rules_0_order=20, rules_1_order=20)
    assert "Two rules have the order 20" in errors_of(client.post(page_of(checkpoint), both))
    swapped = filled_in(client, checkpoint, rules_0_order=20, rules_1_order=10)
    assert "The rule 20 can never fit" in errors_of(client.post(page_of(checkpoint), swapped))
    narrow = {**swapped, "rules-1-levels": ["master"]}
    assert client.post(page_of(checkpoint), narrow).status_code == 302
    assert list(checkpoint.rules.all()) == [second, first]


def test_a_circle_is_refused_with_the_names(client: Client) -> None:
    published()
    dean(client)
    library, finance, hospital = (
        Checkpoint.objects.get(key=key) for key in ("library", "finance", "hospital")
    )
    finance.requires.set([library])
    hospital.requires.set([finance])
    said = errors_of(client.post(page_of(library), filled_in(client, library, requires=[hospital.pk])))
    assert (
        "Finance → Library → University hospital → Finance" in said
        or "Library → University hospital → Finance → Library" in said
    )
    gate = Checkpoint.objects.get(key="supervisor")
    said = errors_of(client.post(page_of(gate), filled_in(client, gate, requires=[library.pk])))
    assert "Supervisor → Library → Supervisor" in said
    said = errors_of(client.post(page_of(library), filled_in(client, library, is_gate="on")))
    assert "“1. Supervisor” is the gate of this cohort already" in said


def test_prerequisites_are_those_of_the_same_cohort(client: Client) -> None:
    published()
    other = builders.cohort(2027)
    elsewhere = Checkpoint.objects.create(
        cohort=other, number=1, key="x", order=1, name_zh="别处", owner_kind="college"
    )
    dean(client)
    library = Checkpoint.objects.get(key="library")
    offered = client.get(page_of(library)).context["adminform"].form.fields["requires"].queryset
    assert set(offered) == set(Checkpoint.objects.filter(cohort__year=2026).exclude(pk=library.pk))
    posted = filled_in(client, library, requires=[elsewhere.pk])
    assert "not one of the available choices" in errors_of(client.post(page_of(library), posted))
    assert library.requires.count() == 0


def test_an_owner_has_to_fit(client: Client) -> None:
    published()
    dean(client)
    library = Checkpoint.objects.get(key="library")
    assert "Choose the office" in errors_of(
        client.post(page_of(library), filled_in(client, library, department=None))
    )
    node = filled_in(client, library, owner_kind="node")
    assert "Choose the node" in errors_of(client.post(page_of(library), node))
    assert (
        client.post(page_of(library), filled_in(client, library, owner_kind="supervisor")).status_code == 302
    )
    library.refresh_from_db()
    assert (library.owner_kind, library.department) == ("supervisor", None)


def test_the_lists_of_a_rule_make_sense_together(client: Client) -> None:
    published()
    dean(client)
    party = Checkpoint.objects.get(key="party")
    for changes, said in (
        ({"rules_0_political_match": "any"}, "only the listed are meant"),
        ({"rules_0_political_statuses": ""}, "List at least one"),
        ({"rules_0_college_match": "only"}, "List at least one"),
        ({"rules_0_reason_zh": ""}, "Say in Chinese why"),
    ):
        assert said in errors_of(client.post(page_of(party), filled_in(client, party, **changes)))
    full_width = filled_in(client, party, rules_0_political_statuses="中共党员，中共预备党员、中共党员")
    assert client.post(page_of(party), full_width).status_code == 302
    assert party.rules.first().political_statuses == ["中共党员", "中共预备党员"]  # type: ignore[union-attr]


def test_a_checkpoint_is_deleted_only_where_it_stands_on_no_sheet(client: Client) -> None:
    published()
    builders.graduate()
    opened()
    dean(client)
    library, party = Checkpoint.objects.get(key="library"), Checkpoint.objects.get(key="party")
    answers = [
        client.post(reverse("admin:leaving_checkpoint_delete", args=[one.pk]), {"post": "yes"})
        for one in (library, party)
    ]
    assert [answer.status_code for answer in answers] == [403, 302]
    assert Checkpoint.objects.filter(pk__in=[library.pk, party.pk]).get() == library


def test_the_order_is_edited_in_the_list_and_copying_is_an_action(client: Client) -> None:
    published()
    dean(client)
    url = reverse("admin:leaving_checkpoint_changelist")
    formset = client.get(url).context["cl"].formset
    posted = {
        "form-TOTAL_FORMS": len(formset.forms),
        "form-INITIAL_FORMS": len(formset.forms),
        "_save": "Save",
    }
    for place, form in enumerate(formset.forms):
        posted |= {f"form-{place}-id": form.instance.pk, f"form-{place}-order": 200 - place}
    client.post(url, posted)
    assert list(Checkpoint.objects.values_list("number", flat=True)) == [
        13,
        12,
        11,
        10,
        9,
        8,
        7,
        6,
        5,
        4,
        3,
        2,
        1,
    ]
    chosen = {"action": "copy_to_another_year", "_selected_action": [Checkpoint.objects.get(number=1).pk]}
    assert client.post(url, chosen)["Location"] == reverse("leaving:rules-copy", args=[2026])


def test_rules_in_words() -> None:
    published()
    with translation.override("zh-hans"):
        words = {
            one.key: [rule_in_words(rule) for rule in one.rules.all()] for one in Checkpoint.objects.all()
        }
    assert words["library"] == ["全部（其余）毕业生：需要办理"]
    assert words["equipment"][1].startswith("专科、本科；仅限经济管理学院、")
    assert words["party"][0] == (
        "硕士、博士；双证；政治面貌：除中共党员、中共预备党员以外：自动通过（学籍信息中的政治面貌不是党员或预备党员）"
    )
