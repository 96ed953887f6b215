"""The demo's notices: what the university announces at the beginning of the leaving season."""

import datetime

from django.utils import timezone

from leaving.choices import Audience
from leaving.models import Cohort, Notice
from leaving.services.notices import save_notice
from portal.accounts.models import User
from portal.demo import Step

YEAR = 2026
# days ago, audiences, pinned, titles, texts
NOTICES: tuple[tuple[int, tuple[Audience, ...], bool, str, str, str, str], ...] = (
    (
        9,
        (Audience.PUBLIC, Audience.GRADUATES),
        True,
        "2026届毕业生电子离校手续办理说明",
        "Leaving formalities of the class of 2026",
        """电子离校是每一名毕业生均须完成的工作。登录后先填写调研问卷，再在“我的离校单”中查看各项手续。

## 办理要求

- 本科生 9 项、双证研究生最多 12 项、单证研究生 6 项，请**按序号依次办理**。
- 未通过的事项，点开即可看到原因和联系方式。
- 各部门会集中审核，数据更新可能滞后 1 个工作日，请适时查看。

## 研究生请注意

请首先联系**第一导师**进行毕业条件审核。该环节是其他所有环节的前置环节。

> 只有全部手续办理完成，才能成功离校。已获批准延期毕业的，此次不办理离校手续。

详细步骤见[毕业生使用手册](/manuals/graduate/)。""",
        """Every graduate completes the leaving formalities online. Sign in, answer the questionnaire, follow your sheet.

## What to settle

- Undergraduates have 9 items, postgraduates with both certificates at most 12, with one certificate 6. **Go in order.**
- Where an item is not passed, it says why and whom to ask.
- Offices decide in batches, and data may lag one working day behind.

## Postgraduates

Ask your **first supervisor** for the review of the graduation conditions first: all other items wait for it.

> You have left only when everything is settled. With an approved deferral you do not clear now.

Step by step: the [manual for graduates](/manuals/graduate/).""",
    ),
    (
        7,
        (Audience.GRADUATES,),
        False,
        "关于办理退宿手续的通知",
        "Checking out of the dormitory",
        """住校毕业生请在楼栋值班室领取《毕业生文明退宿承诺书》，交值班员审核签章。

已搬离宿舍但未办理退宿手续的，请在离校单上传《未住校情况说明》：

1. 南望山校区：学生住宿服务中心（西区学生公寓 56 栋后）；
2. 未来城校区：未来城校区管理办公室（教学服务中心 329）。""",
        """If you live on campus, take the check-out statement from the porter of your building and have it signed there.

If you have moved out without checking out, upload the statement of not living on campus on your sheet:

1. Nanwangshan Campus: Student Housing Centre (behind Residence 56, West);
2. Future City Campus: Campus Office (Teaching Service Centre 329).""",
    ),
    (
        8,
        (Audience.SUPERVISORS,),
        False,
        "请导师及时审核毕业条件",
        "Supervisors: please review the graduation conditions",
        """您指导的毕业生须先由您审核毕业条件，其他离校环节才能开始办理。请登录后在“我的学生”中审核。

步骤见[操作员手册中的导师部分](/manuals/operator/#supervisors)。""",
        """Your students can settle nothing else until you have reviewed the graduation conditions. Please do so now.

How: [the supervisors' part of the operators' manual](/manuals/operator/#supervisors).""",
    ),
    (
        8,
        (Audience.OPERATORS,),
        False,
        "离校审核工作安排",
        "How clearance is decided this year",
        """各部门请于离校系统开放后 3 个工作日内完成首次集中审核，之后每个工作日至少审核一次。

- “不通过”须写明原因，毕业生会看到。
- 收到“申请重新审核”的，请在 1 个工作日内处理。

操作方法见[离校点操作员手册](/manuals/operator/)。""",
        """Please decide your first batch within three working days of the opening, and at least once a working day after that.

- Whatever is not passed needs a reason, which the graduate reads.
- Answer “please look again” within one working day.

How: the [manual for operators](/manuals/operator/).""",
    ),
)


def play(_graduates: int) -> None:
    """Writes the notices once. Idempotent."""
    actor = User.objects.filter(username="studentaffairs").first()
    cohort = Cohort.objects.filter(year=YEAR).first()
    if actor is None or cohort is None or Notice.objects.exists():
        return
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for days, audiences, pinned, title_zh, title_en, body_zh, body_en in NOTICES:
        save_notice(
            notice=Notice(
                cohort=cohort,
                audiences=list(audiences),
                pinned=pinned,
                title_zh=title_zh,
                title_en=title_en,
                body_zh=body_zh,
                body_en=body_en,
                published_from=now - datetime.timedelta(days=days),
            ),
            actor=actor,
        )


STEP = Step(35, "notices", play)
