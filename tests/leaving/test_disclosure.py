"""The rule of five: nothing below five is shown, and nothing follows by difference (C1)."""

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from leaving.selectors.disclosure import LEAST, Protection, protect

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
