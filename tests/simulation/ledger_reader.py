"""All that the simulation knows of the layout of the ledger's items, and the only file that does.

It is a second reading of ``docs/reference/ledger-items.md``: none of the project's own readers is
used, so a mistake in them is not repeated here. Amounts are whole numbers in a budget's own unit; a
*purse* is one budget window, ``budget@window``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Item = Mapping[str, Any]
Key = tuple[str, str]

ACCOUNT, WINDOW, REQUEST = "ACCOUNT#", "WINDOW#", "REQUEST#"
DOLLARS = "usd"
VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation as its record tells it."""

    account: str
    request_id: str
    attempt: str
    digest: str
    model: str
    quote: int
    expires_at_ms: int
    holds: tuple[tuple[str, str, int], ...]
    """Purse, unit, amount."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A reservation with its resolution, as its record tells it."""

    held: Held
    state: str
    cost: int
    tokens: int
    is_estimated: bool

    def postings(self) -> Iterator[tuple[str, int]]:
        """What it charges, by purse."""
        for purse, unit, _ in self.held.holds:
            charged = self.cost if unit == DOLLARS else self.tokens
            yield purse, 0 if self.state == VOIDED else charged


@dataclass(slots=True)
class Part:
    """What one item holds of one purse; the parts of all items add up to the whole."""

    limit: int = 0
    free: int = 0
    """Unallotted and impounded money too: all that is neither held nor spent."""
    pending: int = 0
    posted: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger, wherever it is kept."""

    source: str
    """Whose numbers it is numbered in."""
    sequence: int
    kind: str
    held: Held | None = None
    ended: Ended | None = None
    moves: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Change:
    """What one write did to one item, in the ledger's words."""

    parts: dict[str, Part] = field(default_factory=dict)
    """Differences, by purse."""
    reserved: list[Held] = field(default_factory=list)
    gone: list[Held] = field(default_factory=list)
    """Reservations that are no longer pending."""
    ended: list[Ended] = field(default_factory=list)
    new_window: tuple[str, int] | None = None
    """A window that was opened, and its limit."""
    new_limit: tuple[str, int] | None = None
    """A window whose limit moved."""
    defined: tuple[str, int] | None = None
    """A budget whose definition was written."""
    source: str = ""
    numbers: tuple[int, int] | None = None
    """The item's count of entries before and after."""
    entry: Entry | None = None


@lru_cache(maxsize=4096)
def held_of(text: str) -> Held:
    """A reservation's record."""
    return _held(json.loads(text))


def _held(record: Mapping[str, Any]) -> Held:
    return Held(
        account=record["acct"],
        request_id=record["id"],
        attempt=record["try"],
        digest=record["dig"],
        model=record["use"],
        quote=record["quo"],
        expires_at_ms=record["exp"],
        holds=tuple((f"{b}@{w}", unit, amount) for b, w, unit, amount in record["hold"]),
    )


@lru_cache(maxsize=4096)
def ended_of(text: str) -> Ended:
    """A resolved reservation's record."""
    record = json.loads(text)
    return _ended(record["r"], record["x"])


def _ended(held: Mapping[str, Any], how: Mapping[str, Any]) -> Ended:
    return Ended(_held(held), how["state"], how["cost"], how["tok"], how["est"])


@lru_cache(maxsize=4096)
def entry_of(text: str, source: str, sequence: int) -> Entry:
    """An entry's record."""
    record = json.loads(text)
    held = _held(record["r"]) if "r" in record else None
    ended = _ended(record["r"], record["x"]) if "x" in record else None
    moves = tuple((purse, amount) for purse, amount in record.get("mv", ()))
    return Entry(source, sequence, record["k"], held, ended, moves)


def is_streamed(key: Key, item: Item) -> bool:
    """What the filter of the stream lets through: entries, and refusals at a budget's end."""
    if key[0].startswith(ACCOUNT):
        return "entry" in item
    return key[0].startswith(REQUEST) and "used_up" in item


def change(key: Key, before: Item | None, after: Item | None) -> Change:
    """What a write did; nothing if the item holds no money."""
    found = Change()
    old, new = before or {}, after or {}
    if key[0].startswith(ACCOUNT):
        _account_change(found, key, old, new)
    elif key[1].startswith(WINDOW):
        _window_change(found, key, old, new)
    elif key[0] == "BUDGETS" and new:
        found.defined = (key[1], int(new["limit"]["N"]))
    return found


