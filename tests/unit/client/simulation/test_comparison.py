"""The same calls under two configurations, each on a ledger that starts as it is told."""

import pytest

from cost_sentry.application.simulation_tally import Outcome
from cost_sentry_client.simulation.comparison import compare
from cost_sentry_client.simulation.ledger import SimulatedLedger
from tests.fakes.admissions import SmallBook, config
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.fakes.simulations import call

RICH = config(budget("search-daily", 10**15))


def compared(*calls, of=RICH, posted=None, progress=lambda _: None):
    return compare(calls, of, of, price_book=SmallBook(), posted=posted or {}, progress=progress)


def test_an_id_that_comes_again_long_after_its_call_ended_is_answered_before():
    found = compared(call("r1"), call("r2", at=50), call("r1", at=99), call("r1", at=500))

    outcomes = {outcome: n for (outcome, _), n in found.tally.before.items()}
    assert outcomes == {Outcome.AS_ASKED: 2, Outcome.REPEATED: 2}
    assert found.cost_before == found.cost_after == 2 * 700


def test_windows_start_with_what_they_had_posted_on_both_sides():
    nothing_left = {"search-daily@2026-11-21": 10**15}

    found = compared(call("r1"), posted=nothing_left)

    outcomes = [
        {outcome for outcome, _ in side} for side in (found.tally.before, found.tally.after)
    ]
    assert outcomes == [{Outcome.REJECTED}, {Outcome.REJECTED}]


def test_how_far_it_is_is_told():
    said = []

    compared(*(call(f"r{n}", at=n) for n in range(1_000)), progress=said.append)

    assert said == ["500 of 1,000 calls decided", "1,000 of 1,000 calls decided"]


@pytest.mark.parametrize(("come_again", "known"), [(None, True), ({"r1"}, True), ({"r2"}, False)])
def test_a_ledger_remembers_the_ids_that_it_is_told_to(come_again, known):
    daily, ledger = budget(), SimulatedLedger(come_again=come_again)
    ledger.define(daily, "2026-11-21")
    held = reservation("r1", hold(100))
    ledger.reserve(held)
    ledger.resolve(held, resolution(40))

    again = ledger.reserve(reservation("r1", hold(100), attempt="other"))

    assert (type(again).__name__ == "SameId") is known
