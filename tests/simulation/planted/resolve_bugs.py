"""Mistakes in how a reservation ends: settled, voided, expired, adjusted."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cost_sentry.adapters import dynamodb_ledger, ledger_upkeep
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import number
from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_writes import adjust_arguments, resolve_arguments
from cost_sentry.application import expire_reservations
from cost_sentry.application.ports import Resolved
from cost_sentry.application.serve_request import Serving
from cost_sentry.domain.reservation import Resolution, charged_in_full
from cost_sentry.domain.window import WindowKind, window_at
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, reworded, with_condition
from tests.simulation.world import deployment_facts, functions

bugs = Bugs()
RERUNS = {"duplicate": 0.5, "lost_invocation": 0.3, "killed": 0.03}


def _resolves(patch: pytest.MonkeyPatch, changed: Any) -> None:
    """Another write in the place of resolve's."""
    patch.setattr(
        dynamodb_ledger,
        "resolve_arguments",
        lambda held, resolution: changed(resolve_arguments(held, resolution), held, resolution),
    )


@bugs.caught_by(broken.RESOLVED_ONCE, workloads.spend, RERUNS)
def settled_without_the_record(patch: pytest.MonkeyPatch) -> None:
    """Resolve does not ask that this very record is pending."""
    _resolves(patch, lambda arguments, *_: with_condition(arguments, ["attribute_exists(pk)"]))


@bugs.caught_by(broken.CONSERVED, workloads.spend, CALM)
def refunded_twice(patch: pytest.MonkeyPatch) -> None:
    """What a call did not cost is given back twice."""
    back = Resolution.back
    patch.setattr(Resolution, "back", lambda self, hold: 2 * back(self, hold))


@bugs.caught_by(broken.CONSERVED, workloads.spend, CALM)
def nothing_is_given_back(patch: pytest.MonkeyPatch) -> None:
    """The whole hold is kept and the real cost is noted."""
    patch.setattr(Resolution, "back", lambda _self, _hold: 0)


@bugs.caught_by(broken.CONSERVED, workloads.rollover)
def the_window_at_settlement(patch: pytest.MonkeyPatch) -> None:
    """Money goes back to the window in which the call ended."""

    def changed(arguments: Mapping[str, Any], held: Any, resolution: Resolution) -> Any:
        names = dict(arguments["ExpressionAttributeNames"])
        values = {**arguments["ExpressionAttributeValues"], ":zero": number(0)}
        changes = []
        for i, hold in enumerate(held.holds):
            if f"#b{i}" in names:
                window = _window_like(hold.window_id, resolution.resolved_at)
                names[f"#b{i}"] = f"{hold.budget_id}@{window}"
                changes.append((f"#free.#b{i} +", f"if_not_exists(#free.#b{i}, :zero) +"))
        given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        return reworded({**arguments, **given}, *changes)

    _resolves(patch, changed)


def _window_like(window_id: str, now: datetime) -> str:
    """The window of now, of the same kind."""
    ids = [window_at(kind, now).id for kind in WindowKind]
    return next(i for i in ids if len(i) == len(window_id))


@bugs.caught_by(broken.CHARGED_AS_BILLED, workloads.overrun, CALM)
def an_overrun_is_capped(patch: pytest.MonkeyPatch) -> None:
    """No more is charged than was held."""
    resolve = DynamoDbLedger.resolve

    def capped(self: DynamoDbLedger, held: Any, resolution: Resolution) -> Any:
        cost = min(resolution.cost_picodollars, held.quote_picodollars)
        return resolve(self, held, replace(resolution, cost_picodollars=cost))

    patch.setattr(DynamoDbLedger, "resolve", capped)


@bugs.caught_by(broken.CONSERVED, workloads.overrun, CALM)
def an_overrun_leaves_no_debt(patch: pytest.MonkeyPatch) -> None:
    """What a call cost above its hold is charged to nobody's free money."""
    back = Resolution.back
    patch.setattr(Resolution, "back", lambda self, hold: max(0, back(self, hold)))


@bugs.caught_by(broken.NEVER_FREE, workloads.spend, {"no_usage": 0.5})
def unknown_usage_is_free(patch: pytest.MonkeyPatch) -> None:
    """An answer whose usage cannot be read is charged nothing."""
    settle = functions.settle_reservation

    def free(held: Any, price: Any, usage: Any, **ports: Any) -> Any:
        known = held if usage else replace(held, quote_picodollars=0)
        return settle(known, price, usage, **{**ports, "ledger": _As(ports["ledger"], held)})

    patch.setattr(functions, "settle_reservation", free)


