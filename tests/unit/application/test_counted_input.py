"""When a prompt is counted exactly, and what becomes of the bound."""

import pytest

from cost_sentry.application import input_bound
from cost_sentry.application.candidates import Candidate
from cost_sentry.application.input_bound import COUNT_FROM_PICODOLLARS, InputBounds
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.token_bound import counted_bound_tokens
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Counter, Sentry, SmallBook, request
from tests.fakes.builders import budget

RICH = 10**15
LONG = {"input_bound_tokens": 9_000, "input_floor_tokens": 500}


class DearBook(SmallBook):
    """A prompt token of the dear model costs a thousandth of what makes a prompt worth counting."""

    rates = {DEAR: COUNT_FROM_PICODOLLARS // 1_000, CHEAP: 2, BLIND: 1}  # noqa: RUF012


@pytest.fixture
def sentry_of(monkeypatch):
    def make(counter, *budgets, book=DearBook, **changes):
        monkeypatch.setattr(SmallBook, "rates", book.rates)
        return Sentry(*budgets, counter=counter, **changes)

    return make


def test_a_dear_prompt_is_counted_before_the_ledger_is_asked(sentry_of):
    counter = Counter(dear=800)
    decision = sentry_of(counter, budget(limit=RICH)).decide(request(**LONG))

    assert counter.asked == [DEAR]
    assert decision.reservation.input_bound_tokens == counted_bound_tokens(800) == 889
    assert decision.reservation.quote_picodollars == (889 + 100) * DearBook.rates[DEAR]
    assert decision.uncounted == ()


@pytest.mark.parametrize(("tokens", "asked"), [(999, []), (1_000, [DEAR])])
def test_a_cheaper_prompt_is_not_worth_the_round_trip(sentry_of, tokens, asked):
    counter = Counter(dear=10)
    sentry_of(counter, budget(limit=RICH)).decide(request(input_bound_tokens=tokens))

    assert counter.asked == asked


def test_a_count_never_widens_the_bound(sentry_of):
    decision = sentry_of(Counter(dear=9_000), budget(limit=RICH)).decide(request(**LONG))

    assert decision.reservation.input_bound_tokens == LONG["input_bound_tokens"]


def test_a_failed_count_leaves_the_proven_bound_and_is_told_to_the_log(sentry_of):
    decision = sentry_of(Counter(), budget(limit=RICH)).decide(request(**LONG))

    assert decision.kind is DecisionKind.ALLOW
    assert decision.reservation.input_bound_tokens == LONG["input_bound_tokens"]
    assert decision.uncounted == (f"{DEAR}: ThrottlingException",)


def test_a_model_that_cannot_be_counted_is_not_asked_about(sentry_of):
    counter = Counter()
    sentry_of(counter, budget(limit=10)).decide(request(model_id=BLIND, input_bound_tokens=10**4))

    assert counter.asked == []


def test_a_cheap_prompt_that_does_not_fit_by_its_bytes_is_counted_and_fits(sentry_of):
    counter = Counter(dear=20)
    sentry = sentry_of(counter, budget(limit=2_000), book=SmallBook)

    decision = sentry.decide(request(input_bound_tokens=200))

    assert decision.code is ReasonCode.WITHIN_BUDGETS
    assert decision.reservation.input_bound_tokens == counted_bound_tokens(20) == 85
    assert [r.outcome for r in decision.rungs] == ["reserved"]


def test_a_prompt_that_a_budget_of_input_tokens_has_no_room_for_is_counted_and_fits(sentry_of):
    counter = Counter(dear=20)
    tokens = budget("tokens", 100, unit=Unit.INPUT_TOKENS)
    sentry = sentry_of(counter, tokens, book=SmallBook)

    decision = sentry.decide(request(input_bound_tokens=200))

    assert decision.code is ReasonCode.WITHIN_BUDGETS
    assert [h.amount for h in decision.reservation.holds] == [counted_bound_tokens(20)] == [85]


def test_what_no_count_could_make_fit_is_not_counted(sentry_of):
    """Even at the floor of 10 prompt tokens and 64 of output it needs 740."""
    counter = Counter(dear=1)
    sentry = sentry_of(counter, budget(limit=739), book=SmallBook)

    sentry.decide(request(input_bound_tokens=200))

    assert DEAR not in counter.asked


def test_whoever_declines_a_shorter_answer_is_counted_only_if_the_whole_may_fit(sentry_of):
    counter = Counter(dear=1)
    sentry = sentry_of(counter, budget(limit=1_099), book=SmallBook)

    sentry.decide(request(input_bound_tokens=200, lower_output_limit=False))

    assert DEAR not in counter.asked


def test_a_counted_prompt_leaves_more_for_a_lowered_answer(sentry_of):
    counter = Counter(dear=20)
    only = budget("of-dear", 1_800, scope={"model": DEAR})
    sentry = sentry_of(counter, only, book=SmallBook)

    decision = sentry.decide(request(input_bound_tokens=200))

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert decision.reservation.output_limit_tokens == 180 - 85


def test_no_more_models_are_counted_than_there_is_time_for(sentry_of, monkeypatch):
    monkeypatch.setattr(input_bound, "COUNTS_MAX", 1)
    counter = Counter(dear=150, cheap=20)
    sentry = sentry_of(counter, budget(limit=390), book=SmallBook)

    sentry.decide(request(input_bound_tokens=200, input_floor_tokens=0, max_tokens=20))

    assert counter.asked == [DEAR]


def test_two_profiles_of_one_model_are_counted_once():
    counter = Counter()
    counter.tokens = dict.fromkeys(
        ("us.anthropic.claude-sonnet-4-6", "eu.anthropic.claude-sonnet-4-6"), 800
    )
    bounds = InputBounds(request=request(**LONG), counter=counter)

    for model_id in counter.tokens:
        candidate = Candidate(
            model_id=model_id,
            decision=DecisionKind.ALLOW,
            price=ModelPrice(model_id=model_id, rates=TokenRates(input=10**8, output=1)),
            input_bound_tokens=9_000,
            output_limit_tokens=10,
            quote_picodollars=9 * 10**11 + 10,
            writes_cache=False,
            counts_tokens=True,
            budgets=(),
        )
        assert bounds.before_asking(candidate).input_bound_tokens == counted_bound_tokens(800)

    assert len(counter.asked) == 1


def test_a_rung_counts_for_itself(sentry_of):
    """Neither fits by its bytes; the count of one says nothing of the other."""
    counter = Counter(dear=150, cheap=20)
    sentry = sentry_of(counter, budget(limit=390), book=SmallBook)

    decision = sentry.decide(request(input_bound_tokens=200, input_floor_tokens=0, max_tokens=20))

    assert counter.asked == [DEAR, CHEAP]
    assert decision.model_used == CHEAP
    assert decision.reservation.input_bound_tokens == counted_bound_tokens(20)


def test_without_a_counter_every_prompt_is_bounded_by_its_bytes(sentry_of):
    decision = sentry_of(None, budget(limit=RICH)).decide(request(**LONG))

    assert decision.reservation.input_bound_tokens == LONG["input_bound_tokens"]


def test_the_same_execution_gets_its_reservation_back_though_the_count_fails_now(sentry_of):
    counter = Counter(dear=800)
    sentry = sentry_of(counter, budget(limit=RICH))
    first = sentry.decide(request(**LONG))
    counter.tokens = {}

    assert sentry.decide(request(**LONG)).reservation == first.reservation


# ---- longer than the model's context window, which is 10,000 tokens here

TOO_LONG = {"input_bound_tokens": 10_001, "input_floor_tokens": 500}


@pytest.mark.parametrize("rates", [SmallBook, DearBook], ids=["cheap", "dear"])
def test_a_prompt_that_is_counted_longer_than_the_window_is_refused_by_its_count(sentry_of, rates):
    counter = Counter(dear=10_001)
    sentry = sentry_of(counter, budget(limit=RICH), book=rates)

    decision = sentry.decide(request(**TOO_LONG))

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.MODEL_UNSUITABLE)
    [error] = decision.errors
    assert (error.field, error.problem) == ("messages", "the prompt has 10001 tokens")
    assert error.allowed == f"at most 10000, the context window of {DEAR}"
    assert list(sentry.ledger.pending()) == []


