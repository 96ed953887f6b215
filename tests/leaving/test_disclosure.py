"""The rule of five: nothing below five is shown, and nothing follows by difference (C1)."""

import itertools
from collections.abc import Iterator

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leaving.selectors.disclosure import LEAST, Protection, protect, protect_choices

Table = dict[int, list[int]]


def tables(rows: int, columns: int, most: int) -> st.SearchStrategy[Table]:
    row = st.lists(st.integers(0, most), min_size=columns, max_size=columns)
    return st.dictionaries(st.integers(0, 20), row, min_size=1, max_size=rows)


def shown(table: Table, protection: Protection) -> Iterator[int]:
    """Every figure that is published: cells, sums of rows, sums of columns."""
    width = len(next(iter(table.values())))
    for row, cells in table.items():
        yield from (n for column, n in enumerate(cells) if not protection.hides(row, column))
        if not protection.hides_row(row):
            yield sum(cells)
    yield from (
        sum(cells[column] for cells in table.values())
        for column in range(width)
        if not protection.hides(None, column)
    )


@settings(max_examples=300, deadline=None)
@given(tables(rows=6, columns=4, most=30), st.sets(st.integers(0, 20), max_size=3))
def test_no_figure_below_five_is_shown(table: Table, silent: set[int]) -> None:
    protection = protect(table, silent=silent)
    assert [n for n in shown(table, protection) if n < LEAST] == []
    assert all(protection.hides_row(row) for row in silent & table.keys())


def other_worlds(table: Table, protection: Protection) -> Iterator[Table]:
    """All tables that agree with everything that is published, silent rows aside: tried out, cell by cell."""
    rows = [row for row in table if not protection.hides_row(row)]
    width = len(next(iter(table.values())))
    sums = [sum(cells[column] for cells in table.values()) for column in range(width)]
    total = sum(sums)

    def candidates(row: int) -> list[tuple[int, ...]]:
        cells = table[row]
        spaces = [
            range(sum(cells) + 1) if protection.hides(row, column) else (n,) for column, n in enumerate(cells)
        ]
        return [found for found in itertools.product(*spaces) if sum(found) == sum(cells)]

    silent = bool(protection.silent)
    hushed = total - sum(sum(table[row]) for row in rows)
    last = [()] if not silent else [
        found for found in itertools.product(range(hushed + 1), repeat=width) if sum(found) == hushed
    ]  # fmt: skip
    for world in itertools.product(*(candidates(row) for row in rows), last):
        found = [sum(cells[column] for cells in world if cells) for column in range(width)]
        if all(protection.hides(None, column) or found[column] == sums[column] for column in range(width)):
            yield dict(zip([*rows, -1], map(list, world), strict=True))


@settings(max_examples=80, deadline=None)
@given(tables(rows=3, columns=2, most=9) | tables(rows=2, columns=3, most=8))
def test_whatever_is_put_together_a_withheld_cell_stays_open_by_five(table: Table) -> None:
    protection = protect(table)
    if protection.everything:
        return
    worlds = list(itertools.islice(other_worlds(table, protection), 20_000))
    for row, cells in table.items():
        if protection.hides_row(row):
            continue
        for column in range(len(cells)):
            values = {world[row][column] for world in worlds}
            if protection.hides(row, column):
                assert max(values) - min(values) >= LEAST, (row, column)
            else:
                assert values == {cells[column]}


def test_one_small_cell_takes_a_neighbour_and_another_college_with_it() -> None:
    protection = protect({1: [20, 3, 9], 2: [30, 40, 50], 3: [60, 70, 80]})
    hidden = {(row, column) for row in (1, 2, 3) for column in range(3) if protection.hides(row, column)}
    assert hidden == {(1, 1), (1, 0), (2, 1), (2, 0)}
    assert not any(protection.hides(None, column) for column in range(3))


def test_all_of_one_mind_are_not_given_away() -> None:
    assert all(protect({1: [20, 0, 0]}).hides(None, column) for column in range(3))


def test_fewer_than_five_tell_nothing() -> None:
    assert protect({1: [4, 0]}).everything
    assert protect({}).everything


def test_large_figures_are_all_shown() -> None:
    protection = protect({1: [20, 30], 2: [5, 6]})
    assert not any(protection.hides(row, column) for row in (None, 1, 2) for column in (0, 1))


