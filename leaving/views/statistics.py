"""Statistics: from the university or a college down to the names of those who miss something (C10, P7)."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leaving.charts import bar, timeline
from leaving.forms.statistics import NamesForm, SelectionForm, kept_in_address
from leaving.selectors.figures import Row, Table, Tally, cleared_by_day, pace_of, table_of
from leaving.selectors.missing import missing_of, names_of, opened_by
from leaving.selectors.sheets import reason_of
from leaving.selectors.statistics import NO_CLASS, OutOfReach, Selection, key_of, sees_statistics, select
from portal.accounts.access import access
from portal.keyset import counted, keyset_page
from portal.localized import localized
from portal.templatetags.portal_ui import icon


@dataclass(frozen=True, slots=True)
class _Cell:
    tally: Tally
    url: str
    told: str  # for screen readers


@dataclass(frozen=True, slots=True)
class _Line:
    row: Row
    url: str
    names_url: str
    cells: list[_Cell]


@access(sees_statistics)
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """The figures; asked for by HTMX, those parts of the page that change."""
    selection = selected(request)
    if selection is None:
        return render(request, "leaving/statistics.html")
    table = table_of(selection)
    form = SelectionForm(selection)
    context = {
        "selection": selection,
        "table": table,
        "lines": [_line(selection, table, row) for row in table.rows],
        "total": _line(selection, table, table.total),
        "by_row": [bar(row.label, row.items, f"{row.share} %") for row in table.rows],
        "by_checkpoint": [
            bar(localized(column, "name"), table.total.cells[column.pk]) for column in table.columns
        ],
        "timeline": timeline(cleared_by_day(selection)),
        "pace": pace_of(selection),
        "signs": {name: icon(name) for name in ("cross", "dots", "clock")},
        "form": form,
        "kept": kept_in_address(selection.parameters(), form),
        "tabs": [(one, _address(sight=one.key, cohort=key_of(selection.cohort))) for one in selection.sights],
        "refresh_url": f"{reverse('leaving:statistics')}?{request.GET.urlencode()}",
        "names_url": _names(selection),
        "up_url": _address(**{**selection.parameters(), "college": "", "class": ""}),
        "export_url": _export(selection),
    }
    part = bool(getattr(request, "htmx", False))
    return render(
        request, "leaving/_statistics.html" if part else "leaving/statistics.html", context | {"oob": part}
    )


@access(sees_statistics)
@require_GET
def names(request: HttpRequest) -> HttpResponse:
    """Who misses what, graduate by graduate, in the order of the class lists."""
    selection = selected(request)
    if selection is None:
        return redirect("leaving:statistics")
    late = selection.late()
    page = keyset_page(names_of(late), key=("id",), parameters=request.GET.dict())
    missing = missing_of([sheet.pk for sheet in page.rows], selection)
    visible = opened_by(selection.user, page.rows)
    form = NamesForm(selection)
    parameters = selection.parameters()
    context = {
        "selection": selection,
        "page": page,
        "rows": [
            (
                sheet,
                [(item, reason_of(item)) for item in missing.get(sheet.pk, [])],
                sheet.graduate_id in visible,
            )
            for sheet in page.rows
        ],
        "total": counted(late),
        "form": form,
        "kept": kept_in_address(parameters, form),
        "filtered": any(parameters.get(name) for name in ("q", "state", "checkpoint", "level")),
        "back_url": _address(**{**parameters, "q": "", "state": "", "checkpoint": ""}),
        "remind_url": f"{reverse('leaving:reminder-new')}?{urlencode(parameters)}",
        "export_url": _export(selection),
    }
    return render(request, "leaving/statistics_names.html", context)


def selected(request: HttpRequest) -> Selection | None:
    """What the address asks for; all checkpoints where the number is one that only another cohort has, which the filter was
    set to before. Raises Http404 for what is out of reach."""
    assert request.user.is_authenticated
    asked = request.GET.dict()
    for parameters in (asked, {**asked, "checkpoint": ""}):
        with suppress(OutOfReach):
            return select(request.user, parameters)
    raise Http404


def _line(selection: Selection, table: Table, row: Row) -> _Line:
    further: dict[str, str] = {}
    if row.college:
        further["college"] = row.college.code
    if row.school_class:
        further["class"] = str(row.school_class.uid)
    elif selection.of_classes and row is not table.total:
        further["class"] = NO_CLASS
    return _Line(
        row,
        _address(**selection.parameters(), **further) if row.college else "",
        _names(selection, **further) if further or row is table.total else "",
        _cells(table, row, _names(selection, **further) if further or row is table.total else ""),
    )


def _cells(table: Table, row: Row, names_url: str) -> list[_Cell]:
    """A cell for each column, in few steps: there may be thousands."""
    missing = _("%(failed)s not passed, %(pending)s without decision, %(waiting)s waiting")
    cells = []
    for column in table.columns:
        tally, name = row.cells[column.pk], localized(column, "name")
        said = {"failed": tally.failed, "pending": tally.pending, "waiting": tally.waiting}
        url = f"{names_url}&checkpoint={column.number}" if names_url and tally.missing else ""
        cells.append(_Cell(tally, url, f"{row.label}, {name}: {missing % said}" if tally.missing else ""))
    return cells


def _address(**parameters: str) -> str:
    said = {name: value for name, value in parameters.items() if value}
    return f"{reverse('leaving:statistics')}?{urlencode(said)}"


def _names(selection: Selection, **further: str) -> str:
    return f"{reverse('leaving:statistics-names')}?{urlencode({**selection.parameters(), **further})}"


def _export(selection: Selection) -> str:
    """Where the same is taken out as a workbook."""
    given = {"selection": urlencode(selection.parameters())}
    return f"{reverse('workbooks:export-new', args=['missing'])}?{urlencode(given)}"
