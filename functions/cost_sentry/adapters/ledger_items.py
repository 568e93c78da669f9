"""Keys and attributes of the ledger's items. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| budget definition | ``BUDGETS`` | budget id |
| budget window | ``BUDGET#<id>`` | ``WINDOW#<window id>`` |
| pool of a crowded window | ``BUDGET#<id>`` | ``POOL#<window id>#<number>`` |
| shard of an account | ``ACCOUNT#<team>/<application>`` | ``SHARD#<bits>`` |
| account registry | ``ACCOUNTS`` | account |
| journal of a request | ``REQUEST#<request id>`` | ``<account>#RESOLVED`` |

Maps of a shard's item: ``free`` and ``seen`` by ``budget@window``; ``pending`` and ``expired`` by
request id. ``ended``, ``faded`` and ``inherited`` are sets of stamps of request ids.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cost_sentry.adapters.entry_record import entry_from_json
from cost_sentry.adapters.reservation_record import (
    reservation_from_held,
    reservation_from_record,
    resolution_from_record,
)
from cost_sentry.domain.allotment import shard_free_target
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.reservation import Hold, Reservation, Resolution, budget_of, window_of
from cost_sentry.domain.shard import account_and_shard, place_of, stamp_of

Item = Mapping[str, Any]
"""A DynamoDB item in the low-level form, ``{"limit": {"N": "5"}}``."""
Key = dict[str, dict[str, str]]

SPLIT = "split"
"""State of a shard that takes no more calls: its two halves do."""
CLOSED = "closed"
"""State of a shard that takes no more calls: the one it came from does again."""
WINDOW_PREFIX = "WINDOW#"
"""What the sort key of a budget's window begins with."""
_BASE = 36
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MARK = "~"


def key(pk: str, sk: str) -> Key:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def place_key(place: str) -> Key:
    """Of the shard's item."""
    account, shard = account_and_shard(place)
    return key(f"ACCOUNT#{account}", f"SHARD#{shard}")


def registry_key(account: str) -> Key:
    """Of the account's line in the register of accounts."""
    return key("ACCOUNTS", account)


def definition_key(budget_id: str) -> Key:
    """Of the budget's definition."""
    return key("BUDGETS", budget_id)


def window_key(purse: str) -> Key:
    """Of the budget window item; ``purse`` is ``budget@window``."""
    return key(f"BUDGET#{budget_of(purse)}", f"{WINDOW_PREFIX}{window_of(purse)}")


def pool_key(purse: str, number: int) -> Key:
    """Of one of the pools that stand between a crowded window and its shards."""
    return key(f"BUDGET#{budget_of(purse)}", f"{pool_prefix(purse)}{number:02d}")


def pool_prefix(purse: str) -> str:
    """What the sort keys of all pools of a window begin with."""
    return f"POOL#{purse.rsplit('@', 1)[1]}#"


def resolved_key(request_id: str, account: str) -> Key:
    """Of the journal's lasting record that this request was resolved."""
    return key(f"REQUEST#{request_id}", f"{account}#RESOLVED")


def adjusted_key(request_id: str, account: str) -> Key:
    """Of the journal's record that the true cost of an expired request became known."""
    return key(f"REQUEST#{request_id}", f"{account}#ADJUSTED")


def number(amount: int) -> dict[str, str]:
    """A DynamoDB number."""
    return {"N": str(amount)}


def _numbers(attribute: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in (attribute or {}).get("M", {}).items()}


def _texts(attribute: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: value["S"] for name, value in (attribute or {}).get("M", {}).items()}


def _stamps(attribute: Mapping[str, Any] | None) -> frozenset[str]:
    return frozenset((attribute or {}).get("SS", ()))


