"""The columns of the `staff` workbook (design, “The workbooks”)."""

from django.utils.translation import gettext_lazy as _

from portal.workbooks.spec import CellKind, Column

COLUMNS = (
    Column(
        "staff_no", "工号", "Staff number", CellKind.IDENTIFIER, required=True, max_length=64, example_zh="T1001",
        help=_("An unknown number makes an account that has yet to be activated."),
    ),
    Column(
        "name", "姓名", "Name", required=True, max_length=100, example_zh="王老师", example_en="Wang Wei",
        help=_("Must be the name of the account with that number."),
    ),
    Column(
        "department", "部门", "Department", required=True, max_length=200, example_zh="图书馆", example_en="Library",
        help=_("Full name, short name or code; a node of a college after the college: 计算机学院·学生工作组."),
    ),
    Column(
        "rights", "权限", "Rights", required=True, max_length=1000,
        example_zh="可以审核离校环节、可以查看统计", example_en="Can decide checkpoints; Can see statistics",
        help=_("One or several, separated by 、 or ;"),
    ),
    Column(
        "until", "截止日期", "Until", CellKind.DATE, example_zh="2027-08-31",
        help=_("The last day, included. Empty: without end."),
    ),
)  # fmt: skip
KEYS = tuple(column.key for column in COLUMNS)
