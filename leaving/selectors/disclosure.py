"""The rule of five: which figures of a table can be published so that no smaller one follows by difference (C1).

A table has a row for each college and a column for each answer; what is published is the table, its row sums (how many were
asked) and its column sums (the university). A cell below five is withheld, and with it a whole rectangle of rows and columns:
at least two of each, and what is withheld of a row or of a column adds up to five at least. Whoever knows all the rest, whatever
they put together, can then narrow no withheld cell down to a range of less than five (`tests/leaving/test_disclosure.py`).

Of a question with several choices each choice has a table of its own: chosen or not. Where one at least must be chosen, what the
choices sum up to above the number of people tells how many chose several, with two choices exactly: that is protected too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
HUSHED = -1  # the row that the silent ones make together


@dataclass(frozen=True, slots=True)
class Protection:
    """What of a table is withheld: columns of the sums; rows × columns of the table; rows of which nothing is told."""

    sums: frozenset[int]
    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()
    everything: bool = False

    def hides(self, row: int | None, column: int) -> bool:
        """Is this cell withheld? Row None stands for the sums."""
        if self.everything or row in self.silent:
            return True
        return column in self.sums if row is None else row in self.rows and column in self.columns

    def hides_row(self, row: int | None) -> bool:
        """Is even the row's sum withheld?"""
        return self.everything or row in self.silent


def protect(table: Mapping[int, Sequence[int]], *, silent: Collection[int] = ()) -> Protection:
    """What of `table` (row → its cells) must be withheld. Of the rows in `silent` nothing may be told anyway: together they
    are a row that follows by difference."""
    sizes = {row: sum(cells) for row, cells in table.items()}
    hushed = {row for row in table if row in silent or sizes[row] < LEAST}
    rows: dict[int, Sequence[int]] = {row: cells for row, cells in table.items() if row not in hushed}
    if hushed:
        while sum(sizes[row] for row in hushed) < LEAST and rows:
            smallest = min(rows, key=lambda row: (sizes[row], row))
            hushed.add(smallest)
            del rows[smallest]
        rows[HUSHED] = [sum(cells) for cells in zip(*(table[row] for row in hushed), strict=True)]
    if sum(sizes.values()) < LEAST:
        return Protection(frozenset(), everything=True)
    sums = [sum(cells) for cells in zip(*rows.values(), strict=True)]
    of_sums = _with_enough({column for column, n in enumerate(sums) if n < LEAST}, dict(enumerate(sums)))
    shut_rows, shut_columns = _rectangle(rows, sums, of_sums)
    return Protection(
        frozenset(of_sums),
        frozenset(shut_rows - {HUSHED}),
        frozenset(shut_columns),
        frozenset(hushed),
    )


def protect_choices(
    table: Mapping[int, Sequence[int]], *, required: bool, silent: Collection[int] = ()
) -> list[Protection]:
    """The same for a question with several choices; in `table` each row says how many chose which, and last how many were asked.

    Returns a protection for each choice, whose columns are chosen and not chosen. What is too much to tell of how many chose
    several is withheld with the choice that was chosen least.
    """
    choices = range(max(map(len, table.values()), default=1) - 1)
    found = [
        protect(
            {row: (cells[choice], cells[-1] - cells[choice]) for row, cells in table.items()}, silent=silent
        )
        for choice in choices
    ]
    if not required or not found:
        return found
    chose_all = {row: _at_most_all(cells) for row, cells in table.items()}
    least_chosen = min(choices, key=lambda choice: (sum(cells[choice] for cells in table.values()), choice))
    found[least_chosen] = _both(
        found[least_chosen],
        protect({row: (most, table[row][-1] - most) for row, most in chose_all.items()}, silent=silent),
    )
    return found


def _at_most_all(cells: Sequence[int]) -> int:
    """How many at most chose all of the choices, where everybody chose at least one: with two choices, how many chose both."""
    *choices, asked = cells
    return (sum(choices) - asked) // max(len(choices) - 1, 1)


def _both(one: Protection, other: Protection) -> Protection:
    """What either of two protections of two columns withholds, chosen and not chosen always together."""
    both = frozenset({0, 1})
    return Protection(
        both if one.sums or other.sums else frozenset(),
        one.rows | other.rows,
        both if one.rows or other.rows else frozenset(),
        one.silent | other.silent,
        one.everything or other.everything,
    )


def _with_enough(withheld: set[int], sizes: Mapping[int, int]) -> set[int]:
    """With the smallest others, until there are two that add up to five; nothing stays nothing."""
    found = set(withheld)
    for key in sorted(sizes.keys() - found, key=lambda key: (sizes[key], key)):
        if not found or (len(found) >= 2 and sum(sizes[one] for one in found) >= LEAST):
            break
        found.add(key)
    return found


def _rectangle(
    table: Mapping[int, Sequence[int]], sums: Sequence[int], of_sums: set[int]
) -> tuple[set[int], set[int]]:
    """Rows and columns whose crossing is withheld. A column whose sum is withheld is withheld in every row."""
    columns = of_sums | {c for cells in table.values() for c, n in enumerate(cells) if n < LEAST}
    rows = set(table) if of_sums else {row for row, cells in table.items() if min(cells) < LEAST}
    if not rows or len(table) == 1:  # a single row is the sums
        return rows, columns

    def next_column() -> int | None:
        return min(
            (c for c in range(len(sums)) if c not in columns), key=lambda c: (sums[c], c), default=None
        )

    def next_row() -> int | None:
        return min(table.keys() - rows, key=lambda row: (sum(table[row]), row), default=None)

    while True:
        short_row = any(sum(table[row][c] for c in columns) < LEAST for row in rows)
        if (short_row or len(columns) < 2) and (column := next_column()) is not None:
            columns.add(column)
            continue
        short_column = any(sum(table[row][c] for row in rows) < LEAST for c in columns - of_sums)
        if (short_column or len(rows) < 2) and (row := next_row()) is not None:
            rows.add(row)
            continue
        return rows, columns
