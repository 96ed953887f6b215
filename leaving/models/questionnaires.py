"""Questionnaires, and where their answers are kept (C1).

**Why nobody can tell whose an anonymous answer is.** What is known of a person is that, and when, the person has
answered (`QuestionnaireSubmission`): the sheet opens by it, and reminders need it. The answers must not lead back there:

* *Columns.* `AnonymousAnswer` has no user, no time and no serial number; its key is a random uuid. Each question's answer is
  a row of its own, without anything that holds the answers of one person together, so that a combination of answers
  cannot point to somebody.
* *Transaction and row order.* PostgreSQL marks each row with the transaction that wrote it (`xmin`) and keeps rows in the
  order of writing (`ctid`). An answer written with its submission would be joined to it by either. Answers therefore wait in
  `PooledAnswers`, sealed (AES-256-GCM) under a random key of row. Whoever submits rewrites all that waits of the college, so
  that even there all rows have one transaction, new keys, new ciphertexts and a new order.
* *Batches.* A task moves what waits as soon as ten people or more of a college wait (ten of ten colleges would not hide
  anybody, because an answer keeps its college) into one row of `MixedAnswers`: still sealed, the answers to each question in a
  random order of their own, so that from then on not even the key puts one person's answers together again.
* *Two looks.* Whoever compares the tables of two days (backups, dead rows, the log of writes) finds by the difference what came
  in between, be it one person's answers. So nothing is ever written open while answers still come in. When the questionnaire has
  closed, all of it is opened and written once, in one transaction, in one random order over people and questions, and never
  changed again: the only difference there is between two looks is everything. Waiting rows and drafts are sealed at the
  length of the longest answers there could be, for a length, too, would tell whose a long text is.
* *Colleges.* An answer keeps its college where at least ten of that college were asked the question; the nameless answers to a
  question are ten as well, if need be together with the smallest other college. An answer to a question that is asked only
  of some keeps no college that the answer on which it hangs gave up. Free texts keep none. With fewer than ten people in all
  nothing could hide them: their answers are destroyed, and never were open.
* *Published figures.* Figures looked at twice would tell by their difference what the last few answered. The figures of an
  anonymous questionnaire are therefore published once, after it has closed; until then only how many have answered is told.
* *Audit, history, logs.* Submitting is audited with who and when, never with an answer; moving is not audited at all (its
  time would date the batch). No model here has a history. Tasks get the questionnaire's id and nothing else; pages put no
  answer into sessions, messages or the cache.
* *Drafts.* A draft is personal, sealed, and deleted by the submission, at the latest by the closing.

What holds, then. Who reads the database, once or as often as they like, with all that PostgreSQL keeps beside the rows, or any
number of backups, finds ciphertext until the closing, and afterwards answers each of which may be that of any of at least ten
people. This needs FIELD_KEYS to lie elsewhere than the backups. What remains is who has those keys **and** a copy of the database
from while people answered: of those who waited just then or had a draft they read the answers. So does who changes the program
itself or reads the memory of a running process. And where all of a group say the same, everybody
knows what each of them said; figures that show it are withheld from the pages (`leaving.selectors.disclosure`).

Once published, a questionnaire stays what the graduates were asked, and as anonymous as they were promised: triggers refuse
whatever else than its texts and its closing anybody would change, by whatever way (`leaving.models.published`).
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level, QuestionKind, QuestionnaireState
from leaving.models.cohorts import Cohort
from leaving.models.graduates import Graduate
from leaving.models.published import KeptOncePublished, OnlyForward
from portal.departments.models import Department
from portal.localized import localized


class Questionnaire(models.Model):
    """A questionnaire (调研问卷) that the graduates of a cohort answer before they see their sheets (C1)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="questionnaires", verbose_name=_("cohort")
    )
    levels = ArrayField(
        models.CharField(max_length=16, choices=Level),
        blank=True,
        default=list,
        verbose_name=_("levels"),
        help_text=_("Who answers it. None ticked: everybody."),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("held by"),
        help_text=_(
            "An office whose staff may see all results if they have the right to see statistics there."
        ),
    )
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    intro_zh = models.TextField(_("introduction (Chinese)"), blank=True)
    intro_en = models.TextField(_("introduction (English)"), blank=True)
    opens_at = models.DateTimeField(
        _("opens"), null=True, blank=True, help_text=_("Empty: as soon as it is published.")
    )
    closes_at = models.DateTimeField(
        _("closes"),
        null=True,
        blank=True,
        help_text=_(
            "Afterwards nobody can answer any more, and sheets open without an answer. Empty: when it is closed by hand."
        ),
    )
    anonymous = models.BooleanField(
        _("anonymous"),
        default=False,
        help_text=_(
            "Nobody can tell whose an answer is. Results appear once, after it has closed; figures below five never."
            " Where fewer than ten people have answered in all, their answers are destroyed unread."
        ),
    )
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=QuestionnaireState,
        default=QuestionnaireState.DRAFT,
        editable=False,
    )
    # When the last answers came out of the pool: from then on an anonymous questionnaire has results.
    settled_at = models.DateTimeField(_("results since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        ordering = ["-cohort__year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=QuestionnaireState.values), name="questionnaire_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(opens_at=None)
                | models.Q(closes_at=None)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="questionnaire_closes_after_it_opens",
                violation_error_message=_("It must close after it opens."),
            ),
        ]
        triggers = [OnlyForward()]

    def __str__(self) -> str:
        return localized(self, "title")