def stamp_set(stamps: frozenset[str]) -> dict[str, list[str]]:
    """A DynamoDB set of strings; never empty, because DynamoDB has no empty set."""
    return {"SS": sorted(stamps)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the shard knew of a budget window at its last refill."""

    limit: int
    elsewhere: int
    """Money of the window that was known to lie outside of this shard; more may lie in others."""
    at_seconds: int
    free_max: int | None = None
    """Above this the shard gives back what it does not need: the window is crowded."""
    mark: str = ""
    """Of an agent run: the stamp of the call that the refill came with, as no other refill has."""

    def text(self) -> str:
        """As stored: whole numbers in base 36, so that no JSON double comes near them."""
        numbers = (self.limit, self.elsewhere, self.at_seconds)
        kept = numbers if self.free_max is None else (*numbers, self.free_max)
        marks = [f"{_MARK}{self.mark}"] if self.mark else []
        return " ".join([*map(_short, kept), *marks])

    @classmethod
    def parse(cls, text: str) -> "Seen":
        """The inverse of ``text``."""
        numbers, _, mark = text.partition(f" {_MARK}")
        limit, elsewhere, at, *more = (int(part, _BASE) for part in numbers.split(" "))
        return cls(
            limit=limit,
            elsewhere=elsewhere,
            at_seconds=at,
            free_max=more[0] if more else None,
            mark=mark,
        )

    @property
    def at(self) -> datetime:
        """When that was."""
        return datetime.fromtimestamp(self.at_seconds, tz=UTC)


def _short(amount: int) -> str:
    digits, rest = "", abs(amount)
    while rest or not digits:
        rest, digit = divmod(rest, _BASE)
        digits = _DIGITS[digit] + digits
    return f"-{digits}" if amount < 0 else digits


@dataclass(frozen=True, kw_only=True)
class ShardState:
    """A shard's item, read."""

    place: str
    free: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    expired: Mapping[str, str] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    faded: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()
    faded_at: int = 0
    """When ``faded`` was laid aside, in milliseconds."""
    state: str | None = None
    """``SPLIT``, ``CLOSED`` or, open, nothing."""
    depth: int = 0
    """Of a first shard that has split: how deep its account's shards lie, about."""
    sequence: int = 0
    entry: str | None = None

    @classmethod
    def of(cls, item: Item) -> "ShardState":
        """From the item, whole or projected."""
        account = item["pk"]["S"].removeprefix("ACCOUNT#")
        return cls(
            place=place_of(account, item["sk"]["S"].removeprefix("SHARD#")),
            free=_numbers(item.get("free")),
            seen=_texts(item.get("seen")),
            pending=_texts(item.get("pending")),
            expired=_texts(item.get("expired")),
            ended=_stamps(item.get("ended")),
            faded=_stamps(item.get("faded")),
            inherited=_stamps(item.get("inherited")),
            faded_at=int(item.get("faded_at", {"N": "0"})["N"]),
            state=item.get("state", {}).get("S"),
            depth=int(item.get("depth", {"N": "0"})["N"]),
            sequence=int(item.get("sequence", {"N": "0"})["N"]),
            entry=item.get("entry", {}).get("S"),
        )

    @property
    def account(self) -> str:
        """Whose shard it is."""
        return account_and_shard(self.place)[0]

    @property
    def shard(self) -> str:
        """Its bits."""
        return account_and_shard(self.place)[1]

    def pending_reservation(self, request_id: str) -> Reservation | None:
        """The pending reservation of this id."""
        text = self.pending.get(request_id)
        return None if text is None else self._reservation(request_id, json.loads(text))

    @cached_property
    def pending_reservations(self) -> Mapping[str, Reservation]:
        """All of them, by request id."""
        return {i: self._reservation(i, json.loads(t)) for i, t in self.pending.items()}

    def expired_reservation(self, request_id: str) -> tuple[Reservation, Resolution] | None:
        """A reservation that nobody resolved in time, and what it was charged."""
        text = self.expired.get(request_id)
        if text is None:
            return None
        held, ended = json.loads(text)
        return self._reservation(request_id, held), resolution_from_record(ended)

    def _reservation(self, request_id: str, held: list[Any]) -> Reservation:
        return reservation_from_held(
            held, request_id=request_id, account=self.account, shard=self.shard
        )

    def remembers(self, request_id: str) -> bool:
        """Whether a call of this id ended here, or was held by a shard that this one came from."""
        stamp = stamp_of(request_id)
        return stamp in self.ended or stamp in self.faded or stamp in self.inherited

    def pending_amount(self, purse: str) -> int:
        """What pending reservations hold of this budget window."""
        held = (h for r in self.pending_reservations.values() for h in r.holds)
        return sum(h.amount for h in held if h.key == purse)

    def assumed_amount(self, purse: str) -> int:
        """What expired reservations were charged of this budget window."""
        expired = (self.expired_reservation(request_id) for request_id in self.expired)
        charged = ((h, end.posting(h)) for held, end in filter(None, expired) for h in held.holds)
        return sum(amount for h, amount in charged if h.key == purse)

    def shortages(self, holds: tuple[Hold, ...], calls: int = 1) -> tuple[Hold, ...]:
        """The holds that this shard's allotments cannot pay, for so many calls."""
        return tuple(h for h in holds if h.amount and self.free.get(h.key, 0) < h.amount * calls)

    def surplus(self, purse: str, free_max: int | None = None) -> int:
        """What it should give back of this window; a shard that split keeps nothing.

        ``free_max`` is what it may keep, if that is known better than by its last refill.
        """
        free, known = self.free.get(purse, 0), self.kept_at_most(purse)
        if known is None:
            return 0
        free_max = known if free_max is None else min(known, free_max)
        if self.state is not None:
            return max(0, free)
        return free - shard_free_target(free_max) if free > free_max else 0

    def kept_at_most(self, purse: str) -> int | None:
        """What it might keep at its last refill; ``None`` unless it is behind a pool."""
        seen = self.seen.get(purse)
        return Seen.parse(seen).free_max if seen else None

    def is_idle(self, now: datetime, longer_than: timedelta) -> bool:
        """Whether nothing has happened in it for so long; nor ever, if it has no entry."""
        entry = self.last_entry()
        return entry is None or now - entry.at > longer_than

    def last_entry(self) -> LedgerEntry | None:
        """What the write that made this version did."""
        if self.entry is None:
            return None
        return entry_from_json(
            self.entry,
            place=self.place,
            sequence=self.sequence,
            pending=self.pending_reservations,
        )


def parse_resolved(text: str) -> tuple[Reservation, Resolution]:
    """The pair that the journal keeps of a reservation that ended."""
    held, ended = json.loads(text)
    return reservation_from_record(held), resolution_from_record(ended)
