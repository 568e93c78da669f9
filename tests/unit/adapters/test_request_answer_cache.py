"""What a request may say of its application's cache, and how that travels to the settlement."""

import pytest

from cost_sentry.adapters.admission_answer import admission_answer
from cost_sentry.adapters.ticket import read_place, read_ticket
from cost_sentry.domain.answer_cache import AnswerPlace, CacheUse
from cost_sentry.domain.errors import RequestRefused
from tests.unit.adapters.test_admission_answer import decision, request

PLACE = AnswerPlace(key="ab" * 32, ttl_seconds=60)


def test_a_request_that_says_nothing_uses_the_cache():
    assert request().answer_cache is CacheUse.USE


@pytest.mark.parametrize("use", list(CacheUse))
def test_a_request_says_what_it_wants_and_the_model_is_not_told(use):
    parsed = request(answerCache=use.value)

    assert parsed.answer_cache is use
    assert "answerCache" not in parsed.converse


@pytest.mark.parametrize("given", ["no", "", None, True, False, 0, ["use"], {"use": True}])
def test_anything_else_is_refused_with_what_is_allowed(given):
    with pytest.raises(RequestRefused) as refused:
        request(answerCache=given)

    [error] = refused.value.errors
    assert error.field == "answerCache"
    assert all(use.value in error.allowed for use in CacheUse)


def test_the_same_id_with_another_wish_is_another_request():
    assert request(answerCache="off").digest != request().digest


def test_where_an_answer_is_to_be_kept_travels_in_the_ticket_alone():
    answer = admission_answer(decision(keep_at=PLACE), request(), "book")

    assert read_place(answer["ticket"]) == PLACE
    assert read_ticket(answer["ticket"])[0] == decision().reservation
    assert PLACE.key not in str(answer["sentry"])


@pytest.mark.parametrize(
    "ticket",
    [{}, {"keep_at": "{"}, {"keep_at": "[]"}, {"keep_at": '{"key": "k", "until": 1}'}],
    ids=["none", "damaged", "no mapping", "of another version"],
)
def test_a_ticket_that_names_no_place_keeps_nothing(ticket):
    assert read_place(ticket) is None
