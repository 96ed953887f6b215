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
from leaving.models.pace import ClearanceDay, Measurement, Pace
from leaving.models.reminders import Reminder, ReminderRun

__all__ = [
    "Certificate",
    "CertificateCounter",
    "Checkpoint",
    "CheckpointRule",
    "ClearanceCount",
    "ClearanceCountDelta",
    "ClearanceDay",
    "ClearanceItem",
    "ClearanceSheet",
    "Cohort",
    "CollegeProfile",
    "Decision",
    "DecisionBatch",
    "Graduate",
    "ImportResponsibility",
    "Major",
    "Measurement",
    "Pace",
    "Reminder",
    "ReminderRun",
    "SchoolClass",
    "SupervisorChange",
]
