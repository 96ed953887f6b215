"""Where the rows go: the columns of `leaving_graduate` in the order in which a run writes them."""

from leaving.models import Graduate
from portal.workbooks.load import Sealed, Target

# Cells that stand for themselves; an empty one leaves what is known (G7).
PLAIN = (
    "exam_no",
    "ethnicity",
    "political_status",
    "length_of_study",
    "conclusion",
    "certificate_no",
    "entrusting_unit",
    "housing",
    "mobile",
    "wechat",
    "qq",
    "email",
    "address",
    "employer",
    "post",
    "identity_address",
    "origin",
)
NAMES = ("name", "name_pinyin", "sort_key")
IDENTITY = ("sex", "birth_date", "identity_index", "identity_mask")
STANDING = (
    "college_id",
    "level",
    "study_mode",
    "certificates",
    "dispatch",
    "training",
    "document_type",
    "nationality",
    "campus_id",
)
PLACE = ("major_id", "school_class_id", "grade")
SUPERVISORS = ("supervisor_id", "second_supervisor_id")
DATES = ("enrolled_on", "expected_on", "graduated_on")
# What rules ask for, and who decides by it (`leaving.selectors.applicability`): a sheet follows these and no others.
RULED = (
    "college_id",
    "level",
    "study_mode",
    "certificates",
    "campus_id",
    "housing",
    "political_status",
    "supervisor_id",
)

TARGET = Target(
    model=Graduate,
    key=("student_no",),
    compared=NAMES + IDENTITY + STANDING + PLACE + SUPERVISORS + DATES + PLAIN,
    kept=(
        "name_pinyin",
        "birth_date",
        "dispatch",
        "nationality",
        "school_class_id",
        *SUPERVISORS,
        *DATES,
        *PLAIN,
    ),
    inserted=("uid", "cohort_id"),
    touched=("batch_id",),
    stamped=("updated_at",),
    sealed=Sealed("identity_cipher", index="identity_index"),
)
