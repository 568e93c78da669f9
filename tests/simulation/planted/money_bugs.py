"""Mistakes in how money moves between windows, pools and shards, and in how limits change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cost_sentry.adapters import (
    dynamodb_books,
    ledger_allotments,
    ledger_pools,
    ledger_proofs,
    ledger_refills,
    ledger_retirement,
    ledger_windows,
)
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import number
from cost_sentry.adapters.ledger_lowering import Lowering
from cost_sentry.adapters.ledger_proofs import Proofs
from cost_sentry.adapters.ledger_refills import Refills
from cost_sentry.adapters.ledger_wants import Grant, Want
from cost_sentry.application.ports import Shortage
from cost_sentry.domain.allotment import Placement, Spread, gathered
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, pools_keep_what_they_give, reworded, without

bugs = Bugs()
SLOW = {"slow": 0.3}


def _updates(patch: pytest.MonkeyPatch, module: Any, maker: str, changed: Any) -> None:
    """Another update in the place of the one that this function of the module makes."""
    real = getattr(module, maker)
    patch.setattr(
        module, maker, lambda *given, **named: {"Update": changed(real(*given, **named)["Update"])}
    )


def _transacts(patch: pytest.MonkeyPatch, changed: Any) -> None:
    """Other actions in the place of those of every transaction of the ledger."""
    transact = LedgerCalls.transact
    patch.setattr(LedgerCalls, "transact", lambda self, actions: transact(self, changed(actions)))


@bugs.caught_by(broken.CONSERVED, workloads.spend, CALM)
def refilled_from_nowhere(patch: pytest.MonkeyPatch) -> None:
    """A refill gives to the shard without taking from the window."""
    take = ledger_refills.take_from_window
    patch.setattr(
        ledger_refills,
        "take_from_window",
        lambda purse, _amount, limit, to: take(purse, 0, limit, to),
    )


@bugs.caught_by(broken.CONSERVED, workloads.spend, CALM)
def refilled_twice(patch: pytest.MonkeyPatch) -> None:
    """A refill reaches the shard twice."""
    move = ledger_refills.move_in_shard

    def twice(place: str, moves: Mapping[str, int], *given: Any, **named: Any) -> Any:
        return move(place, {purse: 2 * m for purse, m in moves.items()}, *given, **named)

    patch.setattr(ledger_refills, "move_in_shard", twice)


@bugs.caught_by(broken.NEVER_OVERSPENT, workloads.hot_budget)
def the_windows_money_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """A refill takes what the window had when it was read."""
    _updates(
        patch,
        ledger_refills,
        "take_from_window",
        lambda update: without(update, "unallotted >= :amount"),
    )


@bugs.caught_by(broken.CONSERVED, workloads.hot_budget)
def read_then_written(patch: pytest.MonkeyPatch) -> None:
    """A refill writes what is left of what it read."""
    from_window = Refills._from_window

    def _from_window(self: Refills, want: Want, window: Any) -> Grant | None:
        grant = from_window(self, want, window)
        if grant is None:
            return None
        update = dict(grant.takes[0]["Update"])
        left = number(window.unallotted - grant.amount)
        values = {**update["ExpressionAttributeValues"], ":left": left}
        update["ExpressionAttributeValues"] = values
        changes = ("unallotted - :amount", ":left"), ("unallotted >= :amount AND ", "")
        return replace(grant, takes=({"Update": reworded(update, *changes)},))

    patch.setattr(Refills, "_from_window", _from_window)


@bugs.caught_by(broken.NEVER_OVERSPENT, planted.scarce, SLOW)
def recalled_without_comparing(patch: pytest.MonkeyPatch) -> None:
    """A recall takes what a shard had when it was read."""
    move = ledger_allotments.move_in_shard
    patch.setattr(
        ledger_allotments,
        "move_in_shard",
        lambda place, moves, now, was: move(place, moves, now),
    )


@bugs.caught_by(broken.NEVER_FALSELY_REFUSED, workloads.spend, CALM)
def no_recall(patch: pytest.MonkeyPatch) -> None:
    """A call is refused when the window has too little, whatever idles in other shards."""
    take = Proofs._take

    def _take(self: Proofs, want: Want, spread: Spread) -> Any:
        poor = replace(spread, places={}, impounded=0)
        if spread.unallotted < want.needed:
            return ledger_proofs._shortage(want, poor, want.now) or take(self, want, spread)
        return take(self, want, spread)

    patch.setattr(Proofs, "_take", _take)


@bugs.caught_by(broken.NEVER_FALSELY_REFUSED, workloads.spend)
def refused_from_memory(patch: pytest.MonkeyPatch) -> None:
    """A window that was short is taken for short for a minute."""
    proven, known = Refills._proven, "_was_short"

    def _proven(self: Refills, want: Want, attempt: int) -> Any:
        kept = self.__dict__.setdefault(known, {})
        then = kept.get(want.purse)
        if then is not None and want.now - then.remaining.as_of < timedelta(minutes=1):
            return Shortage(hold=want.hold, remaining=then.remaining)
        done = proven(self, want, attempt)
        if isinstance(done, Shortage):
            kept[want.purse] = done
        return done

    patch.setattr(Refills, "_proven", _proven)


@bugs.caught_by(broken.NEVER_FALSELY_REFUSED, planted.scarce, {"slow": 0.5})
def places_are_read_one_by_one(patch: pytest.MonkeyPatch) -> None:
    """The proof that money is short looks at each place at an instant of its own."""

    def snapshot(self: LedgerCalls, keys: Sequence[Any]) -> Any:
        return [self.get(key) for key in keys]

    patch.setattr(LedgerCalls, "snapshot", snapshot)


@bugs.caught_by(broken.ENTRY_PER_WRITE, workloads.hot_budget, CALM)
def a_recall_leaves_no_entry(patch: pytest.MonkeyPatch) -> None:
    """Money is taken back from a shard, and its entry says nothing of it."""
    _updates(
        patch,
        ledger_allotments,
        "move_in_shard",
        lambda update: reworded(update, ("#entry = :entry, ", ""), (" ADD #sequence :one", "")),
    )


@bugs.caught_by(broken.CONSERVED, workloads.reconfiguration)
def a_lowered_limit_forgets_debts(patch: pytest.MonkeyPatch) -> None:
    """A limit below what is spent leaves nothing, and no debt."""

    def forgiving(spread: Spread, limit: int) -> Placement:
        placement = gathered(spread, limit)
        nothing = dict.fromkeys(placement.free, 0)
        return replace(
            placement, unallotted=max(0, placement.unallotted), impounded=0, free=nothing
        )

    patch.setattr(dynamodb_books, "gathered", forgiving)


@bugs.caught_by(broken.LIMIT_APPLIED, workloads.reconfiguration, CALM)
def a_limit_waits_for_the_next_window(patch: pytest.MonkeyPatch) -> None:
    """A changed limit is written down, and the running window keeps the old one."""
    patch.setattr(DynamoDbBooks, "_limit_window", lambda _self, _budget, _purse: None)


@bugs.caught_by(broken.NEVER_OVERSPENT, workloads.reconfiguration)
def a_lowered_limit_leaves_allotments(patch: pytest.MonkeyPatch) -> None:
    """A limit is lowered by what is unallotted, and what shards hold stays theirs."""

    def changed(actions: Sequence[Any]) -> list[Any]:
        return [
            {"Update": without(action["Update"], "unallotted >= :needed")}
            if ":needed" in str(action.get("Update"))
            else action
            for action in actions
        ]

    _transacts(patch, changed)


@bugs.caught_by(broken.LIMIT_IN_FORCE, planted.limit_race)
def a_window_opens_with_an_old_limit(patch: pytest.MonkeyPatch) -> None:
    """A window is opened with a limit that was read, whatever is defined by then."""
    _transacts(patch, lambda actions: [a for a in actions if "ConditionCheck" not in a])


@bugs.caught_by(broken.CONSERVED, planted.long_rollover, CALM)
def an_ended_window_loses_its_rest(patch: pytest.MonkeyPatch) -> None:
    """What an ended window left in a shard goes nowhere."""
    give = ledger_retirement.give_to_window
    patch.setattr(
        ledger_retirement,
        "give_to_window",
        lambda purse, _amount, leaves: give(purse, 0, leaves=leaves),
    )


@bugs.caught_by(broken.NEVER_OVERSPENT, planted.enforced, CALM)
def a_lowered_limit_leaves_what_is_behind_pools(patch: pytest.MonkeyPatch) -> None:
    """A limit is lowered, and shards behind pools keep what they might under the old one."""
    patch.setattr(Lowering, "prepare", lambda _self, _purse, _limit: None)


@bugs.caught_by(broken.CONSERVED, planted.crowd, CALM)
def pools_never_run_dry(patch: pytest.MonkeyPatch) -> None:
    """A refill from a pool leaves the pool as it was."""
    pools_keep_what_they_give(patch, ledger_pools)


@bugs.caught_by(broken.LITTLE_IS_STRANDED, planted.crowd, CALM)
def shards_behind_pools_hoard(patch: pytest.MonkeyPatch) -> None:
    """A shard behind a pool keeps whatever it was once given."""
    for module in (ledger_pools, ledger_windows):
        patch.setattr(module, "shard_free_max", lambda limit, _shards: limit)


@bugs.caught_by(broken.LITTLE_IS_STRANDED, planted.small_crowd, CALM)
def idle_shards_hear_of_nobody(patch: pytest.MonkeyPatch) -> None:
    """An idle shard behind a pool keeps what it might when there were fewer."""
    patch.setattr(ledger_pools.Pools, "share_now", lambda _self, _purse: 10**30)
