"""Mistakes on the way to a reservation, and in the answer."""

from collections.abc import Mapping
from typing import Any

import pytest

from cost_sentry.adapters import dynamodb_ledger
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import ConditionFailed, Written
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_known import KnownIds
from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_patience import Patience
from cost_sentry.adapters.ledger_writes import reserve_arguments
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.errors import LedgerThrottled
from cost_sentry.domain.reservation import Reservation, charged_in_full
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, reworded, without

bugs = Bugs()
DUPLICATES = {"duplicate": 0.5, "lost_invocation": 0.3, "lost_response": 0.4}


def _reserves(patch: pytest.MonkeyPatch, changed: Any) -> None:
    """Another write in the place of reserve's."""
    patch.setattr(
        dynamodb_ledger, "reserve_arguments", lambda held: changed(reserve_arguments(held))
    )


def _uncompared(arguments: Mapping[str, Any], first: int = 0) -> dict[str, Any]:
    """With ``free ≥ amount`` left out from the n-th budget on."""
    amounts = [name for name in arguments["ExpressionAttributeNames"] if name.startswith("#b")]
    return reworded(
        arguments,
        *((f"#free.{b} >= :a{b[2:]}", f"attribute_exists(#free.{b})") for b in amounts[first:]),
    )


@bugs.caught_by(broken.NEVER_OVERSPENT, workloads.last_cent, CALM)
def free_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not ask for `free ≥ amount`."""
    _reserves(patch, _uncompared)


@bugs.caught_by(broken.NEVER_OVERSPENT, workloads.many_budgets)
def only_the_first_budget_is_compared(patch: pytest.MonkeyPatch) -> None:
    """Reserve asks for `free ≥ amount` of the first budget only."""
    _reserves(patch, lambda arguments: _uncompared(arguments, first=1))


@bugs.caught_by(broken.NEVER_OVERSPENT, workloads.last_cent, CALM)
def adds_then_compares(patch: pytest.MonkeyPatch) -> None:
    """The money is taken first and compared afterwards; too much is given back."""
    write = DynamoDbLedger._write

    def _write(self: DynamoDbLedger, arguments: Mapping[str, Any], patience: Patience) -> Any:
        if ":full" not in arguments["ExpressionAttributeValues"]:
            return write(self, arguments, patience)
        outcome = write(self, _uncompared(arguments), patience)
        if not isinstance(outcome, Written):
            return outcome
        shard = ShardState.of(outcome.attributes)
        if min(shard.free.values()) >= 0:
            return outcome
        held = shard.pending_reservations[arguments["ExpressionAttributeNames"]["#id"]]
        self.resolve(held, charged_in_full(held, held.reserved_at))
        return ConditionFailed(item=self._calls.get(arguments["Key"]))

    patch.setattr(DynamoDbLedger, "_write", _write)


@bugs.caught_by(broken.CONSERVED, workloads.many_budgets, CALM)
def the_last_budget_gives_nothing(patch: pytest.MonkeyPatch) -> None:
    """Reserve compares every budget and takes from all but the last."""

    def changed(arguments: Mapping[str, Any]) -> dict[str, Any]:
        last = sum(name.startswith("#b") for name in arguments["ExpressionAttributeNames"]) - 1
        return reworded(arguments, (f", #free.#b{last} = #free.#b{last} - :a{last}", ""))

    _reserves(patch, changed)


@bugs.caught_by(broken.HELD_ONCE, workloads.same_id)
def an_id_may_be_pending_already(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not ask that the id is not pending."""
    _reserves(patch, lambda arguments: without(arguments, "not_exists(#pending.#id)"))


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards)
def ended_calls_are_not_remembered(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not look at the stamps of calls that ended."""
    _reserves(patch, lambda arguments: without(arguments, "contains(#ended"))


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards, CALM)
def inherited_stamps_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not look at the stamps that a shard inherited."""
    _reserves(patch, lambda arguments: without(arguments, "contains(#inherited"))


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards)
def a_split_shard_takes_calls(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not ask whether the shard has split."""
    _reserves(patch, lambda arguments: without(arguments, "(#state)"))


@bugs.caught_by(broken.BOUNDED, planted.full_shards, CALM)
def a_shard_is_never_full(patch: pytest.MonkeyPatch) -> None:
    """Reserve does not ask how many calls the shard holds."""
    _reserves(patch, lambda arguments: without(arguments, "size(#pending)"))


@bugs.caught_by(broken.NEVER_FREE, workloads.spend, DUPLICATES)
def adopted_without_renaming(patch: pytest.MonkeyPatch) -> None:
    """Of two invocations of one execution the earlier can still take the reservation back."""

    def adopted(self: KnownIds, held: Reservation, _attempt: str) -> Reserved:
        return Reserved(reservation=held, remaining=self._left(held))

    patch.setattr(KnownIds, "adopted", adopted)


@bugs.caught_by(broken.HELD_ONCE, planted.old_ids, {"skewed": 1.0})
def new_by_the_machines_clock(patch: pytest.MonkeyPatch) -> None:
    """Whether an id is too new to be looked up is told by the machine's own clock."""
    patch.setattr(Memory, "_ledger_time", lambda _self, local: local)


@bugs.caught_by(broken.HELD_BEFORE_ALLOWED, workloads.hot_budget, {"refused": 0.5})
def a_throttle_is_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    """A write that was refused for its rate counts as done."""

    def _write(self: DynamoDbLedger, arguments: Mapping[str, Any], _patience: Patience) -> Any:
        try:
            return self._calls.update(arguments)
        except LedgerThrottled:
            return Written(attributes=arguments["Key"])

    patch.setattr(DynamoDbLedger, "_write", _write)
