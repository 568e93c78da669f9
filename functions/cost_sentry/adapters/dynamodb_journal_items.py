"""Keys and attributes of the journal's items, and the writes that make them. Pure.

| item | pk | sk | attributes |
| --- | --- | --- | --- |
| reservation made | ``REQUEST#<request id>`` | ``<account>#RESERVED`` | the same, moves |
| reservation ended | ``REQUEST#<request id>`` | ``<account>#RESOLVED`` | record, sequence, at |
| true cost, later | ``REQUEST#<request id>`` | ``<account>#ADJUSTED`` | record, sequence, at |
| any other entry | ``ENTRIES#<place>`` | sequence, 12 digits | record, sequence |
| totals | ``BUDGET#<id>`` | ``TOTALS#<window id>`` | posted, overrun, estimated, calls, … |
| who spent it | ``BUDGET#<id>`` | ``SPEND#<window id>#<digest>`` | team, application, model, … |
| progress | ``PROJECTION#<place>`` | ``PROGRESS`` | projected, missing |
| answered from a cache | ``REQUEST#<request id>`` | ``<account>#CACHED`` | decision, at |
| what that spared | ``SAVINGS#<account>`` | ``DAY#<day>#<part>`` | hits, avoided |

A place is a shard's name: ``search/web`` for an account's first one, ``search/web#01`` for another.

The breakdown is one item per team, application and model, not a map in the totals: callers choose
the application's name, so a map would grow until DynamoDB refuses the item, and each write would
be billed for all of it. The digest keeps the longest names that callers may choose within the
1,024 bytes of a sort key; the names themselves are attributes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.entry_record import entry_from_json, entry_to_json
from cost_sentry.adapters.journal_progress import numbers_in
from cost_sentry.adapters.ledger_items import (
    Item,
    adjusted_key,
    key,
    number,
    parse_resolved,
    resolved_key,
)
from cost_sentry.adapters.ledger_writes import KIND_OF_STATE, resolved_text
from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
)
from cost_sentry.adapters.run_windows import kept_for_a_while
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.spend import Posting, SpendLine, WindowTotals

_NONE = {"S": "[]"}
Action = dict[str, dict[str, Any]]
"""One action of a transaction: ``{"Put": {…}}``."""


def entry_key(entry: LedgerEntry) -> Mapping[str, Any]:
    """Where the entry is kept; the same for every delivery of it."""
    held = entry.reservation
    if held is not None and entry.kind is EntryKind.RESERVE:
        return key(f"REQUEST#{held.request_id}", f"{entry.account}#RESERVED")
    if held is not None and entry.kind is EntryKind.ADJUST:
        return adjusted_key(held.request_id, entry.account)
    if held is not None and entry.resolution is not None:
        return resolved_key(held.request_id, entry.account)
    return key(f"ENTRIES#{entry.place}", f"{entry.sequence:012d}")


def entry_item(entry: LedgerEntry) -> Item:
    """The entry as it is kept."""
    return {**entry_key(entry), "sequence": number(entry.sequence), **_content(entry)}


def put_entry(entry: LedgerEntry) -> Action:
    """Write the entry unless it is there."""
    item = entry_item(entry)
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _content(entry: LedgerEntry) -> dict[str, Any]:
    held = entry.reservation
    if held is None:
        # Not named "entry": the stream's filter takes every item of that attribute for an account.
        return {"record": {"S": entry_to_json(entry)}}
    ended = entry.resolution
    whole = record_text(reservation_to_record(held))
    text = whole if ended is None else resolved_text(held, ended)
    # Money that came to the shard in the same write: the entries alone give the balances.
    moves = {"moves": {"S": record_text(entry.moves)}} if entry.moves else {}
    return {"record": {"S": text}, "at": {"S": entry.at.isoformat()}, **moves}


def entry_of(item: Item) -> LedgerEntry | None:
    """The entry of a ``REQUEST#`` item; ``None`` if it is a recorded decision."""
    account, _, kind = item["sk"]["S"].partition("#")
    if kind not in ("RESERVED", "RESOLVED", "ADJUSTED"):
        return None
    record, ended = item["record"]["S"], None
    if kind == "RESERVED":
        held = reservation_from_record(json.loads(record))
    else:
        held, ended = parse_resolved(record)
    what = KIND_OF_STATE[ended.state] if ended else EntryKind.RESERVE
    return LedgerEntry(
        account=account,
        shard=held.shard,
        sequence=int(item["sequence"]["N"]),
        kind=EntryKind.ADJUST if kind == "ADJUSTED" else what,
        at=datetime.fromisoformat(item["at"]["S"]),
        reservation=held,
        resolution=ended,
        moves=_moves_of(item),
    )


