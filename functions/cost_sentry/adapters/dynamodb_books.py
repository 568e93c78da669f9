"""The ledger's read models and its operator's verbs, on DynamoDB."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import (
    WINDOW_PREFIX,
    definition_key,
    number,
    window_key,
)
from cost_sentry.adapters.ledger_lowering import Lowering, another_limit
from cost_sentry.adapters.ledger_walk import shards_of, shards_of_all
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.application.ports import BudgetBalance, Clock
from cost_sentry.domain.allotment import Part, Spread, gathered
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from cost_sentry.domain.reservation import Reservation

ATTEMPTS_MAX = 60
"""Looks at one budget window before giving up with ``LedgerContention``."""


class DynamoDbBooks:
    """``application.ports.LedgerBooks``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
        clock: stamps the entries of moved money.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None], clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._allotments = Allotments(calls)
        self._lowering = Lowering(calls, self._allotments, pause, clock)
        self._pause = pause

    def balance(self, budget: Budget, window_id: str) -> BudgetBalance:
        """See the port."""
        spread = self._settled_spread(budget, window_id)
        return BudgetBalance(
            budget_id=budget.id,
            window_id=window_id,
            unit=budget.unit,
            limit=spread.limit,
            unallotted=spread.unallotted + spread.impounded,
            free=sum(part.free for part in spread.places.values()),
            pending=spread.pending,
            # Every write moves money between these places; what has left them all is spent (P3).
            posted=spread.limit - spread.left - spread.pending,
        )

    def _settled_spread(self, budget: Budget, window_id: str) -> Spread:
        """The spread, without creating a window that nobody spent from."""
        purse = f"{budget.id}@{window_id}"
        for attempt in range(ATTEMPTS_MAX):
            if self._calls.get(window_key(purse)) is None:
                limit = self._defined_limit(budget.id)
                limit = budget.limit if limit is None else limit
                return Spread(limit=limit, unallotted=limit, impounded=0, places={})
            spread = self._allotments.spread(purse)
            if spread is not None:
                return self._with_hidden(purse, spread) if spread.crowded else spread
            self._pause(attempt)
        raise LedgerContention(f"budget {budget.id!r} has too many writers at once")

    def _with_hidden(self, purse: str, spread: Spread) -> Spread:
        """With the shards behind the pools, each read at an instant of its own."""
        hidden = {
            shard.place: Part(free=shard.free[purse], pending=shard.pending_amount(purse))
            for shard in shards_of_all(self._calls)
            if purse in shard.free and shard.place not in spread.places
        }
        return replace(spread, places={**spread.places, **hidden})

    def _defined_limit(self, budget_id: str) -> int | None:
        item = self._calls.get(definition_key(budget_id))
        return None if item is None else int(item["limit"]["N"])

    def limits(self) -> Mapping[str, int]:
        """See the port."""
        return {i["sk"]["S"]: int(i["limit"]["N"]) for i in self._calls.query("BUDGETS")}

    def refuse_other_kinds(self, budgets: Iterable[Budget]) -> None:
        """See the port. One query."""
        defined = {item["sk"]["S"]: item for item in self._calls.query("BUDGETS")}
        for budget in budgets:
            if budget.id in defined:
                _refuse_other_kind(budget, defined[budget.id])

    def define(self, budget: Budget, window_id: str) -> int | None:
        """See the port."""
        before = self._define(budget)
        if before is not None:
            for each in self._windows_to_limit(budget, window_id):
                self._limit_window(budget, each)
        return before

    def _windows_to_limit(self, budget: Budget, window_id: str) -> Sequence[str]:
        """This one and later ones: a machine whose clock is ahead may have opened the next.

        Ids of one kind of window sort as their windows do. Of agent runs there may be thousands, so
        what has the limit already is not asked about again; pools may have to be told all the same.
        """
        first = window_key(f"{budget.id}@{window_id}")
        items = self._calls.query(first["pk"]["S"], start_sk=first["sk"]["S"])
        seen = ((item, WindowState.of(item)) for item in items)
        return [
            f"{budget.id}@{item['sk']['S'].removeprefix(WINDOW_PREFIX)}"
            for item, window in seen
            if window.limit != budget.limit or window.pools
        ]

    def _define(self, budget: Budget) -> int | None:
        for _ in range(ATTEMPTS_MAX):
            item = self._calls.get(definition_key(budget.id))
            if item is not None:
                _refuse_other_kind(budget, item)
                if int(item["limit"]["N"]) == budget.limit:
                    return budget.limit
            if isinstance(self._calls.update(_definition(budget, item)), Written):
                return None if item is None else int(item["limit"]["N"])
        raise LedgerContention(f"budget {budget.id!r} is being changed by somebody else")

    def _limit_window(self, budget: Budget, purse: str) -> None:
        """Move the window to the new limit, without losing what is spent.

        Before a crowded one is lowered, shards behind its pools give up what they may not keep.
        """
        is_prepared = False
        for attempt in range(ATTEMPTS_MAX):
            if self._calls.get(window_key(purse)) is None:
                return
            spread = self._allotments.spread(purse)
            if spread is not None:
                if spread.crowded and spread.limit > budget.limit and not is_prepared:
                    self._lowering.prepare(purse, budget.limit)
                    is_prepared = True
                    continue
                if spread.limit == budget.limit or self._move_limit(purse, spread, budget.limit):
                    self._lowering.follow(purse, budget.limit)
                    return
            if is_prepared and self._lowering.move(purse, budget.limit):
                return
            if self._defined_limit(budget.id) != budget.limit:
                raise another_limit(budget.id)
            self._pause(attempt)
        raise LedgerContention(f"budget {budget.id!r} has too many writers at once")

    def _move_limit(self, purse: str, spread: Spread, limit: int) -> bool:
        if self._allotments.shift_limit(purse, spread, limit):
            return True
        return self._allotments.place(purse, spread, gathered(spread, limit), self._clock.now())

    def pending(self, account: str | None = None) -> Sequence[Reservation]:
        """See the port."""
        shards = shards_of(self._calls, account) if account else shards_of_all(self._calls)
        return [held for shard in shards for held in shard.pending_reservations.values()]


def _definition(budget: Budget, item: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write the definition unless somebody else did meanwhile."""
    was = {} if item is None else {":was": item["limit"]}
    return {
        "Key": definition_key(budget.id),
        "UpdateExpression": "SET #limit = :limit, #unit = :unit, #window = :window",
        "ConditionExpression": "#limit = :was" if was else "attribute_not_exists(pk)",
        "ExpressionAttributeNames": {"#limit": "limit", "#unit": "unit", "#window": "window"},
        "ExpressionAttributeValues": {
            ":limit": number(budget.limit),
            ":unit": {"S": budget.unit.value},
            ":window": {"S": budget.window_text},
            **was,
        },
    }


def _refuse_other_kind(budget: Budget, item: Mapping[str, Any]) -> None:
    kept = (item["unit"]["S"], item["window"]["S"])
    wanted = (budget.unit.value, budget.window_text)
    if kept != wanted:
        raise ConfigurationError(
            f"budget {budget.id!r} counts {kept[0]} per {kept[1]} and cannot count"
            f" {wanted[0]} per {wanted[1]}: what is spent would be lost; use a new id"
        )
