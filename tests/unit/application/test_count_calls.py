"""Entries that are new to the journal are counted once; a fault of that loses nothing else."""

from datetime import timedelta

import pytest

from cost_sentry.application.count_calls import CountedJournal
from cost_sentry.application.watch_models import ModelWatch
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.retry import PRICE, RetryRules
from tests.fakes.admissions import FixedConfig, config
from tests.fakes.builders import NOON, ManualClock, resolution
from tests.fakes.entries import Account
from tests.fakes.memory_circuits import MemoryCircuits, MemoryRetries
from tests.fakes.memory_journal import MemoryJournal

MODEL = "amazon.nova-lite-v1:0"


class Counted:
    def __init__(self, **rules) -> None:
        self.store, self.bank, self.account = MemoryCircuits(), MemoryRetries(), Account()
        source, clock = FixedConfig(config(**rules)), ManualClock(NOON + timedelta(seconds=5))
        self.source = source
        self.journal = CountedJournal(
            journal=MemoryJournal(),
            watch=ModelWatch(store=self.store, config_source=source, clock=clock),
            bank=self.bank,
            config_source=source,
        )

    def voided(self, request_id: str, reason: str):
        ended = resolution(0, ReservationState.VOIDED, reason=reason)
        held = self.account.reserve(request_id)
        return [held, self.account.resolve(held, ended)]

    @property
    def counted(self) -> tuple[int, int]:
        return sum(self.store.calls.values()), sum(self.store.failures.values())


BOTH = {"circuit_breaker": CircuitRules(failures=2), "retries": RetryRules(percent=10)}


def test_settled_calls_are_well_and_refused_ones_are_not():
    counted = Counted(**BOTH)
    settled = counted.account.call("r1", 40)
    throttled = counted.voided("r2", "BedrockRuntime.ThrottlingException")
    malformed = counted.voided("r3", "ValidationException")

    counted.journal.write([*settled, *throttled, *malformed])

    assert counted.counted == (2, 1)


def test_refused_calls_open_the_circuit_of_the_model_that_was_called():
    counted = Counted(**BOTH)

    counted.journal.write([*counted.voided("r1", "ModelNotReadyException"),
                           *counted.voided("r2", "ThrottlingException")])  # fmt: skip

    assert set(counted.store.circuits) == {MODEL}


def test_an_entry_that_comes_again_is_not_counted_again():
    counted = Counted(**BOTH)
    entries = counted.account.call("r1", 40)

    counted.journal.write(entries)
    counted.journal.write(entries)

    assert counted.counted == (1, 0)
    assert counted.bank.parts == 10


def test_ten_calls_earn_one_retry_and_retries_earn_none():
    counted = Counted(**BOTH)
    for n in range(10):
        counted.journal.write(counted.account.call(f"r{n}", 40))
    counted.journal.write(counted.account.call("r1~2", 40))

    assert counted.bank.parts == PRICE


def test_calls_that_never_were_earn_nothing():
    counted = Counted(**BOTH)

    counted.journal.write(counted.voided("r1", "the ledger's answer was lost"))

    assert (counted.bank.parts, counted.counted) == (0, (0, 0))


def test_without_either_nothing_is_counted():
    counted = Counted()

    counted.journal.write(counted.account.call("r1", 40))

    assert (counted.store.asked, counted.bank.parts) == (0, 0)


@pytest.mark.parametrize("part", ["store", "bank", "config"])
def test_a_fault_of_counting_does_not_keep_an_entry_out_of_the_journal(part):
    counted = Counted(**BOTH)
    counted.store.is_silent, counted.bank.is_silent = part == "store", part == "bank"
    if part == "config":

        def broken():
            raise ConfigurationError("unreadable")

        counted.source.current = broken
    entries = counted.account.call("r1", 40)

    assert list(counted.journal.write(entries)) == entries
    assert len(counted.journal.entries("r1")) == 2


def test_it_is_the_journal_in_all_else():
    counted = Counted(**BOTH)
    counted.journal.write(counted.account.call("r1", 40))
    before = counted.journal.progress("search/web")

    counted.journal.advance("search/web", before, before)

    totals = counted.journal.totals("search-daily", "2026-11-21")
    assert totals is not None
    assert totals.posted == 40
    assert counted.journal.spend("search-daily", "2026-11-21").lines
