"""The published form of the alumni database (A2, G4): its ten columns, and what may stand in a cell.

“No punctuation in any cell but dates, no spaces inside names.” Real people pass all the same: 阿不都拉·买买提 keeps the
middle dot, PAL ANAND MOHAN the spaces, and `@ . _ -` in an e-mail address or a WeChat id are part of it.
Export and import compare in this form, so that an export goes back in as unchanged.
"""

import re
import unicodedata

from portal.workbooks.spec import CellKind, Choice, Column

SEX_CHOICES = (Choice("male", "男", "Male"), Choice("female", "女", "Female"))
COLUMNS = (
    Column("number", "序号", "No.", CellKind.NUMBER, example_zh="1"),
    Column("name", "姓名", "Name", required=True, max_length=100, example_zh="张三"),
    Column("sex", "性别", "Sex", CellKind.CHOICE, choices=SEX_CHOICES, example_zh="男"),
    Column(
        "studies", "年级专业", "Grade and major", required=True, max_length=90, example_zh="2017级工程管理"
    ),
    Column("mobile", "手机号", "Mobile", CellKind.IDENTIFIER, max_length=32, example_zh="13900000000"),
    Column("wechat", "微信号", "WeChat", CellKind.IDENTIFIER, max_length=64, example_zh="zhang_san-1995"),
    Column("email", "邮箱", "E-mail", max_length=254, example_zh="zhangsan@example.edu"),
    Column("employer", "工作单位", "Employer", max_length=120, example_zh="示范地质公司"),
    Column("post", "职务", "Post", max_length=80, example_zh="工程师"),
    Column(
        "identity_address",
        "身份证住址",
        "Address on the identity card",
        max_length=200,
        example_zh="湖北省武汉市",
    ),
)
SEX = {choice.value: choice.zh for choice in SEX_CHOICES}

_PUNCTUATION = re.compile(r"[^\w ]|_")  # also finds marks that belong to letters: those are kept below
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_DOTS = re.compile(r"(?<=[^\W\d_a-zA-Z])\s*[·•‧∙・･.．]\s*(?=[^\W\d_a-zA-Z])")
_DASHES = re.compile(r"[-‐‑–—]")
_EMAIL = re.compile(r"[\w.-]+@[\w.-]+")
_WECHAT = re.compile(r"[@\w.-]+")


def published(key: str, value: str) -> str:
    """What of `value` stands in the column `key` of the published form."""
    value = " ".join(unicodedata.normalize("NFC", value).split())
    if key == "name":
        return _name(value)
    if key in ("email", "wechat"):
        return _address(value, _EMAIL if key == "email" else _WECHAT)
    if key == "mobile":
        return _without_punctuation(value).replace(" ", "")
    return _without_punctuation(value)


def studies(grade: int, major: str) -> str:
    """年级专业: “2017级工程管理”."""
    return f"{grade}级{published('studies', major)}"


def _name(value: str) -> str:
    """Chinese names lose their spaces and keep the middle dot, others keep single spaces."""
    if _HAN.search(value):
        return "·".join(
            _without_punctuation(part).replace(" ", "") for part in _DOTS.sub("·", value).split("·")
        )
    return " ".join(_without_punctuation(_DASHES.sub(" ", value)).split())


def _address(value: str, allowed: re.Pattern[str]) -> str:
    """An address without the spaces in it. One that needs a character the form has no room for is left out:
    without that character it would be the address of somebody else."""
    value = value.replace(" ", "")
    return value if allowed.fullmatch(value) else ""


def _without_punctuation(value: str) -> str:
    if not _PUNCTUATION.search(value):
        return value
    return " ".join("".join(filter(_belongs, value)).split())


def _belongs(character: str) -> bool:
    """Neither punctuation nor a symbol nor invisible. Rare characters that Unicode has yet to name are letters."""
    category = unicodedata.category(character)
    return category[0] not in "PS" and category not in ("Cc", "Cf")
