"""Kept answers take part in a simulation, as far as is known which calls are the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.simulated_answers import Repeatable, repeatable_of
from cost_sentry.application.simulated_call import CallEnd
from cost_sentry.domain.answer_cache import AnswerCaching, CacheUse
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.invocation import Needs
from tests.fakes.admissions import config
from tests.fakes.builders import budget
from tests.fakes.cached_calls import CACHING, asked, teams
from tests.fakes.simulations import call, decisions, sentry, usage

PLENTY = budget("everything", 10**9, scope={})
ANY = AnswerCaching(ttl_seconds=3600, any_temperature=True)
HIT, PAID = ReasonCode.ANSWERED_FROM_CACHE, ReasonCode.WITHIN_BUDGETS


def same(number, at, **changes):
    return call(f"r{number}", at=at, **{"repeatable": Repeatable.ALWAYS, **changes})


def codes(*calls, caching=CACHING):
    of = sentry(config(PLENTY, teams=teams(web=caching, batch=caching)))
    return [decision.code for decision in decisions(of, calls)]


def test_of_the_same_calls_one_is_paid_and_the_others_are_answered_from_the_cache():
    of = sentry(config(PLENTY, teams=teams()))

    found = decisions(of, [same(number, at=10 * number) for number in range(20)])

    assert [decision.code for decision in found] == [PAID, *[HIT] * 19]
    assert {decision.cached.avoided_picodollars for decision in found[1:]} == {700}
    assert sum(of.spent.values()) == 700


def test_without_a_cache_every_call_is_paid():
    assert codes(same(1, at=0), same(2, at=10), caching=None) == [PAID, PAID]


def test_an_answer_is_kept_when_its_call_has_ended_and_for_as_long_as_is_configured():
    ends = CACHING.ttl_seconds + 2

    found = codes(same(1, 0), same(2, 1.9), same(3, 5), same(4, ends + 1.8), same(5, ends + 2))

    assert found == [PAID, PAID, HIT, HIT, PAID]


def test_another_request_and_another_application_are_not_the_same():
    batch = {"team": "search", "application": "batch"}

    found = codes(same(1, 0), same(2, 10, digest="d2"), same(3, 20, tags=batch), same(4, 30))

    assert found == [PAID, PAID, PAID, HIT]


@pytest.mark.parametrize(
    ("repeatable", "at_zero", "at_any"),
    [
        (Repeatable.ALWAYS, HIT, HIT),
        (Repeatable.IF_ASKED, PAID, HIT),
        (Repeatable.UNSAID, PAID, HIT),
        (Repeatable.NEVER, PAID, PAID),
        (Repeatable.NO_TEXT, PAID, PAID),
    ],
)
def test_what_is_known_of_a_call_decides_whether_a_cache_may_serve_it(repeatable, at_zero, at_any):
    calls = [same(number, at=10 * number, repeatable=repeatable) for number in range(2)]

    assert codes(*calls) == [PAID, at_zero]
    assert codes(*calls, caching=ANY) == [PAID, at_any]


@pytest.mark.parametrize(
    "first",
    [
        {"usage": usage(answer=100)},
        {"end": CallEnd.VOIDED},
        {"usage": None},
    ],
    ids=["cut short", "did not run", "nobody knows what it used"],
)
def test_what_production_would_not_keep_is_not_kept(first):
    assert codes(same(1, 0, **first), same(2, 10)) == [PAID, PAID]


def test_an_answer_whose_usage_is_assumed_is_kept():
    first = {"usage": None, "end": CallEnd.UNKNOWN, "duration": timedelta(seconds=1)}

    assert codes(same(1, 0, **first), same(2, 10, **first)) == [PAID, HIT]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (asked(), Repeatable.ALWAYS),
        (asked(converse={}), Repeatable.IF_ASKED),
        (asked(needs=Needs(tools=True)), Repeatable.NEVER),
        (replace(asked(), answer_cache=CacheUse.OFF), Repeatable.NEVER),
    ],
)
def test_a_request_with_its_text_says_whether_it_may_be_repeated(request_, found):
    assert repeatable_of(request_) is found
