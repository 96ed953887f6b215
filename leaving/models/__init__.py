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
from leaving.models.graduates import Graduate, ImportResponsibility

__all__ = [
    "Certificate",
    "CertificateCounter",
    "Checkpoint",
    "CheckpointRule",
    "ClearanceCount",
    "ClearanceCountDelta",
    "ClearanceItem",
    "ClearanceSheet",
    "Cohort",
    "CollegeProfile",
    "Decision",
    "DecisionBatch",
    "Graduate",
    "ImportResponsibility",
    "Major",
    "SchoolClass",
    "SupervisorChange",
]
