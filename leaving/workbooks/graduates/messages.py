"""What each fault of the roster means and what to do about it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FILL_IN = _("Fill in the cell.")
_CORRECT = _("Correct the number as it stands on the document.")

MESSAGES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    # one cell
    "student_no_shape": (
        _("“%(value)s” is not a student number."),
        _("Use 4 to 32 letters, digits and hyphens."),
    ),
    "name_shape": (
        _("The name “%(value)s” has a character that no name has."),
        _("Write the name as on the document, without digits, brackets or remarks."),
    ),
    "pinyin_shape": (
        _("“%(value)s” is not pinyin."),
        _("Write Latin letters, such as “Zhang Xiaoming”, or leave the cell empty."),
    ),
    "grade_shape": (_("“%(value)s” is not a grade."), _("Write the year of enrolment, such as 2022.")),
    "grade_implausible": (
        _("Grade %(value)s does not fit the class of %(cohort)s."),
        _("Check the year of enrolment."),
    ),
    "length_of_study_shape": (
        _("“%(value)s” is not a length of study."),
        _("Write the years as a number, such as 4 or 2.5."),
    ),
    "mobile_shape": (
        _("“%(value)s” is not a mobile number."),
        _("Write 11 digits; a foreign number with + and the code of its country."),
    ),
    "wechat_shape": (
        _("“%(value)s” is not a WeChat ID."),
        _("Write the WeChat ID (letters, digits, hyphens), not the nickname, or leave the cell empty."),
    ),
    "qq_shape": (_("“%(value)s” is not a QQ number."), _("Write 5 to 12 digits, or leave the cell empty.")),
    "email_shape": (_("“%(value)s” is not an e-mail address."), _("Correct it, or leave the cell empty.")),
    # the number of the document
    "identity_length": (
        _("A resident identity number has 18 characters."),
        _("Correct the number; for another document choose its type."),
    ),
    "identity_shape": (_("A resident identity number has 17 digits and a last digit or X."), _CORRECT),
    "identity_date": (_("The date of birth in the identity number does not exist."), _CORRECT),
    "identity_check": (
        _("The last character of the identity number does not fit the others: one of them is mistyped."),
        _CORRECT,
    ),
    "document_shape": (
        _("The number does not fit this type of document."),
        _("Correct the number, or choose the right type of document."),
    ),
    "sex_differs": (
        _("The identity number says otherwise about the sex."),
        _("Correct the sex or the identity number."),
    ),
    "birth_date_differs": (
        _("The identity number says %(said)s."),
        _("Correct the date of birth or the identity number, or leave the date empty."),
    ),
    "birth_date_implausible": (
        _("A graduate of this cohort cannot be that old or young."),
        _("Check the date of birth."),
    ),
    "identity_twice": (
        _("The same document stands in row %(first)s already, at the same level."),
        _("Delete one of the two rows, or correct the number."),
    ),
    "identity_known": (
        _(
            "This cohort already has a graduate of this level with this document, under student number %(student_no)s."
        ),
        _("Use that student number, or correct the document's number."),
    ),
    # the student number
    "student_known": (
        _("Student number %(value)s is on the list of the class of %(cohort)s already."),
        _("Correct the number; who is on the list needs no addition."),
    ),
    "student_no_twice": (
        _("Student number %(value)s stands in row %(first)s already."),
        _("Delete one of the two rows, or correct the number."),
    ),
    "other_cohort": (
        _("Student number %(value)s belongs to the class of %(cohort)s."),
        _("Import into that cohort, or have the graduate moved first."),
    ),
    "another_person": (
        _("Student number %(value)s belongs to %(known)s, with another name and another document."),
        _("Correct the student number. To change both name and document, import one after the other."),
    ),
    # needed as the case may be
    "dispatch_missing": (
        _("For full-time students it must be said whether they get a dispatch card."),
        _("Write 是 or 否 (Yes or No)."),
    ),
    "certificates_missing": (
        _("For masters and doctors the certificates must be given."),
        _("Write 双证 or 单证 (Degree and diploma, or One certificate)."),
    ),
    "supervisor_missing": (
        _("Masters and doctors need a supervisor."),
        _("Write the supervisor's staff number."),
    ),
    "class_missing": (_("Undergraduates and junior-college students need a class."), _FILL_IN),
    "birth_date_missing": (_("Without a resident identity number the date of birth is needed."), _FILL_IN),
    "campus_missing": (_("This college has more than one campus."), _("Write the campus.")),
    # places
    "college_unknown": (
        _("There is no college “%(value)s”."),
        _("Write its full name, short name or code. Known: %(known)s"),
    ),
    "campus_unknown": (_("There is no campus “%(value)s”."), _("Write one of: %(known)s")),
    "major_code_differs": (
        _("This major has the code %(known)s, not %(value)s."),
        _("Correct the code or the major, or leave the code empty."),
    ),
    "class_of_other_major": (
        _("Class %(value)s of this college and grade belongs to another major."),
        _("Correct the class or the major."),
    ),
    # people
    "supervisor_unknown": (
        _("Nobody has the staff number %(value)s."),
        _("Correct it, or add the supervisor's name, and an account is made."),
    ),
    "supervisor_number_missing": (
        _("A supervisor's name stands here without the staff number."),
        _("Write the staff number."),
    ),
    "supervisor_name_differs": (
        _("The staff number %(number)s belongs to %(known)s, not %(value)s."),
        _("Correct the number or the name."),
    ),
    "supervisors_equal": (
        _("The second supervisor is the same person as the first."),
        _("Correct the number, or leave the cell empty."),
    ),
    "counsellor_unknown": (
        _("Nobody has the staff number %(value)s."),
        _("Correct it; new staff are added by the staff import."),
    ),
    "counsellor_differs": (
        _("Another row of this class names the counsellor %(known)s."),
        _("Give all rows of a class the same counsellor."),
    ),
    "counsellor_without_class": (
        _("A counsellor looks after a class, but the row has none."),
        _("Write the class, or leave the counsellor empty."),
    ),
    # dates
    "graduated_before_enrolled": (_("Graduation lies before enrolment."), _("Correct one of the two dates.")),
    "expected_before_enrolled": (
        _("The expected graduation lies before enrolment."),
        _("Correct one of the two dates."),
    ),
    "date_implausible": (_("%(value)s does not fit the class of %(cohort)s."), _("Check the year.")),
    # after the formalities
    "locked": (
        _("“%(value)s” is not what is on file, and the graduate is cleared: this is locked."),
        _("Write what is on file, or leave the cell empty. Contacts and employers can still be changed."),
    ),
    # whose task it is
    "not_responsible": (
        _("This graduate is imported by %(responsible_zh)s (%(responsible_en)s)."),
        _(
            "Take the row out and pass it on to them, or correct study mode, dispatch card, certificates or college."
        ),
    ),
    "nobody_responsible": (
        _("No rule says who imports such a graduate."),
        _(
            "Check study mode, certificates and dispatch card, or ask the administration to add the responsibility."
        ),
    ),
    "belongs_to_others": (
        _("Student number %(value)s is imported by %(responsible_zh)s (%(responsible_en)s)."),
        _("Correct the student number, or let them change the row."),
    ),
}
