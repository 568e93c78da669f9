from datetime import timedelta

from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.application.void_reservation import void_reservation
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import ManualClock, budget, hold, reservation
from tests.fakes.memory_ledger import MemoryLedger

DAY = "2026-11-21"
PRICE = ModelPrice(
    model_id="example.v1", rates=TokenRates(input=1, output=2, cache_read=1, cache_write_5m=1)
)


def ledger_with(*reservations):
    ledger = MemoryLedger()
    ledger.define(budget(), DAY)
    for one in reservations:
        ledger.reserve(one)
    return ledger


def expire(ledger, clock, batch_max=10):
    done = expire_reservations(ledger=ledger, clock=clock, batch_max=batch_max)
    assert done.problems == ()
    return done.expired


def test_settling_charges_every_token_kind_that_was_reported():
    held = reservation("r1", hold(100))
    ledger = ledger_with(held)
    usage = TokenUsage(
        input_tokens=5, output_tokens=10, cache_read_tokens=3, cache_write_5m_tokens=2
    )

    settled = settle_reservation(held, PRICE, usage, ledger=ledger, clock=ManualClock())

    assert settled.resolved.resolution.cost_picodollars == 5 + 20 + 3 + 2
    assert settled.resolved.resolution.total_tokens == 20
    assert not settled.resolved.resolution.estimated
    assert ledger.balance(budget(), DAY).posted == 30


def test_an_answer_without_usage_is_charged_in_full_and_marked_as_estimated():
    held = reservation("r1", hold(100))
    ledger = ledger_with(held)

    settled = settle_reservation(held, PRICE, None, ledger=ledger, clock=ManualClock())

    assert settled.resolved.resolution.estimated
    assert settled.resolved.resolution.total_tokens == held.quote_tokens
    assert ledger.balance(budget(), DAY).posted == 100


def test_voiding_names_the_error_that_proves_the_call_did_not_run():
    held = reservation("r1", hold(100))
    ledger = ledger_with(held)

    voided = void_reservation(held, "ThrottlingException", ledger=ledger, clock=ManualClock())

    assert voided.resolved.resolution.state is ReservationState.VOIDED
    assert voided.resolved.resolution.reason == "ThrottlingException"
    assert ledger.balance(budget(), DAY).left == 1_000


def test_what_nobody_resolved_is_posted_in_full_once_it_is_overdue():
    clock = ManualClock()
    ledger = ledger_with(reservation("r1", hold(100)), reservation("r2", hold(50)))

    assert expire(ledger, clock) == 0
    clock.time += timedelta(seconds=420)
    assert expire(ledger, clock) == 2
    assert expire(ledger, clock) == 0

    assert ledger.balance(budget(), DAY).posted == 200


def test_one_run_expires_no_more_than_its_bound():
    clock = ManualClock()
    ledger = ledger_with(*(reservation(f"r{n}", hold(10)) for n in range(5)))
    clock.time += timedelta(seconds=420)

    runs = [expire(ledger, clock, batch_max=2) for _ in range(4)]

    assert runs == [2, 2, 1, 0]


def test_a_settlement_that_comes_after_expiry_posts_the_true_cost():
    clock = ManualClock()
    held = reservation("r1", hold(100))
    ledger = ledger_with(held)
    clock.time += timedelta(seconds=420)
    expire_reservations(ledger=ledger, clock=clock, batch_max=10)

    late = settle_reservation(
        held, PRICE, TokenUsage(input_tokens=1, output_tokens=1), ledger=ledger, clock=clock
    )

    assert late.first
    assert late.resolved.resolution.state is ReservationState.SETTLED
    cost = late.resolved.resolution.cost_picodollars
    assert ledger.balance(budget(), DAY).posted == cost != 100


def test_a_settlement_after_expiry_that_knows_no_cost_changes_nothing_and_gets_the_expiry():
    clock = ManualClock()
    held = reservation("r1", hold(100))
    ledger = ledger_with(held)
    clock.time += timedelta(seconds=420)
    expire_reservations(ledger=ledger, clock=clock, batch_max=10)

    late = settle_reservation(held, PRICE, None, ledger=ledger, clock=clock)

    assert not late.first
    assert late.resolved.resolution.state is ReservationState.EXPIRED
    assert ledger.balance(budget(), DAY).posted == 100


def test_one_reservation_that_cannot_be_resolved_does_not_hold_up_the_others():
    class Stubborn(MemoryLedger):
        def resolve(self, reservation, resolution):
            if reservation.request_id == "r1":
                raise LedgerContention("account 'search/web' has too many writers at once")
            return super().resolve(reservation, resolution)

    clock, ledger = ManualClock(), Stubborn()
    ledger.define(budget(), DAY)
    for n in range(3):
        ledger.reserve(reservation(f"r{n}", hold(100)))
    clock.time += timedelta(seconds=420)

    done = expire_reservations(ledger=ledger, clock=clock, batch_max=10)

    assert done.expired == 2
    assert done.problems == ("r1: account 'search/web' has too many writers at once",)
    assert [r.request_id for r in ledger.pending()] == ["r1"]