@pytest.mark.parametrize(("bound", "asked"), [(10_000, []), (10_001, [DEAR])])
def test_only_what_may_be_too_long_is_counted_for_that(sentry_of, bound, asked):
    counter = Counter(dear=10_000)
    sentry = sentry_of(counter, budget(limit=RICH), book=SmallBook)

    decision = sentry.decide(request(input_bound_tokens=bound))

    assert (decision.kind, counter.asked) == (DecisionKind.ALLOW, asked)


def test_a_count_that_fails_leaves_the_length_to_bedrock(sentry_of):
    decision = sentry_of(Counter(), budget(limit=RICH), book=SmallBook).decide(request(**TOO_LONG))

    assert decision.kind is DecisionKind.ALLOW
    assert decision.uncounted == (f"{DEAR}: ThrottlingException",)


def test_what_may_ask_for_a_larger_window_is_refused_above_the_largest_only(sentry_of):
    """A window sold as 10K may hold 10,486 tokens, and a beta field may open a larger one."""
    needs = Needs(vendor_parts=frozenset({"additionalModelRequestFields"}))
    long = request(input_bound_tokens=11_000, needs=needs)

    decisions = [
        sentry_of(Counter(dear=tokens), budget(limit=RICH), book=SmallBook).decide(long)
        for tokens in (10_486, 10_487)
    ]

    assert [d.kind for d in decisions] == [DecisionKind.ALLOW, DecisionKind.REJECT]


def test_a_rung_whose_window_is_too_small_by_its_own_count_is_passed_over(sentry_of):
    counter = Counter(dear=9_000, cheap=10_001)
    sentry = sentry_of(counter, budget(limit=30_000), book=SmallBook)

    decision = sentry.decide(request(**TOO_LONG))

    assert decision.model_used != CHEAP
    [why] = [rung.outcome for rung in decision.rungs if rung.model_id == CHEAP]
    assert why == "its context window is 10000 tokens, and the prompt has 10001"
