"""Mistakes in the write that brings money to a shard and holds a call out of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cost_sentry.adapters import ledger_refills
from cost_sentry.adapters.entry_record import reserve_text
from cost_sentry.adapters.ledger_wants import Grant
from cost_sentry.adapters.ledger_writes import bring_and_hold
from cost_sentry.domain.reservation import Reservation
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, reworded, without

bugs = Bugs()
Grants = Mapping[str, Grant]


def _brings(patch: pytest.MonkeyPatch, changed: Any) -> None:
    """Another write in the place of the one that brings and holds."""
    patch.setattr(
        ledger_refills,
        "bring_and_hold",
        lambda held, grants: {"Update": changed(bring_and_hold(held, grants)["Update"])},
    )


def _uncompared(amounts: str) -> Any:
    """A write that asks whether money is there, and not how much; ``amounts``: ``a`` or ``n``."""
    return lambda update: reworded(
        update,
        *((f"#free.#b{i} >= :{amounts}{i}", f"attribute_exists(#free.#b{i})") for i in range(8)),
    )


@bugs.caught_by(broken.CONSERVED, workloads.spend, CALM)
def brought_twice(patch: pytest.MonkeyPatch) -> None:
    """What is taken from the window once reaches the shard twice."""

    def twice(held: Reservation, grants: Grants) -> Any:
        doubled = {p: replace(grant, amount=2 * grant.amount) for p, grant in grants.items()}
        return bring_and_hold(held, doubled)

    patch.setattr(ledger_refills, "bring_and_hold", twice)


@bugs.caught_by(broken.NEVER_OVERSPENT, planted.next_minute)
def only_what_is_brought_is_compared(patch: pytest.MonkeyPatch) -> None:
    """A call is held out of what is brought; of its other budgets nothing is asked."""
    _brings(patch, _uncompared("a"))


@bugs.caught_by(broken.NEVER_OVERSPENT, planted.next_minute)
def what_the_shard_had_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """What is missing is brought, and the rest is taken for what it was when it was read."""
    _brings(patch, _uncompared("n"))


@bugs.caught_by(broken.HELD_ONCE, workloads.same_id)
def brought_for_an_id_that_is_pending(patch: pytest.MonkeyPatch) -> None:
    """Bringing and holding does not ask that the id is not pending."""
    _brings(patch, lambda update: without(update, "not_exists(#pending.#id)"))


@bugs.caught_by(broken.HELD_ONCE, planted.full_shards)
def brought_to_a_shard_that_has_split(patch: pytest.MonkeyPatch) -> None:
    """Bringing and holding does not ask whether the shard has split."""
    _brings(patch, lambda update: without(update, "(#state)"))


@bugs.caught_by(broken.ENTRY_PER_WRITE, workloads.spend, CALM)
def the_entry_forgets_what_came(patch: pytest.MonkeyPatch) -> None:
    """The entry of a call that money was brought for tells of the call only."""

    def silent(held: Reservation, grants: Grants) -> Any:
        action = bring_and_hold(held, grants)
        action["Update"]["ExpressionAttributeValues"][":entry"] = {"S": reserve_text(held)}
        return action

    patch.setattr(ledger_refills, "bring_and_hold", silent)
