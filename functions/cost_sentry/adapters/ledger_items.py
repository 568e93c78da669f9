"""Keys and attributes of the ledger's items. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| budget definition | ``BUDGETS`` | budget id |
| budget window | ``BUDGET#<id>`` | ``WINDOW#<window id>`` |
| account | ``ACCOUNT#<team>/<application>`` | ``SHARD#0`` |
| account registry | ``ACCOUNTS`` | account |
| journal of a request | ``REQUEST#<request id>`` | ``<account>#RESERVED`` or ``#RESOLVED`` |

Maps of the account item (``free``, ``posted``, ``seen``) are keyed by ``budget@window``;
``pending`` and ``resolved`` by request id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.reservation_record import (
    reservation_from_record,
    resolution_from_record,
)
from cost_sentry.domain.reservation import Hold, Reservation, Resolution

Item = Mapping[str, Any]
"""A DynamoDB item in the low-level form, ``{"limit": {"N": "5"}}``."""

HELD_BYTES_MAX = 150_000
"""What an account item may carry in reservations: two hundred, at about 0.75 KB each.

DynamoDB refuses items above 400 KB; but it also refuses transactions above 4 MB, and a budget's
accounts are read in one: this lets two dozen full accounts be seen at one instant.
"""


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def account_key(account: str) -> dict[str, dict[str, str]]:
    """Of the account item."""
    return key(f"ACCOUNT#{account}", "SHARD#0")


def registry_key(account: str) -> dict[str, dict[str, str]]:
    """Of the account's line in the register of accounts."""
    return key("ACCOUNTS", account)


def definition_key(budget_id: str) -> dict[str, dict[str, str]]:
    """Of the budget's definition."""
    return key("BUDGETS", budget_id)


def window_key(purse: str) -> dict[str, dict[str, str]]:
    """Of the budget window item; ``purse`` is ``budget@window``."""
    budget_id, window_id = purse.rsplit("@", 1)
    return key(f"BUDGET#{budget_id}", f"WINDOW#{window_id}")


def resolved_key(request_id: str, account: str) -> dict[str, dict[str, str]]:
    """Of the journal's lasting record that this request was resolved."""
    return key(f"REQUEST#{request_id}", f"{account}#RESOLVED")


def number(amount: int) -> dict[str, str]:
    """A DynamoDB number."""
    return {"N": str(amount)}


def _numbers(attribute: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in (attribute or {}).get("M", {}).items()}


def _texts(attribute: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: value["S"] for name, value in (attribute or {}).get("M", {}).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the account knew of a budget window at its last refill."""

    limit: int
    elsewhere: int
    """Money of the window that was not in this account's allotment."""
    at_milliseconds: int

    def text(self) -> str:
        """As stored: whole numbers, so that no JSON double comes near them."""
        return f"{self.limit} {self.elsewhere} {self.at_milliseconds}"

    @classmethod
    def parse(cls, text: str) -> "Seen":
        """The inverse of ``text``."""
        limit, elsewhere, at = (int(part) for part in text.split(" "))
        return cls(limit=limit, elsewhere=elsewhere, at_milliseconds=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """An account item, read."""

    name: str
    free: Mapping[str, int] = field(default_factory=dict)
    posted: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)
    sequence: int = 0
    held_bytes: int = 0

    @classmethod
    def of(cls, item: Item) -> "AccountState":
        """From the item, whole or projected."""
        name = item["pk"]["S"].removeprefix("ACCOUNT#") if "pk" in item else ""
        return cls(
            name=name,
            free=_numbers(item.get("free")),
            posted=_numbers(item.get("posted")),
            seen=_texts(item.get("seen")),
            pending=_texts(item.get("pending")),
            resolved=_texts(item.get("resolved")),
            sequence=int(item.get("sequence", {"N": "0"})["N"]),
            held_bytes=int(item.get("held_bytes", {"N": "0"})["N"]),
        )

    def pending_reservation(self, request_id: str) -> Reservation | None:
        """The pending reservation of this id."""
        text = self.pending.get(request_id)
        return None if text is None else reservation_from_record(json.loads(text))

    def pending_reservations(self) -> tuple[Reservation, ...]:
        """All of them."""
        return tuple(reservation_from_record(json.loads(t)) for t in self.pending.values())

    def resolved_reservation(self, request_id: str) -> tuple[Reservation, Resolution] | None:
        """The reservation of this id that ended and that the journal does not keep yet."""
        text = self.resolved.get(request_id)
        return None if text is None or is_tombstone(text) else parse_resolved(text)

    def pending_amount(self, purse: str) -> int:
        """What pending reservations hold of this budget window."""
        held = (h for r in self.pending_reservations() for h in r.holds)
        return sum(h.amount for h in held if h.key == purse)

    def shortages(self, holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
        """The holds that this account's allotments cannot pay."""
        return tuple(h for h in holds if self.free.get(h.key, -1) < h.amount)


def tombstone(journaled_at: datetime) -> str:
    """What stands in ``resolved`` once the journal keeps the record: since when it was seen to.

    An admission that looked into the journal before, and found nothing, still meets the id here.
    """
    return f"{int(journaled_at.timestamp() * 1000):013d}"


def is_tombstone(text: str) -> bool:
    """Whether the journal keeps what this id stands for."""
    return not text.startswith("{")


def tombstone_age(text: str, now: datetime) -> timedelta:
    """How long ago the journal was seen to keep it."""
    return timedelta(milliseconds=int(now.timestamp() * 1000) - int(text))


def parse_resolved(text: str) -> tuple[Reservation, Resolution]:
    """The pair stored when a reservation ended."""
    record = json.loads(text)
    return reservation_from_record(record["r"]), resolution_from_record(record["x"])


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """A budget window item, read."""

    limit: int
    unallotted: int
    impounded: int
    retired: int
    accounts: tuple[str, ...]

    @classmethod
    def of(cls, item: Item) -> "WindowState":
        """From the item."""
        return cls(
            limit=int(item["limit"]["N"]),
            unallotted=int(item["unallotted"]["N"]),
            impounded=int(item.get("impounded", {"N": "0"})["N"]),
            retired=int(item.get("retired", {"N": "0"})["N"]),
            accounts=tuple(sorted(item.get("accounts", {}).get("SS", ()))),
        )
