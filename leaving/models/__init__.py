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
from leaving.models.obligations import ApiKey, DataCoverage, Delivery, Obligation

__all__ = [
    "ApiKey",
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
    "DataCoverage",
    "Decision",
    "DecisionBatch",
    "Delivery",
    "Graduate",
    "ImportResponsibility",
    "Major",
    "Obligation",
    "SchoolClass",
    "SupervisorChange",
]