class QuestionnaireSection(models.Model):
    """A part of a questionnaire with a heading."""

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.CASCADE, related_name="sections", verbose_name=_("questionnaire")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    intro_zh = models.TextField(_("introduction (Chinese)"), blank=True)
    intro_en = models.TextField(_("introduction (English)"), blank=True)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["questionnaire", "order", "pk"]
        triggers = [KeptOncePublished(columns=("questionnaire_id", "order"))]

    def __str__(self) -> str:
        return localized(self, "title")


class Question(models.Model):
    """A question. Its place is that of its section, and there its own; with `shown_if` it is asked of those only who gave one of
    `shown_if_choices` to that earlier question."""

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.CASCADE, related_name="questions", verbose_name=_("questionnaire")
    )
    section = models.ForeignKey(
        QuestionnaireSection, on_delete=models.CASCADE, related_name="questions", verbose_name=_("section")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    kind = models.CharField(_("kind"), max_length=12, choices=QuestionKind, default=QuestionKind.SINGLE)
    text_zh = models.CharField(_("question (Chinese)"), max_length=300)
    text_en = models.CharField(_("question (English)"), max_length=500, blank=True)
    help_zh = models.CharField(_("help (Chinese)"), max_length=300, blank=True)
    help_en = models.CharField(_("help (English)"), max_length=500, blank=True)
    required = models.BooleanField(_("required"), default=True)
    scale_max = models.PositiveSmallIntegerField(
        _("highest value of the scale"), default=5, validators=[MinValueValidator(2), MaxValueValidator(10)]
    )
    low_zh = models.CharField(_("1 means (Chinese)"), max_length=40, blank=True)
    low_en = models.CharField(_("1 means (English)"), max_length=80, blank=True)
    high_zh = models.CharField(_("the highest means (Chinese)"), max_length=40, blank=True)
    high_en = models.CharField(_("the highest means (English)"), max_length=80, blank=True)
    shown_if = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,  # not alone, but together with the questionnaire
        null=True,
        blank=True,
        related_name="leads_to",
        verbose_name=_("asked only if to this question"),
    )
    shown_if_choices: "models.ManyToManyField[Choice, Choice]" = models.ManyToManyField(
        "Choice", blank=True, related_name="+", verbose_name=_("one of these was chosen")
    )

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["questionnaire_id", "section__order", "section_id", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=QuestionKind.values), name="question_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(scale_max__gte=2, scale_max__lte=10), name="question_scale_fits"
            ),
        ]
        triggers = [
            KeptOncePublished(
                columns=(
                    "questionnaire_id",
                    "section_id",
                    "order",
                    "kind",
                    "required",
                    "scale_max",
                    "shown_if_id",
                )
            )
        ]

    def __str__(self) -> str:
        return localized(self, "text")


