"""The ledger's items as an outsider reads them: by the documented layout, with no code of ours.

An auditor that used the ledger's own reading could not see its mistakes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

Json = dict[str, Any]
RawItem = Mapping[str, Any]
"""DynamoDB's low-level form: ``{"limit": {"N": "5"}}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowView:
    """A budget window's own item. Amounts in picodollars, tokens, requests or calls."""

    purse: str
    """``budget@window``."""
    limit: int
    unallotted: int
    impounded: int
    retired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account item."""

    name: str
    free: Mapping[str, int]
    posted: Mapping[str, int]
    pending: Mapping[str, Json]
    """Reservation record by request id."""
    sequence: int

    def held(self, purse: str) -> int:
        """What pending reservations hold of a window."""
        return sum(amount_held(record, purse) for record in self.pending.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One journal entry."""

    account: str
    sequence: int
    reservation: Json | None = None
    resolution: Json | None = None
    moves: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """All of the table, or as much of it as was read at one instant."""

    windows: Mapping[str, WindowView]
    accounts: Mapping[str, AccountView]
    entries: tuple[EntryView, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    alerts: int = 0

    def posted(self, purse: str) -> int:
        """Charged for good."""
        accounts = sum(account.posted.get(purse, 0) for account in self.accounts.values())
        return self.windows[purse].retired + accounts

    def pending(self, purse: str) -> int:
        """Held by calls that nobody resolved."""
        return sum(account.held(purse) for account in self.accounts.values())

    def free(self, purse: str) -> int:
        """Allotted to accounts and not yet held."""
        return sum(account.free.get(purse, 0) for account in self.accounts.values())


def ledger_view(items: Iterable[RawItem]) -> LedgerView:
    """Sort raw items by what their keys say they are."""
    windows, accounts, entries, totals, alerts = {}, {}, [], {}, 0
    for raw in items:
        item = _plain(raw)
        kind, _, name = item["pk"].partition("#")
        sk_kind, _, sk_name = item["sk"].partition("#")
        match kind, sk_kind:
            case "BUDGET", "WINDOW":
                windows[f"{name}@{sk_name}"] = _window(f"{name}@{sk_name}", item)
            case "BUDGET", "TOTALS":
                totals[f"{name}@{sk_name}"] = int(item["posted"])
            case "BUDGET", "ALERT":
                alerts += 1
            case "ACCOUNT", _:
                accounts[name] = _account(name, item)
            case "ENTRIES", _:
                entries.append(_other_entry(name, item))
            case "REQUEST", _ if item["sk"].endswith(("#RESERVED", "#RESOLVED")):
                entries.append(_request_entry(item))
    return LedgerView(
        windows=windows,
        accounts=accounts,
        entries=tuple(entries),
        totals=totals,
        alerts=alerts,
    )


def holds(record: Json) -> dict[str, int]:
    """What a reservation record holds, by window."""
    return {f"{budget}@{window}": amount for budget, window, _unit, amount in record["hold"]}


def unit_held(record: Json) -> dict[str, str]:
    """The unit of each window that a reservation record holds."""
    return {f"{budget}@{window}": unit for budget, window, unit, _amount in record["hold"]}


def amount_held(record: Json, purse: str) -> int:
    """What a reservation record holds of one window."""
    return holds(record).get(purse, 0)


def charged(record: Json, ended: Json) -> dict[str, int]:
    """What a resolution posts, by window."""
    if ended["state"] == "VOIDED":
        return dict.fromkeys(holds(record), 0)
    return {
        purse: _charge(unit, amount_held(record, purse), ended)
        for purse, unit in unit_held(record).items()
    }


def _charge(unit: str, held: int, ended: Json) -> int:
    """What stays of a hold when its call has ended."""
    match unit:
        case "usd":
            return int(ended["cost"])
        case "tokens":
            return int(ended["tok"])
        case "in_flight":
            return 0
        case "input_tokens" | "output_tokens" if ended["use"] is not None:
            fresh, output, *cached = ended["use"]
            return int(output if unit == "output_tokens" else fresh + sum(cached))
        case _:
            return held


def _window(purse: str, item: Json) -> WindowView:
    return WindowView(
        purse=purse,
        limit=int(item["limit"]),
        unallotted=int(item["unallotted"]),
        impounded=int(item.get("impounded", 0)),
        retired=int(item.get("retired", 0)),
    )


def _account(name: str, item: Json) -> AccountView:
    return AccountView(
        name=name,
        free={purse: int(amount) for purse, amount in item["free"].items()},
        posted={purse: int(amount) for purse, amount in item["posted"].items()},
        pending={request: json.loads(text) for request, text in item["pending"].items()},
        sequence=int(item["sequence"]),
    )


def _request_entry(item: Json) -> EntryView:
    account, _, kind = item["sk"].partition("#")
    record = json.loads(item["record"])
    ended = kind == "RESOLVED"
    return EntryView(
        account=account,
        sequence=int(item["sequence"]),
        reservation=record["r"] if ended else record,
        resolution=record["x"] if ended else None,
    )


def _other_entry(account: str, item: Json) -> EntryView:
    entry = json.loads(item["record"])
    return EntryView(
        account=account, sequence=int(item["sequence"]), moves=dict(entry.get("mv", ()))
    )


def _plain(raw: RawItem) -> Json:
    read = TypeDeserializer()
    return {name: read.deserialize(value) for name, value in raw.items()}
