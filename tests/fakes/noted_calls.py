"""A table that answers from memory, and notes what was to be written instead of writing it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.ledger_calls import Outcome, UpdateOutcome, Written
from cost_sentry.adapters.ledger_items import Item, number, place_key, stamp_set


class NotedCalls:
    """The part of ``LedgerCalls`` that scheduled work needs; every write happens, by its word."""

    def __init__(self, *items: Item, outcome: UpdateOutcome | None = None) -> None:
        self._items = {_name(item): item for item in items}
        self._outcome = outcome or Written(attributes={})
        self.answers_at: datetime | None = None
        self.updates: list[Mapping[str, Any]] = []
        self.transactions: list[Sequence[Mapping[str, Any]]] = []

    def answered_at(self) -> datetime | None:
        return self.answers_at

    def get(self, key: Mapping[str, Any]) -> Item | None:
        return self._items.get(_name(key))

    def query(self, pk: str, *, start_sk: str = "", limit: int = 0) -> list[Item]:
        found = sorted(name for name in self._items if name[0] == pk and name[1] >= start_sk)
        return [self._items[name] for name in found][: limit or None]

    def update(self, arguments: Mapping[str, Any]) -> UpdateOutcome:
        self.updates.append(arguments)
        return self._outcome

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> Outcome:
        self.transactions.append(actions)
        return self._outcome


def _name(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def shard_item(
    place: str = "search/web",
    *,
    free: Mapping[str, int] | None = None,
    sequence: int = 7,
    **more: Any,
) -> dict[str, Any]:
    """A shard's item; stamps as sets of texts, numbers as numbers, everything else as it is."""
    item: dict[str, Any] = {**place_key(place), "sequence": number(sequence)}
    item["free"] = {"M": {purse: number(amount) for purse, amount in (free or {}).items()}}
    for name, value in more.items():
        match value:
            case frozenset():
                item[name] = stamp_set(value)
            case int():
                item[name] = number(value)
            case str():
                item[name] = {"S": value}
            case _:
                item[name] = value
    return item
