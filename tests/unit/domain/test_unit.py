import pytest

from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.spend import postings_of
from cost_sentry.domain.unit import Unit, amount_held, amount_in_words
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import budget, hold, resolution
from tests.fakes.entries import Account


@pytest.mark.parametrize(
    ("unit", "one", "many"),
    [
        (Unit.USD, "0.000000000001 usd", "0.00000000004 usd"),
        (Unit.TOKENS, "1 token", "40 tokens"),
        (Unit.INPUT_TOKENS, "1 input token", "40 input tokens"),
        (Unit.OUTPUT_TOKENS, "1 output token", "40 output tokens"),
        (Unit.REQUESTS, "1 request", "40 requests"),
        (Unit.IN_FLIGHT, "1 call in flight", "40 calls in flight"),
        (Unit.RETRIES, "1 retry", "40 retries"),
        (Unit.DEPTH, "1 level below the root", "40 levels below the root"),
        (Unit.CHILDREN, "1 child", "40 children"),
    ],
)
def test_an_amount_says_what_it_counts(unit, one, many):
    assert (amount_in_words(unit, 1), amount_in_words(unit, 40)) == (one, many)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_call_that_is_held_in_full_is_charged_no_more_when_nobody_knows_what_it_used(unit):
    amount = amount_held(unit, quote_picodollars=100, input_tokens=30, output_tokens=70)
    held = hold(amount, budget(unit=unit))
    unknown = resolution(100, ReservationState.EXPIRED, usage=None, estimated=True)

    assert unknown.posting(held) == (amount if unit.is_spent else 0)
    assert unknown.overrun(held) == 0


def test_an_overrun_of_tokens_in_or_out_is_what_was_used_above_what_was_held():
    usage = TokenUsage(input_tokens=20, output_tokens=80, cache_read_tokens=15)
    ended = resolution(100, usage=usage, total_tokens=115)

    assert ended.overrun(hold(30, budget(unit=Unit.INPUT_TOKENS))) == 5
    assert ended.overrun(hold(70, budget(unit=Unit.OUTPUT_TOKENS))) == 10
    assert ended.overrun(hold(1, budget(unit=Unit.REQUESTS))) == 0


def test_what_is_only_in_flight_leaves_no_posting():
    account = Account()
    held = account.reserve(
        "r1",
        hold(1, budget("requests", unit=Unit.REQUESTS)),
        hold(1, budget("calls", unit=Unit.IN_FLIGHT)),
    )

    postings = postings_of(account.resolve(held, resolution(40)))

    assert [(p.budget_id, p.amount) for p in postings] == [("requests", 1)]
