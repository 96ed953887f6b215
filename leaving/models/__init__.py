from leaving.models.additions import Addition
from leaving.models.certificates import Certificate, CertificateCounter
from leaving.models.checkpoints import Checkpoint, CheckpointRule
from leaving.models.clearance import (
    ClearanceItem,
    ClearanceSheet,
    Decision,
    DecisionBatch,
    SupervisorChange,
)
from leaving.models.cohorts import Cohort, CollegeProfile, Major, SchoolClass
from leaving.models.counters import ClearanceCount, ClearanceCountDelta
from leaving.models.deferrals import ApprovalResponsibility, Deferral
from leaving.models.delegations import Delegation
from leaving.models.graduates import Graduate, ImportResponsibility
from leaving.models.handin import Evidence, ItemForm, LookAgain
from leaving.models.in_force import CheckpointInForce, PrerequisiteInForce
from leaving.models.notices import Notice, NoticeAttachment, NoticeReading
from leaving.models.obligations import ApiKey, DataCoverage, Delivery, LatestWord, Obligation
from leaving.models.pace import ClearanceDay, Measurement, Pace
from leaving.models.publications import RulesPublication
from leaving.models.questionnaires import (
    AnonymousAnswer,
    Answer,
    Choice,
    MixedAnswers,
    PooledAnswers,
    Question,
    QuestionCondition,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSection,
    QuestionnaireSubmission,
)
from leaving.models.reasons import ReasonText
from leaving.models.reminders import Reminder, ReminderRun
from leaving.models.telling import Telling

__all__ = [
    "Addition",
    "AnonymousAnswer",
    "Answer",
    "ApiKey",
    "ApprovalResponsibility",
    "Certificate",
    "CertificateCounter",
    "Checkpoint",
    "CheckpointInForce",
    "CheckpointRule",
    "Choice",
    "ClearanceCount",
    "ClearanceCountDelta",
    "ClearanceDay",
    "ClearanceItem",
    "ClearanceSheet",
    "Cohort",
    "CollegeProfile",
    "DataCoverage",
    "Decision",
    "DecisionBatch",
    "Deferral",
    "Delegation",
    "Delivery",
    "Evidence",
    "Graduate",
    "ImportResponsibility",
    "ItemForm",
    "LatestWord",
    "LookAgain",
    "Major",
    "Measurement",
    "MixedAnswers",
    "Notice",
    "NoticeAttachment",
    "NoticeReading",
    "Obligation",
    "Pace",
    "PooledAnswers",
    "PrerequisiteInForce",
    "Question",
    "QuestionCondition",
    "Questionnaire",
    "QuestionnaireDraft",
    "QuestionnaireSection",
    "QuestionnaireSubmission",
    "ReasonText",
    "Reminder",
    "ReminderRun",
    "RulesPublication",
    "SchoolClass",
    "SupervisorChange",
    "Telling",
]
