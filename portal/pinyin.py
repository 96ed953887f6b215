"""Names in pinyin, to sort and to search by. Surnames have readings of their own."""

import re
import unicodedata
from functools import cache

from pypinyin import Style, pinyin

# Surnames read otherwise than the same character elsewhere, and compound surnames.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "吕": "lv", "仇": "qiu", "区": "ou", "朴": "piao", "查": "zha", "盖": "ge",
    "尉": "wei", "种": "chong", "员": "yun", "缪": "miao", "冼": "xian", "洗": "xian", "乐": "yue", "翟": "zhai", "任": "ren",
    "华": "hua", "纪": "ji", "过": "guo", "黑": "he", "秘": "bi", "折": "she", "逄": "pang", "句": "gou", "覃": "qin",
    "谌": "chen", "繁": "po", "宓": "mi", "万": "wan", "阚": "kan", "召": "shao", "燕": "yan", "哈": "ha", "车": "che",
    "柏": "bai", "訾": "zi", "幺": "yao", "佴": "nai", "郇": "xun", "么": "yao", "眭": "sui", "祭": "zhai", "隗": "wei",
    "都": "du", "晁": "chao", "撒": "sa", "莘": "shen", "呙": "guo", "令": "ling", "重": "chong",
}  # fmt: skip
_COMPOUND = {
    "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "诸葛": "zhu ge", "东方": "dong fang", "皇甫": "huang fu",
    "尉迟": "yu chi", "公孙": "gong sun", "慕容": "mu rong", "长孙": "zhang sun", "宇文": "yu wen", "司徒": "si tu",
    "夏侯": "xia hou", "令狐": "ling hu", "单于": "chan yu", "万俟": "mo qi", "轩辕": "xuan yuan", "南宫": "nan gong",
    "独孤": "du gu", "澹台": "tan tai", "申屠": "shen tu", "太史": "tai shi", "公冶": "gong ye", "呼延": "hu yan",
    "端木": "duan mu", "闻人": "wen ren", "鲜于": "xian yu", "赫连": "he lian", "濮阳": "pu yang", "淳于": "chun yu",
    "西门": "xi men", "百里": "bai li", "钟离": "zhong li", "拓跋": "tuo ba", "完颜": "wan yan", "东郭": "dong guo",
}  # fmt: skip
_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NOT_LETTERS = re.compile(r"[^a-z]+")


@cache
def _syllable(character: str) -> str:
    """One character as a syllable without tone (ü as v); letters in lower case; "" for the rest."""
    if "a" <= character <= "z":
        return character
    read = pinyin(character, style=Style.NORMAL, errors="ignore", v_to_u=False)
    if read:
        return str(read[0][0]).replace("ü", "v")
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKD", character).casefold())


@cache
def _surname(character: str) -> str:
    return _SURNAMES.get(character) or _syllable(character)


def sort_key(name: str, given: str = "") -> str:
    """What a name is sorted and searched by: its syllables in lower case with single spaces, at most 200 characters.

    `given` is the name in pinyin as the person writes it, and is preferred.
    """
    if given or not _HAN.search(name):
        return " ".join(_NOT_LETTERS.split(_plain(given or name))).strip()[:200]
    head = _COMPOUND.get(name[:2])
    first, rest = (head, name[2:]) if head and len(name) > 2 else (_surname(name[0]), name[1:])
    return " ".join(filter(None, (first, *map(_syllable, rest))))[:200]


def _plain(text: str) -> str:
    """Without tone marks and case; ü becomes v."""
    if text.isascii():
        return text.casefold()
    text = text.casefold().translate(str.maketrans("üǖǘǚǜ", "vvvvv"))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