# --- several choices ---------------------------------------------------------------------------------------------------
# Of two choices, one of which at least must be chosen, a row says how many chose only the first, only the second, and both.


def as_figures(row: list[int]) -> list[int]:
    """How many chose the first, the second, and how many were asked."""
    first, second, both = row
    return [first + both, second + both, first + second + both]


def other_choices(table: Table, protections: list[Protection]) -> Iterator[Table]:
    """All tables of that kind that agree with everything that is published, silent rows together as row -1."""
    silent = {row for row in table if any(one.hides_row(row) for one in protections)}
    known = {row: cells for row, cells in table.items() if row not in silent}
    if silent:
        known[-1] = [sum(cells) for cells in zip(*(table[row] for row in silent), strict=True)]
    totals = [sum(cells) for cells in zip(*map(as_figures, known.values()), strict=True)]

    def agree(found: list[int], figures: list[int], row: int | None) -> bool:
        return all(
            row == -1 or protections[choice].hides(row, 0) or found[choice] == figures[choice]
            for choice in (0, 1)
        )

    def candidates(row: int) -> list[list[int]]:
        figures = as_figures(known[row])
        spaces = itertools.product(range(figures[2] + 1), repeat=2)
        worlds = [[one, two, figures[2] - one - two] for one, two in spaces if one + two <= figures[2]]
        return [world for world in worlds if agree(as_figures(world), figures, row)]

    for world in itertools.product(*(candidates(row) for row in known)):
        if agree([sum(cells) for cells in zip(*map(as_figures, world), strict=True)], totals, None):
            yield dict(zip(known, world, strict=True))


@settings(max_examples=60, deadline=None)
@given(tables(rows=2, columns=3, most=11))
def test_of_two_choices_nothing_tells_how_few_chose_only_one_or_both(table: Table) -> None:
    protections = protect_choices({row: as_figures(cells) for row, cells in table.items()}, required=True)
    if any(protection.everything for protection in protections):
        return
    worlds = list(other_choices(table, protections))
    for row in worlds[0]:
        for cell in range(3):
            values = {world[row][cell] for world in worlds}
            assert min(values) >= LEAST or max(values) - min(values) >= LEAST, (row, cell, values)
    for cell in range(3):
        values = {sum(cells[cell] for cells in world.values()) for world in worlds}
        assert min(values) >= LEAST or max(values) - min(values) >= LEAST, ("all", cell, values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=7, max_size=7))
def test_of_three_choices_either(row: list[int]) -> None:
    """Chosen were: a, b, c, ab, ac, bc, abc. Where all figures are shown, how many chose exactly so stays open by five."""
    a, b, c, ab, ac, bc, abc = row
    chosen = [a + ab + ac + abc, b + ab + bc + abc, c + ac + bc + abc]
    protections = protect_choices({1: [*chosen, sum(row)]}, required=True)
    assume(not any(one.hides(place, 0) for one in protections for place in (None, 1)))
    more = sum(chosen) - sum(row)
    worlds = []
    for every in range(more // 2 + 1):
        for one, two in itertools.product(range(more - 2 * every + 1), repeat=2):
            three = more - 2 * every - one - two
            single = [chosen[0] - one - two, chosen[1] - one - three, chosen[2] - two - three]
            found = [*(n - every for n in single), one, two, three, every]
            if min(found) >= 0:
                worlds.append(found)
    for values in zip(*worlds, strict=True):
        assert min(values) >= LEAST or max(values) - min(values) >= LEAST, values


def test_one_who_chose_both_is_not_given_away() -> None:
    """Twenty were asked; ten chose a, eleven b: exactly one must have chosen both."""
    table = {1: [10, 11, 20]}
    first, second = protect_choices(table, required=True)
    assert (first.hides(None, 0), second.hides(None, 0)) == (True, False)
    # Who may leave it open tells nothing by it, and six who chose both can be told.
    assert not any(one.hides(None, 0) for one in protect_choices(table, required=False))
    assert not any(one.hides(None, 0) for one in protect_choices({1: [13, 13, 20]}, required=True))
    # In one college of three: another one goes with it, or the university's figure would tell.
    colleges = {1: [10, 11, 20], 2: [20, 20, 30], 3: [30, 30, 40]}
    first, second = protect_choices(colleges, required=True)
    assert {row for row in (None, 1, 2, 3) if first.hides(row, 0)} == {1, 2}
    assert not any(second.hides(row, 0) for row in (None, 1, 2, 3))
