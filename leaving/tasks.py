"""What the clock starts. The services do the work."""

from celery import shared_task

from leaving.services import answers


@shared_task(name="leaving.tasks.tend_questionnaires")
def tend_questionnaires() -> None:
    """Close the questionnaires that are over, move the anonymous answers that wait."""
    answers.close_those_whose_time_has_come()
    for pk in answers.with_answers_to_move():
        answers.move_answers(questionnaire_id=pk)
