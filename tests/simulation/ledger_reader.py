"""All that the simulation knows of the layout of the ledger's items, and the only file that does.

It is a second reading of ``docs/reference/ledger-items.md``: none of the project's own readers is
used, so a mistake in them is not repeated here. Amounts are whole numbers in a budget's own unit; a
*purse* is one budget window, ``budget@window``; a *source* is what numbers its entries: a shard.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from tests.simulation.ledger_records import ADJUST, RESERVE, Change, Ended, Entry, Held, Part

Item = Mapping[str, Any]
Key = tuple[str, str]

ACCOUNT, WINDOW, POOL, REQUEST = "ACCOUNT#", "WINDOW#", "POOL#", "REQUEST#"
REGISTER = "ACCOUNTS"


def _held(request_id: str, account: str, shard: str, record: Sequence[Any]) -> Held:
    attempt, digest, _, asked, used, _, _, _, quote, holds, *rest = record
    _, _, reserved_at, held_for, *_ = rest
    return Held(
        account=account,
        request_id=request_id,
        source=_source(account, shard),
        attempt=attempt,
        digest=digest,
        model=used or asked,
        quote=quote,
        reserved_at_ms=reserved_at,
        expires_at_ms=reserved_at + held_for,
        holds=tuple((f"{b}@{w}", unit, amount) for b, w, unit, amount in holds),
    )


def _whole(record: Sequence[Any]) -> Held:
    _, request_id, account, shard, *held = record
    return _held(request_id, account, shard, held)


def _ended(held: Held, record: Sequence[Any]) -> Ended:
    state, at_ms, cost, tokens, usage, is_estimated, _ = record
    fresh, output, *cached = usage or (None, None)
    prompt = None if usage is None else fresh + sum(cached)
    return Ended(held, state, cost, tokens, prompt, output, is_estimated, at_ms)


def _source(account: str, shard: str) -> str:
    return f"{account}#{shard}" if shard else account


@lru_cache(maxsize=4096)
def _pending(text: str, request_id: str, account: str, shard: str) -> Held:
    return _held(request_id, account, shard, json.loads(text))


@lru_cache(maxsize=4096)
def _entry(text: str, source: str, sequence: int) -> Entry:
    """An entry's record; a reserve only names its request, see ``_account_change``."""
    record = json.loads(text)
    held = _whole(record["r"]) if "r" in record else None
    ended = _ended(held, record["x"]) if held is not None and "x" in record else None
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
    elif key[0] == REGISTER:
        found.registered = (key[1], bool(new))
    elif key[1].startswith((WINDOW, POOL)):
        _window_change(found, key, old, new)
    elif key[0] == "BUDGETS" and new:
        found.defined = (key[1], int(new["limit"]["N"]))
        found.kind = new["window"]["S"]
    return found


def _account_change(found: Change, key: Key, old: Item, new: Item) -> None:
    account, shard = key[0].removeprefix(ACCOUNT), key[1].removeprefix("SHARD#")
    if old.get("free") is not new.get("free"):
        for item, sign in ((old, -1), (new, 1)):
            for purse, amount in _map(item, "free").items():
                found.parts.setdefault(purse, Part()).free += sign * int(amount["N"])
        found.left = [purse for purse in _map(old, "free") if purse not in _map(new, "free")]
    was, now = _map(old, "pending"), _map(new, "pending")
    if found.left:
        found.bound = frozenset(_bound(new, account, shard))
    if was is not now:
        found.reserved = [
            _pending(v["S"], i, account, shard) for i, v in now.items() if was.get(i) != v
        ]
        found.gone = [
            _pending(v["S"], i, account, shard) for i, v in was.items() if now.get(i) != v
        ]
        _tell_adopted(found)
        for records, sign in ((found.reserved, 1), (found.gone, -1)):
            for held in records:
                for purse, _, amount in held.holds:
                    found.parts.setdefault(purse, Part()).pending += sign * amount
    found.pending = len(now)
    found.source = _source(account, shard)
    found.state = _state_change(old, new)
    found.at_rest = _at_rest(new, shard)
    found.numbers = (_number(old, "sequence"), _number(new, "sequence"))
    if found.numbers[0] != found.numbers[1] and "entry" in new:
        found.entry = _entry_of_item(new, found.source, found.numbers[1], account, shard)


