"""The demo's questionnaires: the one that everybody but `overseas` has answered, and an anonymous one with its results."""

import datetime
import random
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from leaving.choices import QuestionKind, QuestionnaireState
from leaving.models import Choice, Cohort, Graduate, Question, Questionnaire, QuestionnaireSection
from leaving.selectors.questionnaires import Asked, Value, asked_graduates, checked, questions_of
from leaving.services.answers import keep_answers, move_answers
from leaving.services.questionnaires import close_questionnaire, publish_questionnaire
from portal.accounts.models import User
from portal.demo import Step
from portal.departments.models import Department

YEAR = 2026
UNANSWERED = "overseas"
BLOCK = 1_000


@dataclass(frozen=True)
class Ask:
    """A question of the demo. `choices` are Chinese and English; `after` names an earlier question's key and choices' places."""

    key: str
    kind: QuestionKind
    text: tuple[str, str]
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    after: tuple[str, tuple[int, ...]] | None = None


SATISFIED = {
    "low_zh": "很不满意",
    "low_en": "very dissatisfied",
    "high_zh": "很满意",
    "high_en": "very satisfied",
}
SINGLE, MULTIPLE, SCALE, TEXT = (
    QuestionKind.SINGLE,
    QuestionKind.MULTIPLE,
    QuestionKind.SCALE,
    QuestionKind.TEXT,
)
QUALITY = (
    (
        ("毕业去向", "Where you are going"),
        (
            Ask(
                "way",
                SINGLE,
                ("您的毕业去向是？", "What are you doing after graduation?"),
                (
                    ("签订就业协议或劳动合同", "Employed with a contract"),
                    ("国内升学", "Further study in China"),
                    ("出国（境）", "Going abroad"),
                    ("自主创业", "Own business"),
                    ("待就业", "Still looking"),
                ),
            ),
            Ask(
                "unit",
                SINGLE,
                ("用人单位的性质是？", "What kind of employer is it?"),
                (
                    ("国有企业", "State-owned enterprise"),
                    ("民营企业", "Private enterprise"),
                    ("外资企业", "Foreign enterprise"),
                    ("机关事业单位", "Public institution"),
                ),
                after=("way", (0,)),
            ),
            Ask("fit", SCALE, ("工作与所学专业的相关程度", "How close is the work to your major?"), after=("way", (0,))),
            Ask(
                "help",
                MULTIPLE,
                ("希望学校提供哪些帮助？", "What help would you like from the university?"),
                (
                    ("岗位推荐", "Job offers"),
                    ("简历与面试指导", "Help with applications and interviews"),
                    ("就业见习", "Internships"),
                    ("心理支持", "Counselling"),
                ),
                after=("way", (4,)),
            ),
        ),
    ),
    (
        ("人才培养质量", "Quality of education"),
        (
            Ask("courses", SCALE, ("对课程教学的满意程度", "How satisfied are you with the courses?")),
            Ask("advice", SCALE, ("对教师、导师指导的满意程度", "How satisfied are you with teachers and supervisors?")),
            Ask(
                "gain",
                MULTIPLE,
                ("哪些环节对您帮助最大？", "What helped you most?"),
                (
                    ("专业课程", "Courses of the major"),
                    ("实习实践", "Practical training"),
                    ("科研训练", "Research"),
                    ("学生工作与社团", "Student work and societies"),
                ),
                required=False,
            ),
            Ask("wish", TEXT, ("您对学校人才培养的建议", "What would you advise the university?"), required=False),
        ),
    ),
)  # fmt: skip
SERVICE = (
    (
        ("离校服务", "Leaving services"),
        (
            Ask(
                "channel",
                SINGLE,
                ("您主要从哪里了解离校手续？", "Where did you learn about the formalities?"),
                (
                    ("辅导员通知", "From the counsellor"),
                    ("学校网站", "From the university's website"),
                    ("班级群", "In the class's group"),
                    ("同学", "From classmates"),
                ),
            ),
            Ask("counter", SCALE, ("对窗口办理的满意程度", "How satisfied are you with the counters?")),
            Ask("online", SCALE, ("对网上办理的满意程度", "How satisfied are you with the online service?")),
            Ask("better", TEXT, ("哪些地方可以做得更好？", "What could be better?"), required=False),
        ),
    ),
)
WEIGHTS = {"way": (52, 30, 8, 2, 8), "unit": (30, 45, 6, 19), "channel": (48, 14, 31, 7)}
TEXTS = (
    "希望增加实践课程",
    "建议实验室开放时间更长一些",
    "就业指导可以更早开始",
    "离校手续网上办理很方便",
    "希望各部门办理时间统一公布",
    "感谢老师们四年来的指导",
    "建议增加行业讲座",
)  # fmt: skip


