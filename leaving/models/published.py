"""Triggers that keep a questionnaire as it was published (C1). The administration refuses the same, in friendlier words."""

import pgtrigger

REFUSED = "USING ERRCODE = '23001'"  # restrict_violation: Django raises it as IntegrityError


class KeptOncePublished(pgtrigger.Trigger):
    """For the parts of a questionnaire: none is added, taken away, or changed in `columns`, once it is no draft any more.

    Texts are none of the columns: a slip of the pen can be mended, and answers point to rows. `by_question`: the row names its
    question, else its questionnaire. The questionnaire is held meanwhile, so that publishing it cannot come between the look
    and the change.
    """

    when = pgtrigger.Before
    level = pgtrigger.Row

    def __init__(self, *, columns: tuple[str, ...], by_question: bool = False) -> None:
        super().__init__(
            name="kept_once_published",
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("its_state", "text")],
        )
        self.columns = columns
        self.by_question = by_question

    def get_func(self, model: object) -> str:
        before, after = (", ".join(f'{row}."{column}"' for column in self.columns) for row in ("OLD", "NEW"))
        where = "q.id IN (OLD.questionnaire_id, NEW.questionnaire_id)"
        if self.by_question:
            where = (
                "q.id IN (SELECT a.questionnaire_id FROM leaving_question a"
                " WHERE a.id IN (OLD.question_id, NEW.question_id))"
            )
        return f"""
            IF TG_OP = 'UPDATE' AND ({before}) IS NOT DISTINCT FROM ({after}) THEN
                RETURN NEW;
            END IF;
            FOR its_state IN SELECT q.state FROM leaving_questionnaire q WHERE {where} ORDER BY q.id FOR SHARE LOOP
                IF its_state <> 'draft' THEN
                    RAISE EXCEPTION 'the questionnaire is %: only its texts and its closing can change (%)',
                        its_state, TG_TABLE_NAME {REFUSED};
                END IF;
            END LOOP;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        """  # noqa: S608  names of columns in this program


class OnlyForward(pgtrigger.Trigger):
    """For the questionnaire itself: draft, published, closed, and no way back; whom it asks, from when on, and whether it is
    anonymous stays as it was published, a closed one closed when it closed, and only a draft is deleted."""

    name = "only_forward"
    when = pgtrigger.Before
    level = pgtrigger.Row
    operation = pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: object) -> str:
        return f"""
            IF OLD.state = 'draft' AND TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            IF OLD.state = 'draft' AND NEW.state IN ('draft', 'published') THEN
                RETURN NEW;
            END IF;
            IF TG_OP = 'UPDATE' AND (NEW.state = OLD.state OR (OLD.state = 'published' AND NEW.state = 'closed'))
                AND (NEW.cohort_id, NEW.levels, NEW.anonymous, NEW.opens_at)
                    IS NOT DISTINCT FROM (OLD.cohort_id, OLD.levels, OLD.anonymous, OLD.opens_at)
                AND (OLD.state <> 'closed' OR NEW.closes_at IS NOT DISTINCT FROM OLD.closes_at) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the questionnaire is %: only its texts and its closing can change (%)',
                OLD.state, TG_TABLE_NAME {REFUSED};
        """
