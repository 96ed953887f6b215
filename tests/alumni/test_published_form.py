"""What may stand in a cell of the published alumni workbook (A2, G4)."""

import pytest

from alumni.workbooks.published import published, studies


@pytest.mark.parametrize(
    ("column", "recorded", "shown"),
    [
        ("name", "张 三", "张三"),
        ("name", "张\u3000三（小）", "张三小"),
        ("name", "阿不都拉·买买提", "阿不都拉·买买提"),
        ("name", "阿不都拉 • 买买提", "阿不都拉·买买提"),
        ("name", "PAL ANAND  MOHAN", "PAL ANAND MOHAN"),
        ("name", "Jean-Luc O'Neill", "Jean Luc ONeill"),
        ("name", "\U00031350\ue000", "\U00031350\ue000"),  # rare characters, whatever Unicode knows of them
        ("mobile", "+86 139-0000-0001", "8613900000001"),
        ("wechat", "zhang_san-1995", "zhang_san-1995"),
        ("email", "zhang.san_1@mail-host.example", "zhang.san_1@mail-host.example"),
        ("email", "zhang+work@mail.example", ""),  # without the plus it would be somebody else's
        ("wechat", "=1+1", ""),
        ("employer", "示范公司（武汉）有限公司。", "示范公司武汉有限公司"),
        ("employer", "=SUM(A1)", "SUMA1"),
        ("employer", "Example  Ltd.", "Example Ltd"),
        ("identity_address", "湖北省武汉市，洪山区388号", "湖北省武汉市洪山区388号"),
    ],
)
def test_what_stands_in_the_published_form(column: str, recorded: str, shown: str) -> None:
    assert published(column, recorded) == shown
    assert published(column, shown) == shown  # so that an export goes back in as unchanged


def test_grade_and_major_read_as_one() -> None:
    assert studies(2017, "工程管理") == "2017级工程管理"
    assert studies(2018, "软件工程（中外合作）") == "2018级软件工程中外合作"