def _account_change(found: Change, key: Key, old: Item, new: Item) -> None:
    for item, sign in ((old, -1), (new, 1)):
        for name in ("free", "posted"):
            if old.get(name) is not new.get(name):
                for purse, amount in _map(item, name).items():
                    part = found.parts.setdefault(purse, Part())
                    setattr(part, name, getattr(part, name) + sign * int(amount["N"]))
    _pending_change(found, _map(old, "pending"), _map(new, "pending"))
    was, now = _map(old, "resolved"), _map(new, "resolved")
    if was is not now:
        fresh = [v["S"] for i, v in now.items() if i not in was and v["S"].startswith("{")]
        found.ended = [ended_of(text) for text in fresh]
    found.source = key[0].removeprefix(ACCOUNT) + "/" + key[1]
    found.numbers = (_number(old, "sequence"), _number(new, "sequence"))
    if found.numbers[0] != found.numbers[1] and "entry" in new:
        found.entry = entry_of(new["entry"]["S"], found.source, found.numbers[1])


def _pending_change(found: Change, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if was is now:
        return
    found.reserved = [held_of(v["S"]) for i, v in now.items() if was.get(i) != v]
    found.gone = [held_of(v["S"]) for i, v in was.items() if now.get(i) != v]
    for records, sign in ((found.reserved, 1), (found.gone, -1)):
        for held in records:
            for purse, _, amount in held.holds:
                found.parts.setdefault(purse, Part()).pending += sign * amount


def _window_change(found: Change, key: Key, old: Item, new: Item) -> None:
    purse = f"{key[0].removeprefix('BUDGET#')}@{key[1].removeprefix(WINDOW)}"
    part = found.parts.setdefault(purse, Part())
    for item, sign in ((old, -1), (new, 1)):
        part.limit += sign * _number(item, "limit")
        part.free += sign * (_number(item, "unallotted") + _number(item, "impounded"))
        part.posted += sign * _number(item, "retired")
    if not old:
        found.new_window = (purse, _number(new, "limit"))
    elif part.limit:
        found.new_limit = (purse, _number(new, "limit"))


def _map(item: Item, name: str) -> Mapping[str, Any]:
    return item.get(name, _EMPTY)["M"]  # type: ignore[no-any-return]


_EMPTY: Mapping[str, Any] = {"M": {}}


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def places(key: Key, item: Item) -> dict[str, Part]:
    """All that one item holds, by purse."""
    return change(key, None, item).parts


def pending_of(key: Key, item: Item) -> list[Held]:
    """Reservations that stand pending in one item."""
    return change(key, None, item).reserved


def journal_entry(key: Key, item: Item) -> Entry | None:
    """The entry that a journal's item keeps; ``None`` if it is another item.

    Its source is the account's: the journal does not say more while an account is one item.
    """
    if key[0].startswith("ENTRIES#"):
        source = key[0].removeprefix("ENTRIES#") + "/SHARD#0"
        return entry_of(item["record"]["S"], source, _number(item, "sequence"))
    if not key[0].startswith(REQUEST) or "record" not in item:
        return None
    account, _, kind = key[1].partition("#")
    source, sequence = f"{account}/SHARD#0", _number(item, "sequence")
    text = item["record"]["S"]
    if kind == "RESERVED":
        return Entry(source, sequence, "reserve", held_of(text))
    ended = ended_of(text)
    names = {"SETTLED": "settle", "VOIDED": "void", "EXPIRED": "expire"}
    return Entry(source, sequence, names[ended.state], ended.held, ended)


def totals(key: Key, item: Item) -> tuple[str, int] | None:
    """Purse and posted amount that the journal added up; ``None`` if it is another item."""
    if not key[1].startswith("TOTALS#"):
        return None
    purse = f"{key[0].removeprefix('BUDGET#')}@{key[1].removeprefix('TOTALS#')}"
    return purse, _number(item, "posted")


def progress(key: Key, item: Item) -> tuple[str, int, bool] | None:
    """Source, the highest entry that was projected, and whether one is missing below it."""
    if not key[0].startswith("PROJECTION#"):
        return None
    source = key[0].removeprefix("PROJECTION#") + "/" + key[1]
    return source, _number(item, "projected"), "missing" in item


def waiting_alert(key: Key) -> bool:
    """Whether this is an alert that waits to be sent."""
    return key[0] == "ALERTS"


def recorded_alert(key: Key) -> tuple[str, int] | None:
    """Purse and threshold of an alert on record; ``None`` if it is another item."""
    if not key[1].startswith("ALERT#"):
        return None
    _, window, threshold = key[1].split("#")
    return f"{key[0].removeprefix('BUDGET#')}@{window}", int(threshold)