class Choice(models.Model):
    """One choice of a question."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="choices", verbose_name=_("question")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    text_zh = models.CharField(_("choice (Chinese)"), max_length=120)
    text_en = models.CharField(_("choice (English)"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["question", "order", "pk"]
        triggers = [KeptOncePublished(columns=("question_id", "order"), by_question=True)]

    def __str__(self) -> str:
        return localized(self, "text")


class QuestionCondition(Question.shown_if_choices.through):  # type: ignore[name-defined,misc]
    """A choice on which a question hangs: a name for the table in between, so that it can have a trigger, too."""

    class Meta:
        proxy = True
        triggers = [KeptOncePublished(columns=("question_id", "choice_id"), by_question=True)]


class QuestionnaireDraft(models.Model):
    """What a graduate has filled in so far, sealed; gone with the submission, at the latest with the closing."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="drafts", verbose_name=_("questionnaire")
    )
    graduate = models.ForeignKey(
        Graduate, on_delete=models.CASCADE, related_name="+", verbose_name=_("graduate")
    )
    sealed = models.BinaryField(editable=False)
    saved_at = models.DateTimeField(_("saved"), editable=False)

    class Meta:
        verbose_name = _("draft of answers")
        verbose_name_plural = _("drafts of answers")
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "graduate"], name="draft_one_per_graduate")
        ]

    def __str__(self) -> str:
        return str(self.uid)


class QuestionnaireSubmission(models.Model):
    """That a graduate has answered a questionnaire, and when. What was answered is not here."""

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="submissions", verbose_name=_("questionnaire")
    )
    graduate = models.ForeignKey(
        Graduate,
        on_delete=models.PROTECT,
        related_name="questionnaire_submissions",
        verbose_name=_("graduate"),
    )
    submitted_at = models.DateTimeField(_("answered"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("answered questionnaire")
        verbose_name_plural = _("answered questionnaires")
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "graduate"], name="submission_one_per_graduate")
        ]

    def __str__(self) -> str:
        return f"{self.graduate} · {self.questionnaire}"


class Answer(models.Model):
    """An answer that belongs to a graduate: of a questionnaire that is not anonymous.

    `value` is a list of choices (ids, ascending), a number, or a text; null for a question that was asked and left open.
    """

    submission = models.ForeignKey(
        QuestionnaireSubmission,
        on_delete=models.PROTECT,
        related_name="answers",
        verbose_name=_("answered questionnaire"),
    )
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, related_name="+", verbose_name=_("question")
    )
    value = models.JSONField(_("answer"), null=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["submission", "question"], name="answer_one_per_question")
        ]

    def __str__(self) -> str:
        return str(self.value)


class SealedAnswers(models.Model):
    """Anonymous answers of a college that nobody can read yet: bound to the table and the `uid`."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="+")
    college = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField(editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.uid)


class PooledAnswers(SealedAnswers):
    """The anonymous answers of somebody, sealed, until ten of the college can be mixed. See the module."""

    class Meta:
        verbose_name = _("answers that wait to be mixed")
        verbose_name_plural = _("answers that wait to be mixed")


class MixedAnswers(SealedAnswers):
    """The answers of ten people or more of a college, sealed together until the questionnaire has closed. See the module.

    Sealed are `people`, how many they are, and `values`: question → the answers to it, in no order.
    """

    class Meta:
        verbose_name = _("batch of mixed answers")
        verbose_name_plural = _("batches of mixed answers")


class AnonymousAnswer(models.Model):
    """One answer to one question of a closed questionnaire, of nobody in particular. `value` as in `Answer`; `college` as far as
    it is kept."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="+")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+", db_index=False)
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    value = models.JSONField(null=True)

    class Meta:
        verbose_name = _("anonymous answer")
        verbose_name_plural = _("anonymous answers")

    def __str__(self) -> str:
        return str(self.uid)
