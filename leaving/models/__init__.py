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
from leaving.models.delegations import Delegation
from leaving.models.graduates import Graduate, ImportResponsibility
from leaving.models.notices import Notice, NoticeAttachment
from leaving.models.obligations import ApiKey, DataCoverage, Delivery, Obligation
from leaving.models.questionnaires import (
    AnonymousAnswer,
    Answer,
    Choice,
    PooledAnswers,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSection,
    QuestionnaireSubmission,
)
from leaving.models.reasons import ReasonText

__all__ = [
    "AnonymousAnswer",
    "Answer",
    "ApiKey",
    "Certificate",
    "CertificateCounter",
    "Checkpoint",
    "CheckpointRule",
    "Choice",
    "ClearanceCount",
    "ClearanceCountDelta",
    "ClearanceItem",
    "ClearanceSheet",
    "Cohort",
    "CollegeProfile",
    "DataCoverage",
    "Decision",
    "DecisionBatch",
    "Delegation",
    "Delivery",
    "Graduate",
    "ImportResponsibility",
    "Major",
    "Notice",
    "NoticeAttachment",
    "Obligation",
    "PooledAnswers",
    "Question",
    "Questionnaire",
    "QuestionnaireDraft",
    "QuestionnaireSection",
    "QuestionnaireSubmission",
    "ReasonText",
    "SchoolClass",
    "SupervisorChange",
]