def _bound(item: Item, account: str, shard: str) -> Iterator[str]:
    """Purses of all calls that it holds, or that were charged when they expired."""
    for request_id, text in _map(item, "pending").items():
        held = _pending(text["S"], request_id, account, shard)
        yield from (purse for purse, _, _ in held.holds)
    for request_id, text in _map(item, "expired").items():
        record = json.loads(text["S"])[0]
        yield from (purse for purse, _, _ in _held(request_id, account, shard, record).holds)


def _at_rest(item: Item, shard: str) -> bool | None:
    return None if shard else item.get("state", {}).get("S") == "closed"


def _state_change(old: Item, new: Item) -> str:
    was, now = (item.get("state", {}).get("S", "") for item in (old, new))
    if was == now:
        return ""
    return {"split": "shards split", "closed": "shards closed", "": "shards reopened"}[now]


def _tell_adopted(found: Change) -> None:
    """A record that only names another invocation of its execution was neither made nor ended."""
    gone = {held.request_id: held for held in found.gone}
    for held in tuple(found.reserved):
        was = gone.get(held.request_id)
        if was is not None and replace(was, attempt=held.attempt) == held:
            found.adopted.append((was, held))
            found.gone.remove(was)
            found.reserved.remove(held)


def _entry_of_item(item: Item, source: str, sequence: int, account: str, shard: str) -> Entry:
    text = item["entry"]["S"]
    entry = _entry(text, source, sequence)
    if entry.kind != RESERVE:
        return entry
    request_id = json.loads(text)["id"]
    record = _map(item, "pending")[request_id]["S"]
    held = _pending(record, request_id, account, shard)
    return Entry(source, sequence, RESERVE, held, moves=entry.moves)


def _window_change(found: Change, key: Key, old: Item, new: Item) -> None:
    kind, window, *_ = key[1].split("#")
    purse = f"{key[0].removeprefix('BUDGET#')}@{window}"
    part = found.parts.setdefault(purse, Part())
    for item, sign in ((old, -1), (new, 1)):
        part.limit += sign * _number(item, "limit")
        part.free += sign * (_number(item, "unallotted") + _number(item, "impounded"))
    if kind == "POOL" or "pools" in new:
        found.crowded = purse
    if kind == "WINDOW":
        found.direct = (purse, frozenset(new.get("places", _NOBODY)["SS"]))
    if not old and kind == "WINDOW":
        found.new_window = (purse, _number(new, "limit"))
    if old and part.limit:
        found.new_limit = (purse, _number(new, "limit"))


def _map(item: Item, name: str) -> Mapping[str, Any]:
    return item.get(name, _EMPTY)["M"]  # type: ignore[no-any-return]


_NOBODY: Mapping[str, Any] = {"SS": ()}
_EMPTY: Mapping[str, Any] = {"M": {}}


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def places(key: Key, item: Item) -> dict[str, Part]:
    """All that one item holds, by purse."""
    return change(key, None, item).parts


def journal_entry(key: Key, item: Item) -> Entry | None:
    """The entry that a journal's item keeps; ``None`` if it is another item."""
    if key[0].startswith("ENTRIES#"):
        source = key[0].removeprefix("ENTRIES#")
        return _entry(item["record"]["S"], source, _number(item, "sequence"))
    if not key[0].startswith(REQUEST) or "record" not in item:
        return None
    kind, record = key[1].rpartition("#")[2], json.loads(item["record"]["S"])
    sequence = _number(item, "sequence")
    if kind == "RESERVED":
        held = _whole(record)
        moved = json.loads(item["moves"]["S"]) if "moves" in item else ()
        moves = tuple((purse, amount) for purse, amount in moved)
        return Entry(held.source, sequence, RESERVE, held, moves=moves)
    held = _whole(record[0])
    return Entry(held.source, sequence, _JOURNALED[kind], held, _ended(held, record[1]))


_JOURNALED = {"RESOLVED": "resolve", "ADJUSTED": ADJUST}


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
    source = key[0].removeprefix("PROJECTION#")
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
