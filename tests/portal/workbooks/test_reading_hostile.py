"""Every hostile workbook is refused with its own code and place, and the reader of the next one lives."""

import io

import pytest

from portal.workbooks.reading.messages import MESSAGES
from portal.workbooks.reading.parent import Cell, open_workbook
from portal.workbooks.reading.refusals import Code, Refusal

from .crafted import ROWS, valid
from .hostile import HOSTILE


def read(data: bytes) -> list[list[Cell]]:
    with open_workbook(io.BytesIO(data)) as workbook:
        return [row for block in workbook.blocks() for row in block.rows]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workbook_is_refused_with_its_own_code_and_place(name: str) -> None:
    hostile = HOSTILE[name]
    with pytest.raises(Refusal) as caught:
        read(hostile.build())
    assert (caught.value.code, caught.value.place()) == (hostile.code, hostile.place)


def test_the_roster_they_are_built_into_is_valid() -> None:
    assert [row[:3] for row in read(valid())] == [list(row[:3]) for row in ROWS]


def test_every_code_has_a_message_and_a_remedy() -> None:
    assert set(MESSAGES) == set(Code)
