"""The published checkpoints (离校环节), a preset to start a cohort from; what changes from year to year is edited later."""

from dataclasses import dataclass

from leaving.choices import AsksFor, Certificates, Housing, Level, Match, OwnerKind, RuleOutcome
from portal.departments.choices import DepartmentKind

FIRST_DEGREE = Level.first_degree()
POSTGRADUATE = Level.postgraduate()
PARTY_MEMBERS = ("中共党员", "中共预备党员")


@dataclass(frozen=True, slots=True)
class PresetRule:
    """A `CheckpointRule`; colleges by their Chinese names."""

    outcome: RuleOutcome = RuleOutcome.REQUIRED
    levels: tuple[Level, ...] = ()
    certificates: Certificates | None = None
    housing: Housing | None = None
    college_match: Match = Match.ANY
    colleges: tuple[str, ...] = ()
    political_match: Match = Match.ANY
    political_statuses: tuple[str, ...] = ()
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class PresetCheckpoint:
    """A `Checkpoint` with its rules; the office by its code."""

    number: int
    key: str
    name_zh: str
    name_en: str
    instructions_zh: str
    instructions_en: str
    rules: tuple[PresetRule, ...]
    owner_kind: OwnerKind = OwnerKind.OFFICE
    office: str = ""
    node_kind: DepartmentKind | None = None
    is_gate: bool = False
    evidence_zh: str = ""
    evidence_en: str = ""
    asks_for: AsksFor | None = None


_ONE_EXEMPT = PresetRule(
    outcome=RuleOutcome.EXEMPT,
    levels=POSTGRADUATE,
    certificates=Certificates.ONE,
    reason_zh="单证研究生不需办理",
    reason_en="Not needed by postgraduates who study for one certificate.",
)
_ALL = (PresetRule(),)
_UNDERGRADUATES = PresetRule(levels=FIRST_DEGREE)
_BOTH = PresetRule(levels=POSTGRADUATE, certificates=Certificates.BOTH)

