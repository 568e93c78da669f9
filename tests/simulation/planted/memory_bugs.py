"""Mistakes in what shards remember: at splits, at merges, and when they forget."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cost_sentry.adapters import dynamodb_ledger, ledger_forgetting, ledger_merging, ledger_shards
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, ShardState
from cost_sentry.adapters.ledger_writes import resolve_arguments
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, reworded

bugs = Bugs()


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards, CALM)
def halves_are_born_without_memory(patch: pytest.MonkeyPatch) -> None:
    """A split passes on nothing of what the shard remembers."""
    patch.setattr(ledger_shards, "_inheritance", lambda _parent: frozenset())


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards)
def halves_inherit_only_what_has_ended(patch: pytest.MonkeyPatch) -> None:
    """A split passes on the calls that ended, not those that still run."""
    patch.setattr(ledger_shards, "_inheritance", lambda parent: parent.ended | parent.faded)


@bugs.caught_by(broken.HELD_ONCE, planted.second_burst, {"killed": 0.1})
def merged_while_calls_run(patch: pytest.MonkeyPatch) -> None:
    """Two halves are closed as soon as the shard above them is at rest, whatever they hold."""

    def _merge(calls: LedgerCalls, shard: ShardState, by_bits: Any, _now: datetime) -> int:
        halves = [by_bits[shard.shard + bit] for bit in "01"]
        changes = [change(half, "SET #state = :to", None, CLOSED) for half in halves]
        opening = change(shard, "REMOVE #state", SPLIT, None)
        return isinstance(calls.transact([*changes, opening]), Written)

    change = ledger_merging._state_change
    patch.setattr(ledger_merging, "_merge", _merge)


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards)
def the_end_leaves_no_stamp(patch: pytest.MonkeyPatch) -> None:
    """Resolve removes a reservation and remembers nothing of it."""
    patch.setattr(
        dynamodb_ledger,
        "resolve_arguments",
        lambda *given: reworded(resolve_arguments(*given), (", #ended :stamp", "")),
    )


@bugs.caught_by(broken.HELD_ONCE, planted.steady, {"lost_request": 0.3})
def forgotten_before_the_journal_has_it(patch: pytest.MonkeyPatch) -> None:
    """Stamps are dropped as soon as the projection comes by."""
    patch.setattr(ledger_forgetting, "is_journaled", lambda _calls, _place, _sequence: True)
    patch.setattr(ledger_forgetting, "STAMPS_MIN", 1)
    patch.setattr(ledger_forgetting, "STAMP_KEPT", timedelta(seconds=-1))
