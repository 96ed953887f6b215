"""A template that is filled in goes straight in, and so does a mended error workbook."""

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest

from portal.workbooks.normalise import for_column
from portal.workbooks.reading.parent import Block, Header, open_workbook
from portal.workbooks.spec import CellKind, Choice, Column
from portal.workbooks.writing.errors import Mend, is_mend_title, write_error_workbook
from portal.workbooks.writing.template import ExampleState, example_state, write_template

SEX = (Choice("m", "男", "Male"), Choice("f", "女", "Female"))
COLLEGES = tuple(Choice(str(n), f"第{n}个名字很长很长的学院", f"College number {n}") for n in range(40))
COLUMNS = (
    Column("number", "学号", "Student number", CellKind.IDENTIFIER, required=True, example_zh="20161000001"),
    Column("name", "姓名", "Name", required=True, example_zh="张三", example_en="Zhang San"),
    Column("sex", "性别", "Sex", CellKind.CHOICE, choices=SEX, example_zh="男", example_en="Male"),
    Column("college", "学院", "College", CellKind.CHOICE, choices=COLLEGES),
    Column("left", "毕业日期", "Date of graduation", CellKind.DATE, example_zh="2020-06-30", help="YYYY-MM-DD"),
)  # fmt: skip


def template(language: str) -> bytes:
    out = io.BytesIO()
    write_template(out, COLUMNS, language=language, title="毕业生")
    return out.getvalue()


def read(data: bytes) -> tuple[Header, list[Block]]:
    with open_workbook(io.BytesIO(data)) as workbook:
        return workbook.header, list(workbook.blocks())


@pytest.mark.parametrize(
    ("language", "titles"),
    [("zh-hans", [c.header_zh for c in COLUMNS]), ("en", [c.header_en for c in COLUMNS])],
)
def test_the_template_has_exactly_the_headers_and_its_example_is_known(
    language: str, titles: list[str]
) -> None:
    header, (block,) = read(template(language))
    assert list(header.titles) == titles
    assert block.numbers == [2]
    assert example_state(COLUMNS, block.rows[0]) is ExampleState.EXAMPLE


def test_filled_in_below_the_example_it_goes_straight_in() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template("zh-hans")))
    sheet: Any = book.active
    for number, value in enumerate(
        ["20161000007", "李四", "女", "第7个名字很长很长的学院", dt.date(2020, 6, 30)], 1
    ):
        sheet.cell(3, number, value)
    out = io.BytesIO()
    book.save(out)
    _, (block,) = read(out.getvalue())
    assert [example_state(COLUMNS, row) for row in block.rows] == [ExampleState.EXAMPLE, ExampleState.NONE]
    assert [for_column(column)[cell] for column, cell in zip(COLUMNS, block.rows[1], strict=True)] == [
        "20161000007", "李四", "f", "7", dt.date(2020, 6, 30)
    ]  # fmt: skip


def test_an_example_that_was_typed_over_is_neither() -> None:
    assert (
        example_state(COLUMNS, ["示例：20161000001", "李四", "男", None, dt.date(2020, 6, 30)])
        is ExampleState.TOUCHED
    )
    assert (
        example_state(COLUMNS, ["20161000001", "张三", "男", None, dt.date(2020, 6, 30)]) is ExampleState.NONE
    )


def test_the_template_helps_while_it_is_filled_in() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template("zh-hans")))
    sheet: Any = book.active
    assert sheet["A1"].comment.text == "必填\n示例：20161000001"
    assert sheet["E1"].comment.text == "选填\nYYYY-MM-DD\n示例：2020-06-30"
    assert [sheet.column_dimensions[letter].number_format for letter in "ABCDE"] == [
        "@",
        "@",
        "@",
        "@",
        "yyyy-mm-dd",
    ]
    assert {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation} == {
        "C2:C100001": '"男,女"',
        "D2:D100001": "_lists!$D$1:$D$40",
    }
    assert book["_lists"].sheet_state == "veryHidden"


HEADER = Header("名单", 2, ("学号", "姓名", "毕业日期"))
ROWS: list[list[Any]] = [
    ["20161000001", "张三", dt.date(2020, 6, 30)],
    [4.20101199801012e17, "=李四", None],
    ["20161000003", "王五", "2020-06"],
]
FAULTS = {
    5: [Mend(0, "学号：位数丢失，请改为文本后重新填写"), Mend(2, "毕业日期：必填")],
    9: [Mend(2, "毕业日期：请填写完整日期"), Mend(None, "该学生不属于本学院")],
}


def error_workbook(header: Header, blocks: list[Block], language: str = "zh-hans") -> bytes:
    out = io.BytesIO()
    assert write_error_workbook(out, header, blocks, FAULTS, language=language) == 2
    return out.getvalue()


def test_the_error_workbook_has_all_rows_in_place_and_says_what_to_mend() -> None:
    header, (block,) = read(error_workbook(HEADER, [Block([3, 5, 9], ROWS)]))
    assert (header.row, header.titles) == (2, ("学号", "姓名", "毕业日期", "需要修改的内容"))
    assert block == Block(
        [3, 5, 9],
        [
            [*ROWS[0], None],
            ["4.20101199801012e+17", "=李四", None, "学号：位数丢失，请改为文本后重新填写\n毕业日期：必填"],
            [*ROWS[2], "毕业日期：请填写完整日期\n该学生不属于本学院"],
        ],
    )


def test_faulty_cells_are_marked_blank_ones_too() -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(error_workbook(HEADER, [Block([3, 5, 9], ROWS)]))).active
    marked = [
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFD9D2"
    ]
    assert marked == ["A5", "C5", "D5", "C9", "D9"]


def test_mended_in_part_and_faulty_again_the_column_is_not_there_twice() -> None:
    header, blocks = read(error_workbook(HEADER, [Block([3, 5, 9], ROWS)], "en"))
    assert [title for title in header.titles if is_mend_title(title)] == ["What to mend"]
    again, _ = read(error_workbook(header, blocks))
    assert again.titles == ("学号", "姓名", "毕业日期", "需要修改的内容")