PUBLISHED = (
    PresetCheckpoint(
        number=1,
        key="supervisor",
        name_zh="导师",
        name_en="Supervisor",
        instructions_zh="请首先联系第一导师进行“毕业条件审核”。这是全部离校环节的前置环节：导师审核通过后，其余环节才能审核。",
        instructions_en="Ask your first supervisor to review whether you meet the conditions of graduation. "
        "Everything else waits for this review.",
        owner_kind=OwnerKind.SUPERVISOR,
        is_gate=True,
        rules=(PresetRule(levels=POSTGRADUATE),),
    ),
    PresetCheckpoint(
        number=2,
        key="library",
        name_zh="图书馆",
        name_en="Library",
        instructions_zh="归还所借图书；研究生还需提交学位论文。",
        instructions_en="Return all books. Postgraduates also hand in their thesis.",
        office="library",
        rules=_ALL,
    ),
    PresetCheckpoint(
        number=3,
        key="equipment",
        name_zh="设备科",
        name_en="Equipment",
        instructions_zh="归还所借实验设备。",
        instructions_en="Return the laboratory equipment you borrowed.",
        office="equipment",
        rules=(
            _ONE_EXEMPT,
            PresetRule(
                outcome=RuleOutcome.EXEMPT,
                levels=FIRST_DEGREE,
                college_match=Match.ONLY,
                colleges=("艺术与传媒学院", "经济管理学院", "外国语学院", "体育学院", "马克思主义学院"),
                reason_zh="本学院本科生不需办理",
                reason_en="Not needed by undergraduates of your college.",
            ),
            *_ALL,
        ),
    ),
    PresetCheckpoint(
        number=4,
        key="college-equipment",
        name_zh="培养单位设备",
        name_en="Equipment of your college",
        instructions_zh="归还向本学院借用的设备和仪器，由培养单位自行审核。",
        instructions_en="Return the equipment and instruments your own college lent you.",
        owner_kind=OwnerKind.COLLEGE,
        rules=_ALL,
    ),
    PresetCheckpoint(
        number=5,
        key="key-laboratory",
        name_zh="国家重点实验室",
        name_en="State key laboratory",
        instructions_zh="结清测试费。",
        instructions_en="Settle the fees of your tests.",
        office="05",
        rules=(
            _ONE_EXEMPT,
            PresetRule(
                levels=POSTGRADUATE,
                college_match=Match.ONLY,
                colleges=("地球科学学院", "资源学院", "材料与化学学院", "珠宝学院", "国家重点实验室"),
            ),
            PresetRule(
                outcome=RuleOutcome.EXEMPT,
                levels=POSTGRADUATE,
                reason_zh="本学院研究生不需办理",
                reason_en="Not needed by postgraduates of your college.",
            ),
        ),
    ),
    PresetCheckpoint(
        number=6,
        key="hospital",
        name_zh="校医院",
        name_en="University hospital",
        instructions_zh="结清住院费用。",
        instructions_en="Settle the bills of stays in hospital.",
        office="hospital",
        rules=(_ONE_EXEMPT, *_ALL),
    ),
    PresetCheckpoint(
        number=7,
        key="finance",
        name_zh="财务处",
        name_en="Finance",
        instructions_zh="缴清学杂费；研究生还需结清财务借款。",
        instructions_en="Pay tuition and other fees. Postgraduates also settle advances and loans.",
        office="finance",
        rules=_ALL,
    ),
    PresetCheckpoint(
        number=8,
        key="assets",
        name_zh="资产管理科",
        name_en="Assets",
        instructions_zh="今年取消线下资产核对手续，无需到场，由资产管理科网上审核。",
        instructions_en="No paper and no visit this year: the office checks its records online.",
        office="assets",
        rules=(_UNDERGRADUATES,),
    ),
    PresetCheckpoint(
        number=9,
        key="careers",
        name_zh="就业",
        name_en="Employment",
        instructions_zh="填报并提交就业方案（协议签约、升学、出国出境、自主创业、待就业回原籍、回委培定向单位等），经审核无误。",
        instructions_en="Fill in and hand in your employment plan (contract, further study, abroad, own business, "
        "waiting, or return to the entrusting unit) and have it reviewed.",
        evidence_zh="已签章的就业协议书或劳动合同、录取通知书等",
        evidence_en="The signed contract, the letter of admission, or the like",
        asks_for=AsksFor.EMPLOYMENT,
        office="careers",
        rules=(_ONE_EXEMPT, *_ALL),
    ),
    PresetCheckpoint(
        number=10,
        key="work-group",
        name_zh="学生工作组",
        name_en="Student work group",
        instructions_zh="提交毕业生登记表并完成鉴定；团员完成团组织关系转接（联系团委书记和毕业班辅导员）。",
        instructions_en="Hand in the graduate's registration form with the appraisal. Members of the Youth League have "
        "their membership transferred (see the League secretary and the counsellor).",
        asks_for=AsksFor.REGISTRATION,
        owner_kind=OwnerKind.NODE,
        node_kind=DepartmentKind.WORK_GROUP,
        rules=(_ONE_EXEMPT, *_ALL),
    ),
    PresetCheckpoint(
        number=11,
        key="secretary",
        name_zh="研究生秘书",
        name_en="Postgraduate secretary",
        instructions_zh="提交归档的答辩纸质材料和学生入学登记表。",
        instructions_en="Hand in the defence papers for the archive and the enrolment form.",
        owner_kind=OwnerKind.NODE,
        node_kind=DepartmentKind.SECRETARY,
        rules=(PresetRule(levels=POSTGRADUATE),),
    ),
    PresetCheckpoint(
        number=12,
        key="check-out",
        name_zh="退宿",
        name_en="Dormitory check-out",
        instructions_zh="在楼栋值班室领取《毕业生文明退宿承诺书》，交值班员审核签章。已搬离宿舍但未办理退宿手续的，"
        "持《未住校情况说明》到本校区宿舍管理部门办理。",
        instructions_en="Collect the check-out pledge at the porter's desk of your building and have it signed and stamped. "
        "If you moved out without checking out, bring the statement of not living on campus to the dormitory office.",
        evidence_zh="《未住校情况说明》",
        evidence_en="The statement of not living on campus",
        owner_kind=OwnerKind.DORMITORY,
        rules=(
            PresetRule(
                outcome=RuleOutcome.EXEMPT,
                housing=Housing.OFF_CAMPUS,
                reason_zh="未住校且已办理过退宿手续，无需再办理",
                reason_en="You do not live on campus and have checked out before.",
            ),
            *_ALL,
        ),
    ),
    PresetCheckpoint(
        number=13,
        key="party",
        name_zh="党组织关系",
        name_en="Party membership",
        instructions_zh="党员和预备党员办理党组织关系转接。",
        instructions_en="Members and probationary members of the Party have their membership transferred.",
        office="organisation",
        rules=(
            PresetRule(
                outcome=RuleOutcome.PASSED,
                levels=POSTGRADUATE,
                certificates=Certificates.BOTH,
                political_match=Match.EXCEPT,
                political_statuses=PARTY_MEMBERS,
                reason_zh="学籍信息中的政治面貌不是党员或预备党员",
                reason_en="According to the register you are not a member of the Party.",
            ),
            _BOTH,
        ),
    ),
)
