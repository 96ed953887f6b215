"""Names in pinyin: the key that lists of people are sorted and searched by (the database knows no pinyin)."""

import re
from functools import lru_cache

from pypinyin import lazy_pinyin

# Characters that are read differently when they are a family name; two-character names first.
SURNAMES = {
    "万俟": ["mo", "qi"], "尉迟": ["yu", "chi"], "单于": ["chan", "yu"], "长孙": ["zhang", "sun"],
    "令狐": ["ling", "hu"], "澹台": ["tan", "tai"], "宰父": ["zai", "fu"], "呼延": ["hu", "yan"],
    "单": ["shan"], "曾": ["zeng"], "解": ["xie"], "吕": ["lv"], "仇": ["qiu"], "查": ["zha"], "区": ["ou"],
    "朴": ["piao"], "盖": ["ge"], "任": ["ren"], "华": ["hua"], "乐": ["yue"], "尹": ["yin"], "召": ["shao"],
    "缪": ["miao"], "翟": ["zhai"], "覃": ["qin"], "冼": ["xian"], "佴": ["nai"], "员": ["yun"], "宓": ["mi"],
    "纪": ["ji"], "重": ["chong"], "种": ["chong"], "洗": ["xian"], "秘": ["bi"], "繁": ["po"], "折": ["she"],
    "黑": ["he"], "晁": ["chao"], "幺": ["yao"], "那": ["na"], "褚": ["chu"], "应": ["ying"], "燕": ["yan"],
    "卜": ["bu"], "冯": ["feng"], "葛": ["ge"], "宁": ["ning"], "干": ["gan"], "过": ["guo"], "哈": ["ha"],
}  # fmt: skip
NOT_A_LETTER = re.compile(r"[^\w]+|_+")


@lru_cache(maxsize=8192)
def sort_key(name: str) -> str:
    """`zeng xiao ming` for 曾晓明, `pal anand mohan` for PAL ANAND MOHAN: lower case, one space in between.

    ü is written v, as people type it. At most 200 characters.
    """
    name = name.strip()
    for length in (2, 1):
        known = SURNAMES.get(name[:length])
        if known and len(name) > length:
            syllables = [*known, *lazy_pinyin(name[length:])]
            break
    else:
        syllables = lazy_pinyin(name)
    return " ".join(NOT_A_LETTER.sub(" ", " ".join(syllables)).lower().split())[:200]
