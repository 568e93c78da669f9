"""The ledger's items as an outsider reads them: by the documented layout, with no code of ours.

An auditor that used the ledger's own reading could not see its mistakes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from cost_sentry_local.demo.ledger_records import (
    EndView,
    HeldView,
    ending,
    held_reservation,
    journaled_reservation,
)

Json = dict[str, Any]
RawItem = Mapping[str, Any]
"""DynamoDB's low-level form: ``{"limit": {"N": "5"}}``."""
RESERVED, RESOLVED, ADJUSTED = "RESERVED", "RESOLVED", "ADJUSTED"
"""Kinds of entries that belong to a request."""
MOVED = "MOVED"
"""Money that came to a shard or left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowView:
    """A budget window's own item. Amounts in picodollars, tokens, requests or calls."""

    purse: str
    """``budget@window``."""
    limit: int
    unallotted: int
    impounded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardView:
    """One of the items of an account."""

    place: str
    """``team/application``, or with ``#`` and its bits."""
    free: Mapping[str, int]
    pending: Mapping[str, HeldView]
    """By request id."""
    sequence: int

    def held(self) -> Counter[str]:
        """What pending reservations hold, by window."""
        amounts: Counter[str] = Counter()
        for held in self.pending.values():
            amounts.update(held.amounts)
        return amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One journal entry."""

    place: str
    sequence: int
    kind: str
    held: HeldView | None = None
    end: EndView | None = None
    moves: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """All of the table, or as much of it as was read at one instant."""

    windows: Mapping[str, WindowView]
    shards: Mapping[str, ShardView]
    pools: Mapping[str, int] = field(default_factory=dict)
    """What all pools of a crowded window have together, by window."""
    entries: tuple[EntryView, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    alerts: int = 0

    def left(self, purse: str) -> int:
        """What nobody holds: in the window's item, in its pools, and free in shards."""
        window = self.windows[purse]
        free = sum(shard.free.get(purse, 0) for shard in self.shards.values())
        return window.unallotted + window.impounded + self.pools.get(purse, 0) + free

    def pending(self, purse: str) -> int:
        """Held by calls that nobody resolved."""
        return sum(shard.held()[purse] for shard in self.shards.values())

    def posted(self, purse: str) -> int:
        """Charged for good, as the balances have it: what has left all of them."""
        return self.windows[purse].limit - self.left(purse) - self.pending(purse)

    def endings(self) -> dict[str, list[tuple[HeldView, EndView]]]:
        """How each call ended, by request id; the last of them is what is known now."""
        found: dict[str, list[tuple[HeldView, EndView]]] = {}
        for kind in (RESOLVED, ADJUSTED):
            for entry in self.entries:
                if entry.kind == kind and entry.held is not None and entry.end is not None:
                    found.setdefault(entry.held.request_id, []).append((entry.held, entry.end))
        return found


def ledger_view(items: Iterable[RawItem]) -> LedgerView:
    """Sort raw items by what their keys say they are."""
    windows, shards, entries, totals, alerts = {}, {}, [], {}, 0
    pools: Counter[str] = Counter()
    for raw in items:
        item = _plain(raw)
        kind, _, name = item["pk"].partition("#")
        sk_kind, _, sk_name = item["sk"].partition("#")
        match kind, sk_kind:
            case "BUDGET", "WINDOW":
                windows[f"{name}@{sk_name}"] = _window(f"{name}@{sk_name}", item)
            case "BUDGET", "POOL":
                pools[f"{name}@{sk_name.rpartition('#')[0]}"] += int(item["unallotted"])
            case "BUDGET", "TOTALS":
                totals[f"{name}@{sk_name}"] = int(item["posted"])
            case "BUDGET", "ALERT":
                alerts += 1
            case "ACCOUNT", "SHARD":
                shard = _shard(_place(name, sk_name), item)
                shards[shard.place] = shard
            case "ENTRIES", _:
                entries.append(_other_entry(name, item))
            case "REQUEST", _ if sk_name in (RESERVED, RESOLVED, ADJUSTED):
                entries.append(_request_entry(sk_kind, sk_name, item))
    return LedgerView(
        windows=windows,
        shards=shards,
        pools=pools,
        entries=tuple(entries),
        totals=totals,
        alerts=alerts,
    )


def _place(account: str, bits: str) -> str:
    return f"{account}#{bits}" if bits else account


def _window(purse: str, item: Json) -> WindowView:
    return WindowView(
        purse=purse,
        limit=int(item["limit"]),
        unallotted=int(item["unallotted"]),
        impounded=int(item.get("impounded", 0)),
    )


def _shard(place: str, item: Json) -> ShardView:
    return ShardView(
        place=place,
        free={purse: int(amount) for purse, amount in item["free"].items()},
        pending={
            request_id: held_reservation(json.loads(text), request_id, place)
            for request_id, text in item["pending"].items()
        },
        sequence=int(item["sequence"]),
    )


def _request_entry(account: str, kind: str, item: Json) -> EntryView:
    record = json.loads(item["record"])
    held, end = (record, None) if kind == RESERVED else record
    reservation = journaled_reservation(held)
    return EntryView(
        # The key says whose entry it is, and only the record in which of the account's shards.
        place=_place(account, reservation.place.partition("#")[2]),
        sequence=int(item["sequence"]),
        kind=kind,
        held=reservation,
        end=None if end is None else ending(end),
        moves=dict(json.loads(item.get("moves", "[]"))),
    )


def _other_entry(place: str, item: Json) -> EntryView:
    entry = json.loads(item["record"])
    return EntryView(
        place=place,
        sequence=int(item["sequence"]),
        kind=MOVED,
        moves=dict(entry.get("mv", ())),
    )


def _plain(raw: RawItem) -> Json:
    read = TypeDeserializer()
    return {name: read.deserialize(value) for name, value in raw.items()}