def _moves_of(item: Item) -> tuple[tuple[str, int], ...]:
    return tuple((purse, amount) for purse, amount in json.loads(item.get("moves", _NONE)["S"]))


def other_entry_of(item: Item) -> LedgerEntry:
    """The entry of an ``ENTRIES#`` item."""
    place = item["pk"]["S"].removeprefix("ENTRIES#")
    return entry_from_json(item["record"]["S"], place=place, sequence=int(item["sequence"]["N"]))


def totals_key(budget_id: str, window_id: str) -> Mapping[str, Any]:
    """Of a budget window's totals."""
    return key(f"BUDGET#{budget_id}", f"TOTALS#{window_id}")


def add_to_totals(postings: Sequence[Posting]) -> Action:
    """Add postings, all of one budget window, to its totals."""
    first = postings[0]
    at = min(posting.at for posting in postings)
    update: Action = {
        "Update": {
            "Key": totals_key(first.budget_id, first.window_id),
            "UpdateExpression": (
                "SET #unit = :unit, #first = if_not_exists(#first, :at)"
                " ADD #posted :posted, #overrun :overrun, #estimated :estimated, #calls :calls"
            ),
            "ExpressionAttributeNames": {
                "#unit": "unit",
                "#first": "first_posted_at",
                "#posted": "posted",
                "#overrun": "overrun",
                "#estimated": "estimated",
                "#calls": "calls",
            },
            "ExpressionAttributeValues": {
                ":unit": {"S": first.unit.value},
                ":at": {"S": at.isoformat()},
                ":posted": number(sum(p.amount for p in postings)),
                ":overrun": number(sum(p.overrun for p in postings)),
                ":estimated": number(sum(p.estimated for p in postings)),
                ":calls": number(sum(p.calls for p in postings)),
            },
        }
    }
    return kept_for_a_while(update, first.window_id)


def totals_of(item: Item, budget_id: str, window_id: str) -> WindowTotals:
    """The totals of an item."""
    return WindowTotals(
        budget_id=budget_id,
        window_id=window_id,
        unit=Unit(item["unit"]["S"]),
        posted=int(item["posted"]["N"]),
        overrun=int(item["overrun"]["N"]),
        estimated=int(item["estimated"]["N"]),
        calls=int(item["calls"]["N"]),
        first_posted_at=datetime.fromisoformat(item["first_posted_at"]["S"]),
        alerted_percent=numbers_in(item.get("alerted_percent")),
    )


def spend_prefix(window_id: str) -> str:
    """What the sort keys of a window's breakdown begin with."""
    return f"SPEND#{window_id}#"


def spend_key(posting: Posting) -> Mapping[str, Any]:
    """Of the line of the breakdown that this posting is added to."""
    names = json.dumps([posting.team, posting.application, posting.model_id])
    digest = hashlib.sha256(names.encode()).hexdigest()[:32]
    return key(f"BUDGET#{posting.budget_id}", f"{spend_prefix(posting.window_id)}{digest}")


def add_to_spend(postings: Sequence[Posting]) -> Action:
    """Add postings, all of one line, to the breakdown."""
    first = postings[0]
    update: Action = {
        "Update": {
            "Key": spend_key(first),
            "UpdateExpression": (
                "SET #team = :team, #application = :application, #model = :model"
                " ADD #posted :posted, #calls :calls"
            ),
            "ExpressionAttributeNames": {
                "#team": "team",
                "#application": "application",
                "#model": "model",
                "#posted": "posted",
                "#calls": "calls",
            },
            "ExpressionAttributeValues": {
                ":team": {"S": first.team},
                ":application": {"S": first.application},
                ":model": {"S": first.model_id},
                ":posted": number(sum(p.amount for p in postings)),
                ":calls": number(sum(p.calls for p in postings)),
            },
        }
    }
    return kept_for_a_while(update, first.window_id)


def spend_line_of(item: Item) -> SpendLine:
    """One line of the breakdown."""
    return SpendLine(
        team=item["team"]["S"],
        application=item["application"]["S"],
        model_id=item["model"]["S"],
        posted=int(item["posted"]["N"]),
        calls=int(item["calls"]["N"]),
    )
