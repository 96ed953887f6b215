"""The columns of the `decisions` workbook (design, “The workbooks”)."""

from django.utils.translation import gettext_lazy as _

from leaving.choices import Verb
from leaving.models.reasons import REASON_LENGTH
from portal.workbooks.spec import CellKind, Choice, Column

RESULTS = (
    Choice(Verb.PASS, "通过", "Pass", ("已通过", "合格", "Passed", "OK", "√")),
    Choice(Verb.FAIL, "不通过", "Do not pass", ("未通过", "不合格", "Not passed", "Failed", "×")),
    Choice(Verb.WAIVE, "免办", "Waive", ("免于办理", "Waived")),
)

COLUMNS: tuple[Column, ...] = (
    Column("student_no", "学号", "Student number", CellKind.IDENTIFIER, required=True, max_length=32,
           example_zh="20221001234"),
    Column("name", "姓名", "Name", required=True, max_length=100, example_zh="张晓明", example_en="Zhang Xiaoming",
           help=_("Compared with the student number, so that nobody is taken for somebody else.")),
    Column("result", "结果", "Result", CellKind.CHOICE, required=True, choices=RESULTS,
           example_zh="不通过", example_en="Do not pass"),
    Column("reason", "原因", "Reason", max_length=REASON_LENGTH, example_zh="尚有 2 册图书未归还",
           example_en="2 books have not been returned",
           help=_("Needed unless passed: the graduate reads it. A reason text of your department is shown to the graduate in "
                  "both languages; you find yours in the queue's list of reasons.")),
)  # fmt: skip
