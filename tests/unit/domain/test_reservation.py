"""What a reservation's tokens are, and how one ends that nobody resolved."""

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import (
    Hold,
    ReservationState,
    Resolution,
    charged_in_full,
)
from tests.fakes.builders import NOON, reservation

HELD = reservation("r1", input_bound_tokens=30, output_limit_tokens=70, quote_picodollars=5)


def test_a_quote_in_tokens_is_all_that_may_go_in_and_come_out():
    assert HELD.quote_tokens == 100


def test_a_reservation_that_nobody_resolved_is_charged_in_full_and_says_that_it_is_a_guess():
    assert charged_in_full(HELD, NOON) == Resolution(
        state=ReservationState.EXPIRED,
        resolved_at=NOON,
        cost_picodollars=5,
        total_tokens=100,
        usage=None,
        estimated=True,
        reason="nobody resolved it",
    )


def test_a_slot_among_concurrent_calls_is_given_back_whole_also_by_a_call_that_expired():
    slot = Hold(budget_id="slots", window_id="always", unit=Unit.IN_FLIGHT, amount=1)
    ended = charged_in_full(HELD, NOON)

    assert (ended.posting(slot), ended.back(slot), ended.overrun(slot)) == (0, 1, 0)
