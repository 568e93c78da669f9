"""Ids of attempts, and what calls earn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.request_id import is_request_id, made_at
from cost_sentry.domain.retry import (
    PRICE,
    SAVED_RETRIES_MAX,
    attempt_id,
    earned,
    request_and_attempt,
)

REQUEST_IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True)


@given(REQUEST_IDS, st.integers(1, 9))
def test_an_attempts_id_says_which_request_and_which_attempt(request_id, attempt):
    assert request_and_attempt(attempt_id(request_id, attempt)) == (request_id, attempt)


@given(REQUEST_IDS, st.integers(2, 9))
def test_no_caller_can_choose_the_id_of_a_later_attempt(request_id, attempt):
    assert not is_request_id(attempt_id(request_id, attempt))


@given(REQUEST_IDS)
def test_the_first_attempt_has_the_requests_own_id(request_id):
    assert attempt_id(request_id, 1) == request_id


@pytest.mark.parametrize("text", ["a~b", "a~", "~", "é~²"])
def test_a_text_that_is_no_attempts_id_is_a_first_one(text):
    assert request_and_attempt(text) == (text, 1)


def test_a_later_attempts_id_never_proves_that_it_is_new():
    """ADR 0009 would spare it a look into the journal, and its request may be older."""
    new = "0191e4c5-9d00-7000-8000-000000000000"

    assert made_at(new) is not None
    assert made_at(attempt_id(new, 2)) is None


@given(st.integers(0, 10**6), st.integers(0, 10))
def test_calls_earn_no_more_than_their_percentage_nor_than_may_be_saved(calls, percent):
    parts = earned(calls, percent)

    assert parts <= calls * percent * PRICE // 100
    assert parts <= SAVED_RETRIES_MAX * PRICE
