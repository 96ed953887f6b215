from leaving.models.cohorts import Cohort, Major, SchoolClass
from leaving.models.graduates import Graduate, ImportResponsibility

__all__ = ["Cohort", "Graduate", "ImportResponsibility", "Major", "SchoolClass"]
