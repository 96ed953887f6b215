"""The quick check of identity numbers against the reference, and names in pinyin."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from leaving.workbooks.graduates.identity import check_number, with_check_character
from portal.pinyin import sort_key


@given(
    born=st.dates(datetime.date(1940, 1, 1), datetime.date(2012, 12, 31)),
    serial=st.integers(0, 999),
    last=st.sampled_from("0123456789X"),
)
def test_the_check_character_is_that_of_the_reference(born: datetime.date, serial: int, last: str) -> None:
    digits = f"110101{born:%Y%m%d}{serial:03d}"
    number = digits + last
    sex = "male" if serial % 2 else "female"
    expected = (born.isoformat(), sex) if ric.calc_check_digit(number) == last else "identity_check"
    assert check_number("resident", number) == expected
    assert ric.is_valid(with_check_character(digits))


@pytest.mark.parametrize(
    ("document", "number", "expected"),
    [
        ("resident", "11010519491231002X", ("1949-12-31", "female")),
        ("resident", "11010519490229002X", "identity_date"),
        ("resident", "01010519491231002X", "identity_shape"),
        ("resident", "110105194912310021", "identity_check"),
        ("resident", "440524880101001", "identity_length"),
        ("resident", "1101051949123100２X", "identity_shape"),
        ("residence", with_check_character("81000020030715321"), ("2003-07-15", "male")),
        ("residence", with_check_character("11000020030715321"), "document_shape"),
        ("foreign_permanent", with_check_character("91110020030715322"), ("2003-07-15", "female")),
        ("foreign_permanent", "USA110086020412", ("", "")),
        ("passport", "E12345678", ("", "")),
        ("passport", "护照12345", "document_shape"),
        ("hk_mo", "H12345678", ("", "")),
        ("hk_mo", "X12345678", "document_shape"),
        ("taiwan", "12345678", ("", "")),
        ("taiwan", "1234567", "document_shape"),
    ],
)
def test_what_a_number_says(document: str, number: str, expected: object) -> None:
    assert check_number(document, number) == expected


@pytest.mark.parametrize(
    ("name", "given_pinyin", "key"),
    [
        ("单雄信", "", "shan xiong xin"),
        ("曾国藩", "", "zeng guo fan"),
        ("解珍", "", "xie zhen"),
        ("吕布", "", "lv bu"),
        ("仇英", "", "qiu ying"),
        ("欧阳锋", "", "ou yang feng"),
        ("尉迟恭", "", "yu chi gong"),
        ("尉健", "", "wei jian"),
        ("阿不都拉·买买提", "", "a bu dou la mai mai ti"),
        ("PAL ANAND MOHAN", "", "pal anand mohan"),
        ("张晓明", "Zhāng Xiǎomíng", "zhang xiaoming"),
        ("吕绿", "Lǚ Lǜ", "lv lv"),
        ("José Núñez", "", "jose nunez"),
        ("张", "", "zhang"),
    ],
)
def test_names_sort_by_how_they_are_read(name: str, given_pinyin: str, key: str) -> None:
    assert sort_key(name, given_pinyin) == key