def play(_graduates: int) -> None:
    """Makes both, and answers for everybody who has not answered yet. Idempotent."""
    cohort = Cohort.objects.filter(year=YEAR).first()
    if cohort is None:
        return
    quality = _questionnaire(
        cohort,
        ("毕业生就业与人才培养质量调研问卷", "Employment and quality of education"),
        ("填写完成后即可查看电子离校单，约需 3 分钟。", "Your sheet opens when you have answered; three minutes."),
        QUALITY,
        closes_at=timezone.localtime().replace(hour=18, minute=0, second=0, microsecond=0) + datetime.timedelta(days=90),
        department=Department.objects.filter(code="careers").first(),
    )  # fmt: skip
    if quality.state == QuestionnaireState.PUBLISHED:
        _answer(quality)
    service = _questionnaire(
        cohort,
        ("离校服务满意度调查（匿名）", "Satisfaction with leaving services (anonymous)"),
        (
            "本调查匿名进行，结果在结束后公布。",
            "This survey is anonymous; its results are published when it has closed.",
        ),
        SERVICE,
        anonymous=True,
    )
    if service.state == QuestionnaireState.PUBLISHED:
        _answer(service)
        close_questionnaire(questionnaire=service, actor=_actor())
        move_answers(questionnaire_id=service.pk)


def _actor() -> User | None:
    return User.objects.filter(username="studentaffairs").first()


@transaction.atomic
def _questionnaire(
    cohort: Cohort, title: tuple[str, str], intro: tuple[str, str], parts: Any, **fields: Any
) -> Questionnaire:
    """The questionnaire of that title, made and published if it is not there."""
    found = Questionnaire.objects.filter(cohort=cohort, title_zh=title[0]).first()
    if found:
        return found
    made = Questionnaire.objects.create(
        cohort=cohort, title_zh=title[0], title_en=title[1], intro_zh=intro[0], intro_en=intro[1], **fields
    )
    questions: dict[str, tuple[Question, list[Choice]]] = {}
    for place, (heading, asks) in enumerate(parts, start=1):
        section = QuestionnaireSection.objects.create(
            questionnaire=made, order=place * 10, title_zh=heading[0], title_en=heading[1]
        )
        for order, ask in enumerate(asks, start=1):
            questions[ask.key] = _question(section, order * 10, ask, questions)
    publish_questionnaire(questionnaire=made, actor=_actor())
    made.refresh_from_db()
    return made


def _question(
    section: QuestionnaireSection, order: int, ask: Ask, before: dict[str, tuple[Question, list[Choice]]]
) -> tuple[Question, list[Choice]]:
    question = Question.objects.create(
        questionnaire=section.questionnaire,
        section=section,
        order=order,
        kind=ask.kind,
        text_zh=ask.text[0],
        text_en=ask.text[1],
        required=ask.required,
        shown_if=before[ask.after[0]][0] if ask.after else None,
        **(SATISFIED if ask.kind == SCALE and ask.key != "fit" else {}),
    )
    if ask.after:
        question.shown_if_choices.set(before[ask.after[0]][1][place] for place in ask.after[1])
    choices = [
        Choice.objects.create(question=question, order=place * 10, text_zh=zh, text_en=en)
        for place, (zh, en) in enumerate(ask.choices, start=1)
    ]
    return question, choices


def _answer(questionnaire: Questionnaire) -> None:
    """For every graduate but one, in blocks; the same person answers the same each time the demo is made."""
    questions = questions_of(questionnaire)
    weights = {one.pk: WEIGHTS.get(_key(one)) for one in questions}
    left = asked_graduates(questionnaire).exclude(questionnaire_submissions__questionnaire=questionnaire)
    graduates = list(left.exclude(user__username=UNANSWERED).only("pk", "college").order_by("pk"))
    for start in range(0, len(graduates), BLOCK):
        given = [
            (graduate, _answers_of(graduate, questions, weights))
            for graduate in graduates[start : start + BLOCK]
        ]
        with transaction.atomic():
            keep_answers(questionnaire, given)
        move_answers(questionnaire_id=questionnaire.pk)


def _key(asked: Asked) -> str:
    asks = [ask for parts in (QUALITY, SERVICE) for _heading, asks in parts for ask in asks]
    return next((ask.key for ask in asks if ask.text[0] == asked.question.text_zh), "")


def _answers_of(
    graduate: Graduate, questions: list[Asked], weights: dict[int, tuple[int, ...] | None]
) -> dict[int, Value]:
    chance = random.Random(graduate.pk * 7919)  # noqa: S311  a demo, the same each time
    answers: dict[int, Value] = {}
    for one in questions:
        ids = [choice.pk for choice in one.choices]
        match one.kind:
            case QuestionKind.SINGLE:
                answers[one.pk] = chance.choices(ids, weights[one.pk] or [1] * len(ids))
            case QuestionKind.MULTIPLE:
                answers[one.pk] = sorted(chance.sample(ids, chance.randint(1, 3)))
            case QuestionKind.SCALE:
                answers[one.pk] = chance.choices((1, 2, 3, 4, 5), (2, 5, 18, 45, 30))[0]
            case QuestionKind.TEXT:
                answers[one.pk] = chance.choice(TEXTS) if chance.random() < 0.2 else None
    return checked(questions, answers).values


STEP = Step(35, "questionnaires", play)