class _As:
    """A ledger that resolves the reservation as it is held, whatever it is given."""

    def __init__(self, ledger: Any, held: Any) -> None:
        self._ledger = ledger
        self._held = held

    def resolve(self, _given: Any, resolution: Resolution) -> Any:
        return self._ledger.resolve(self._held, resolution)


@bugs.caught_by(broken.CHARGED_AS_BILLED, workloads.spend)
def charged_at_the_asked_models_price(patch: pytest.MonkeyPatch) -> None:
    """A rerouted call is settled at the price of the model that was asked for."""
    allowed = Serving._allowed

    def dear(self: Serving, *given: Any) -> Any:
        decision = allowed(self, *given)
        return replace(decision, price=self.parts.price_book.price(decision.model_asked))

    patch.setattr(Serving, "_allowed", dear)


@bugs.caught_by(broken.NEVER_FREE, workloads.unknown_outcome)
def voided_on_a_time_out(patch: pytest.MonkeyPatch) -> None:
    """A call that timed out counts as one that did not run."""
    patched = copy.deepcopy(deployment_facts.state_machine())
    patched["States"]["Invoke model"]["Catch"][0]["ErrorEquals"].append("States.Timeout")
    patch.setattr(deployment_facts, "state_machine", lambda: patched)


@bugs.caught_by(broken.CALLED_ONCE, workloads.unknown_outcome)
def the_model_call_is_retried(patch: pytest.MonkeyPatch) -> None:
    """The workflow asks the model again after an error, on the same reservation."""
    patched = copy.deepcopy(deployment_facts.state_machine())
    patched["States"]["Invoke model"]["Retry"] = [
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}
    ]
    patch.setattr(deployment_facts, "state_machine", lambda: patched)


@bugs.caught_by(broken.EXPIRED_LATE_ENOUGH, workloads.unknown_outcome)
def expired_before_its_hold_ends(patch: pytest.MonkeyPatch) -> None:
    """Reservations expire a quarter of an hour too early."""
    expired = DynamoDbLedger.expired
    early = timedelta(minutes=15)
    patch.setattr(
        DynamoDbLedger, "expired", lambda self, now, most: expired(self, now + early, most)
    )


@bugs.caught_by(broken.NEVER_FREE, workloads.unknown_outcome)
def expiry_posts_nothing(patch: pytest.MonkeyPatch) -> None:
    """A reservation that nobody resolved is charged nothing."""
    patch.setattr(
        expire_reservations,
        "charged_in_full",
        lambda held, at: replace(charged_in_full(held, at), cost_picodollars=0, total_tokens=0),
    )


@bugs.caught_by(broken.RESOLVED_IN_TIME, planted.full_shards, {"dead_execution": 0.1})
def only_first_shards_expire(patch: pytest.MonkeyPatch) -> None:
    """The sweep looks at each account's first shard only."""
    walk = ledger_upkeep.shards_of_all
    patch.setattr(
        ledger_upkeep,
        "shards_of_all",
        lambda calls, turn=0: (shard for shard in walk(calls, turn) if not shard.shard),
    )


@bugs.caught_by(broken.ADJUSTED, planted.short_holds, RERUNS)
def the_true_cost_comes_too_late(patch: pytest.MonkeyPatch) -> None:
    """An expired reservation keeps its charge although its true cost is known."""
    patch.setattr(dynamodb_ledger, "charged_when_expired", lambda _shard, _mine: None)


@bugs.caught_by(broken.RESOLVED_ONCE, planted.short_holds, RERUNS)
def adjusted_twice(patch: pytest.MonkeyPatch) -> None:
    """The true cost of an expired call is posted as often as it is told."""
    patch.setattr(
        dynamodb_ledger,
        "adjust_arguments",
        lambda *given: reworded(adjust_arguments(*given), (" REMOVE #expired.#id", "")),
    )


@bugs.caught_by(broken.SAME_RESOLUTION, planted.short_holds, {**RERUNS, "no_usage": 0.5})
def the_second_resolution_is_believed(patch: pytest.MonkeyPatch) -> None:
    """Whoever resolves again is told that it went as he says."""
    patch.setattr(
        Memory, "resolved_before", lambda _self, mine, _shard: Resolved(resolved=mine, first=True)
    )
