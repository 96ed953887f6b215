"""What the demo's students handed in: forms, a picture, and one who asks to look again (C8)."""

import io

from django.utils import timezone
from PIL import Image, ImageDraw

from leaving.clearance_demo import YEAR
from leaving.models import ClearanceItem, ItemForm
from leaving.services.handin import Upload, add_evidence, hand_in_form, look_again, save_form
from portal.demo import Step

REGISTRATION = {
    "posts_held": "班级学习委员",
    "languages": "英语六级",
    "thesis": "基于注意力机制的遥感图像分类方法研究",
    "practice": "2025 年 7 月至 9 月在武汉某软件公司实习，参与数据平台的测试与开发。",
    "awards": "2024 年校优秀学生干部；2025 年全国大学生软件设计大赛二等奖。",
    "self_appraisal": "四年来，我拥护党的领导，遵守学校的各项规章制度，认真学习专业知识，积极参加社会实践和班级活动。"
    "作为学习委员，我乐于帮助同学，组织了多次学习交流。今后我将继续努力，把所学用到工作中去。",
    "resume": [
        {
            "since": "2019-09",
            "until": "2022-06",
            "place": "黄石市第二中学",
            "role": "学生",
            "witness": "王老师",
        },
        {"since": "2022-09", "place": "示范大学计算机学院", "role": "学生", "witness": "方小苇"},
    ],
}
PLAN = {
    "kind": "contract",
    "mobile": "13871230001",
    "email": "linxiaoyu@example.com",
    "employer": "武汉示范软件有限公司",
    "nature": "private",
    "post": "软件工程师",
    "city": "武汉",
    "contract": "tripartite",
    "signed_on": f"{YEAR}-05-18",
    "contact": "陈经理",
    "contact_phone": "027-6788 0009",
}
CHANGED = "已与单位核对，协议书上的名称“武汉示范软件有限公司”为准，就业方案已更正，协议书照片附后。"


def play(_graduates: int) -> None:
    """Idempotent. The account `student` hands in what the student work group and the careers office ask for."""
    if ItemForm.objects.exists():
        return
    items = ClearanceItem.objects.filter(checkpoint__cohort__year=YEAR).select_related(
        "sheet__graduate__user"
    )
    for username, key in (("student", "work-group"), ("student", "careers"), ("overseas", "work-group")):
        item = items.filter(checkpoint__key=key, sheet__graduate__user__username=username).first()
        if item is None or not item.is_open or item.sheet.graduate.user is None:
            continue
        actor = item.sheet.graduate.user
        if username == "overseas":
            save_form(item=item, data={"languages": "Chinese (HSK 5), English, Hindi"}, actor=actor)
        elif key == "work-group":
            hand_in_form(item=item, data=REGISTRATION, actor=actor)
        else:
            if item.state == "failed":
                look_again(item=item, text=CHANGED, actor=actor, upload=_agreement())
            else:
                add_evidence(item=item, upload=_agreement(), actor=actor)
            hand_in_form(item=item, data=PLAN, actor=actor)


def _agreement() -> Upload:
    """Something like the photograph of an agreement."""
    picture = Image.new("RGB", (620, 877), "#f7f4ea")
    draw = ImageDraw.Draw(picture)
    for line in range(24):
        draw.line((70, 150 + 26 * line, 550 - 90 * (line % 5 == 4), 150 + 26 * line), fill="#8a8578", width=3)
    draw.text((240, 80), f"DEMO {timezone.localdate():%Y}", fill="#333333", font_size=32)
    draw.ellipse((380, 650, 520, 790), outline="#b23a22", width=8)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    out.seek(0)
    return Upload(out, "就业协议书.jpg")


STEP = Step(31, "handing in", play)
