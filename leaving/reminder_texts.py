"""What reminders say: the words to begin with, and the places in them that are filled for each person (C10)."""

import string
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from leaving.choices import Reminded
from portal.notify.kinds import Texts

FIELDS = ("name", "cohort", "count", "missing", "deadline", "university")

DEFAULTS: dict[Reminded, Texts] = {
    Reminded.GRADUATES: Texts(
        "离校手续提醒：还有 {count} 项未办结",
        "{name}同学：\n\n你的离校手续还有 {count} 项未办结：\n\n{missing}\n\n"
        "请按上面的联系方式与有关部门联系，及时办理（截止：{deadline}）。办理情况以离校单为准。\n\n{university}",
        "Reminder: your clearance is not complete, open: {count}",
        "Dear {name},\n\nThis still stands between you and leaving ({count}):\n\n{missing}\n\n"
        "Please turn to the departments named above and settle them by {deadline}. Your clearance sheet shows the latest state."
        "\n\n{university}",
    ),
    Reminded.CLERKS: Texts(
        "离校审核提醒：{count} 项等待审核",
        "{name}老师：\n\n以下离校环节有毕业生等待审核：\n\n{missing}\n\n请及时审核，谢谢。\n\n{university}",
        "Waiting for your decision: {count}",
        "Dear {name},\n\nGraduates wait for a decision on these checkpoints:\n\n{missing}\n\nThank you for deciding soon."
        "\n\n{university}",
    ),
    Reminded.SUPERVISORS: Texts(
        "导师审核提醒：{count} 名研究生等待毕业条件审核",
        "{name}老师：\n\n以下研究生等待您审核毕业条件，审核通过前无法办理其他离校环节：\n\n{missing}\n\n{university}",
        "Students waiting for your review: {count}",
        "Dear {name},\n\nUntil you have reviewed the graduation conditions of these students, they cannot go on:\n\n{missing}"
        "\n\n{university}",
    ),
    Reminded.COUNSELLORS: Texts(
        "班级离校进度：{count} 名毕业生尚未办结",
        "{name}老师：\n\n您负责的班级{cohort}离校进度如下：\n\n{missing}\n\n请提醒尚未办结的同学。\n\n{university}",
        "Your classes: graduates not cleared yet: {count}",
        "Dear {name},\n\nThis is how your classes stand ({cohort}):\n\n{missing}\n\nPlease remind those who are late."
        "\n\n{university}",
    ),
    Reminded.UNANSWERED: Texts(
        "请填写调研问卷，填写后即可查看离校单",
        "{name}同学：\n\n你还有 {count} 份调研问卷没有填写：\n\n{missing}\n\n"
        "填写完成后即可查看离校单、办理离校手续。没有填完的内容会自动保存，可随时继续填写（截止：{deadline}）。\n\n{university}",
        "Please answer the questionnaire: your clearance sheet opens afterwards",
        "Dear {name},\n\nYou have not answered yet ({count}):\n\n{missing}\n\n"
        "Your clearance sheet opens as soon as you have. What you have begun is kept, and you can go on at any time "
        "until {deadline}.\n\n{university}",
    ),
}


def check_fields(text: str) -> None:
    """Raises ValidationError for a place that nothing fills, or braces that make no place."""
    try:
        places = list(string.Formatter().parse(text))
    except ValueError:
        raise ValidationError(_("A brace stands alone: write {name}, or {{ for a brace.")) from None
    for _words, name, spec, conversion in places:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise ValidationError(
                _("There is no field {%(name)s}. Possible are: %(fields)s.")
                % {"name": name, "fields": " ".join(f"{{{field}}}" for field in FIELDS)}
            )


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with its places filled. It was checked: only names stand in them, never attributes of what is filled in."""
    return "".join(
        words + (str(values[name]) if name is not None else "")
        for words, name, _spec, _conversion in string.Formatter().parse(text)
    )


def written(texts: Texts, chinese: Mapping[str, object], english: Mapping[str, object]) -> Texts:
    """The texts for one person; where there is no English, Chinese stands in its place."""
    title, body = filled(texts.title_zh, chinese), filled(texts.body_zh, chinese)
    return Texts(
        title,
        body,
        filled(texts.title_en, english) if texts.title_en else title,
        filled(texts.body_en, english) if texts.body_en else body,
    )
