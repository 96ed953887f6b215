"""Which questions are asked, and which answers count: whatever the questionnaire and whatever somebody fills in (C1)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leaving.choices import QuestionKind
from leaving.models import Choice, Question
from leaving.selectors.questionnaires import Asked, Value, applicable, checked

KINDS = st.sampled_from(list(QuestionKind))


@st.composite
def questionnaires(draw: st.DrawFn) -> list[Asked]:
    """Up to eight questions; each may hang on an earlier one that has choices (ids: question × 10 + 1 to 3)."""
    asked: list[Asked] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        kind = draw(KINDS)
        parents = [one for one in asked if one.kind in QuestionKind.with_choices()]
        hangs = draw(st.booleans())
        parent = draw(st.sampled_from(parents)) if parents and hangs else None
        condition = draw(st.sets(st.sampled_from(sorted(parent.ids)), min_size=1)) if parent else set()
        question = Question(
            pk=number, kind=kind, required=draw(st.booleans()), shown_if_id=parent.pk if parent else None
        )
        choices = tuple(Choice(pk=number * 10 + place) for place in (1, 2, 3))
        asked.append(
            Asked(
                question, number, choices if kind in QuestionKind.with_choices() else (), frozenset(condition)
            )
        )
    return asked


VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.integers(-1, 12),
    st.text(max_size=3),
    st.lists(st.integers(10, 84), max_size=4),
)


@st.composite
def filled_in(draw: st.DrawFn) -> tuple[list[Asked], dict[int, Value]]:
    questions = draw(questionnaires())
    fitting = {
        one.pk: draw(
            st.one_of(VALUES, st.lists(st.sampled_from(sorted(one.ids)), max_size=3)) if one.ids else VALUES
        )
        for one in questions
    }
    return questions, fitting


@settings(max_examples=300, deadline=None)
@given(filled_in())
def test_what_is_asked_and_what_counts(given_: tuple[list[Asked], dict[int, Value]]) -> None:
    questions, answers = given_
    found = checked(questions, answers)
    for one in questions:
        parent = next((other for other in questions if other.pk == one.parent), None)
        met = parent is None or (
            parent.pk in found.values and bool(one.condition & set(_list(found.values[parent.pk])))
        )
        # Asked exactly when the condition is met by an answer that counts; a hidden answer is dropped.
        assert (one.pk in found.values) == met
        if one.pk in found.values:
            value = found.values[one.pk]
            assert value == one.understood(answers[one.pk])
            assert (one in found.missing) == (one.question.required and value is None)
        else:
            assert one not in found.missing


def _list(value: Value) -> list[int]:
    return value if isinstance(value, list) else []


@settings(max_examples=200, deadline=None)
@given(filled_in())
def test_hidden_answers_make_no_difference(given_: tuple[list[Asked], dict[int, Value]]) -> None:
    questions, answers = given_
    found = checked(questions, answers)
    assert checked(questions, found.values) == found
    assert [one.pk for one in applicable(questions, answers)] == list(found.values)


@settings(max_examples=200, deadline=None)
@given(filled_in())
def test_what_counts_is_an_answer_to_the_question(given_: tuple[list[Asked], dict[int, Value]]) -> None:
    questions, answers = given_
    for one in questions:
        value = checked(questions, answers).values.get(one.pk)
        match one.kind:
            case QuestionKind.SINGLE:
                assert value is None or (len(_list(value)) == 1 and set(_list(value)) <= one.ids)
            case QuestionKind.MULTIPLE:
                assert value is None or (_list(value) == sorted(set(_list(value)) & one.ids) != [])
            case QuestionKind.SCALE:
                assert value is None or (isinstance(value, int) and 1 <= value <= 5)
            case _:
                assert value is None or (isinstance(value, str) and value == value.strip() != "")
