"""The demo's next cohort: in preparation, with this year's checkpoints to try other rules on."""

from leaving.clearance_demo import YEAR
from leaving.models import Checkpoint
from leaving.selectors.cohorts import cohort_coded
from leaving.services.rules import copy_checkpoints
from portal.accounts.models import User
from portal.demo import Step


def play(_graduates: int) -> None:
    """Copies the checkpoints to the next year, once."""
    source = cohort_coded(YEAR)
    if source is None or Checkpoint.objects.filter(cohort__year=YEAR + 1).exists():
        return
    copy_checkpoints(
        source=source, code=YEAR + 1, actor=User.objects.filter(username="studentaffairs").first()
    )


STEP = Step(38, "rules", play)
