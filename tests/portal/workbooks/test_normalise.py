"""What a cell means, by the kind of its column."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.workbooks.normalise import (
    CellFault,
    Normaliser,
    choice,
    date,
    for_column,
    identifier,
    number,
    text,
)
from portal.workbooks.spec import CellKind, Choice, Column

SEX = (Choice("male", "男", "Male", ("M",)), Choice("female", "女", "Female"))
WHETHER = (Choice("yes", "是", "Yes"), Choice("no", "否", "No"))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("20161000001", "20161000001"),
        ("２０１６１０００００１", "20161000001"),
        (" 2016 1000\u00a0001\u3000", "20161000001"),
        ("\ufeff20161000001\u200b", "20161000001"),
        ("'0012", "0012"),
        ("42010119980101221x", "42010119980101221X"),
        ("４２０１０１１９９８０１０１２２１ｘ", "42010119980101221X"),
        ("wx_Zhang-1", "wx_Zhang-1"),
        ("zhang@example.com", "zhang@example.com"),
        ("H1234567（8）", "H1234567(8)"),
        ("+86 138-0000-0000", "+86138-0000-0000"),
        ("1E17", "1E17"),
        (20161000001, "20161000001"),
        (999_999_999_999_999, "999999999999999"),
        (None, None),
        ("  ", None),
        (10**15, CellFault.DIGITS_LOST),
        (4.20101199801012e17, CellFault.DIGITS_LOST),
        ("4.20101E+17", CellFault.DIGITS_LOST),
        ("4E+17", CellFault.DIGITS_LOST),
        (1.5, CellFault.BAD_IDENTIFIER),
        (-3, CellFault.BAD_IDENTIFIER),
        ("张三", CellFault.BAD_IDENTIFIER),
        (dt.date(2020, 6, 30), CellFault.NOT_TEXT),
    ],
)
def test_identifier(cell: object, value: object) -> None:
    assert identifier(cell) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" 张　三 ", "张 三"),
        ("阿不都拉·买买提", "阿不都拉·买买提"),
        ("PAL  ANAND\u00a0MOHAN", "PAL ANAND MOHAN"),
        ("第一行\n第二行", "第一行 第二行"),
        ("e\u0301", "é"),
        ("\u200b\ufeff", None),
        (2017, "2017"),
        (2.5, "2.5"),
        (1e20, CellFault.DIGITS_LOST),
        ("a\x07b", CellFault.CONTROL_CHARACTER),
        (dt.time(8), CellFault.NOT_TEXT),
    ],
)
def test_text(cell: object, value: object) -> None:
    assert text(cell) == value  # type: ignore[arg-type]


JUNE = dt.date(2020, 6, 30)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (JUNE, JUNE),
        (dt.datetime(2020, 6, 30), JUNE),
        ("2020-06-30", JUNE),
        ("2020/6/30", JUNE),
        ("2020.6.30", JUNE),
        ("２０２０．６．３０", JUNE),
        ("20200630", JUNE),
        (20200630, JUNE),
        ("2020年6月30日", JUNE),
        ("2020 年 6 月 30 日", JUNE),
        ("2020-06-30 00:00:00", JUNE),
        ("", None),
        (None, None),
        ("2020-06", CellFault.NOT_A_DATE),
        ("2020.6", CellFault.NOT_A_DATE),
        ("2020-6/30", CellFault.NOT_A_DATE),
        ("2021-02-29", CellFault.NOT_A_DATE),
        ("30/06/2020", CellFault.NOT_A_DATE),
        (43982, CellFault.NOT_A_DATE),
        (dt.datetime(2020, 6, 30, 8), CellFault.NOT_A_DATE),
        (dt.time(8), CellFault.NOT_A_DATE),
        (0.5, CellFault.NOT_A_DATE),
    ],
)
def test_date(cell: object, value: object) -> None:
    assert date(cell) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "value"),
    [(3, 3), (2.5, 2.5), ("１２", 12), ("1,234.50", 1234.5), ("-3", -3), (" ", None), (None, None),
     ("1,23", CellFault.NOT_A_NUMBER),
     ("三", CellFault.NOT_A_NUMBER), ("1e5", CellFault.NOT_A_NUMBER), (JUNE, CellFault.NOT_A_NUMBER)],
)  # fmt: skip
def test_number(cell: object, value: object) -> None:
    assert number(cell) == value  # type: ignore[arg-type]


def test_choice_takes_every_word_in_any_width_and_case() -> None:
    sex = choice(SEX)
    assert [
        sex(word) for word in ("男", " 男 ", "Male", "ｍａｌｅ", "m", "male", "女", None, " ", "boy", 1)
    ] == [
        *["male"] * 6,
        "female",
        None,
        None,
        CellFault.UNKNOWN_CHOICE,
        CellFault.UNKNOWN_CHOICE,
    ]


def test_a_truth_value_answers_yes_or_no() -> None:
    assert [choice(WHETHER)(word) for word in ("TRUE", "FALSE", "是", "no")] == ["yes", "no", "yes", "no"]


def test_a_column_limits_its_length_and_remembers_what_it_saw() -> None:
    normaliser = for_column(Column("name", "姓名", "Name", max_length=3))
    assert list(map(normaliser.__getitem__, ["张三", " 张三", "张三李四", None])) == [
        "张三",
        "张三",
        CellFault.TOO_LONG,
        None,
    ]
    calls: list[object] = []
    counting = Normaliser(lambda cell: calls.append(cell) or str(cell))  # type: ignore[func-returns-value]
    assert [counting["a"], counting["a"], counting[None]] == ["a", "a", None]
    assert calls == ["a"]


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
cells = st.none() | st.text(max_size=40) | numbers | st.dates() | st.times()


@given(cells, st.sampled_from([kind for kind in CellKind if kind is not CellKind.CHOICE]))
def test_whatever_is_in_a_cell_gives_a_value_or_a_fault_and_the_value_stands(
    cell: object, kind: CellKind
) -> None:
    normaliser = for_column(Column("a", "甲", "A", kind))
    value = normaliser[cell]  # type: ignore[index]
    if not isinstance(value, CellFault):
        assert normaliser[value] == value


@given(st.integers(0, 10**15 - 1))
def test_a_number_that_a_spreadsheet_made_of_an_identifier_loses_nothing(digits: int) -> None:
    assert identifier(digits) == identifier(float(digits)) == identifier(str(digits)) == str(digits)


WAYS = ("{0:%Y}-{0.month}-{0.day}", "{0:%Y/%m/%d}", "{0:%Y%m%d}", "{0:%Y}年{0.month}月{0.day}日")


@given(st.dates(min_value=dt.date(1900, 3, 1)), st.sampled_from(WAYS))
def test_every_way_of_writing_a_date_is_the_date(day: dt.date, form: str) -> None:
    assert date(form.format(day)) == day


@given(st.text(alphabet="学号AZaz09 \u00a0\u3000\u200b\ufeff\t０９Ａｚ", max_size=20))
def test_nothing_invisible_is_left(written: str) -> None:
    known = text(written)
    assert known is None or (
        isinstance(known, str)
        and known == known.strip()
        and not set(known) & set("\u00a0\u3000\u200b\ufeff\t")
    )
