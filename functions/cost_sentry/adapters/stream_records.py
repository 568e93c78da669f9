"""Records of the table's stream as the entries that they carry.

The stream carries every item of the table. Only new versions of shards' items are entries;
a split or ``forget`` makes a version without one, told by its unchanged sequence. Refusals and
reroutes that found a budget used up come along, and marks that say how far the stream has come.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cost_sentry.adapters.decision_record import used_up_of
from cost_sentry.adapters.dynamodb_usage_cursors import TICK_PK, mark_in
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.application.projection import StreamedEntry
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.shard import place_of
from cost_sentry.domain.spend import RESOLVING_KINDS

_ACCOUNT, _REQUEST = "ACCOUNT#", "REQUEST#"


def streamed_entries(event: Mapping[str, Any]) -> tuple[StreamedEntry, ...]:
    """The entries and refusals of a DynamoDB stream event, in its order.

    A record of an account item that holds no readable entry is given as such, with the problem;
    records of other items, deletions and shapes that are no record are left out.
    """
    records: Sequence[Any] = event.get("Records") or ()
    return tuple(entry for record in records for entry in _streamed(record))


def failures(record_ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """Lambda's partial batch answer; the stream goes on from the first of these records."""
    return {"batchItemFailures": [{"itemIdentifier": record_id} for record_id in record_ids]}


def _streamed(record: object) -> tuple[StreamedEntry, ...]:
    change = _part(record, "dynamodb")
    pk = _part(_part(change, "Keys"), "pk").get("S")
    if isinstance(pk, str) and pk.startswith(_REQUEST):
        return _refusal(change)
    if pk == TICK_PK:
        return _mark(change)
    if not isinstance(pk, str) or not pk.startswith(_ACCOUNT) or not _is_new(change):
        return ()
    place = _place(change, pk)
    record_id = str(change.get("SequenceNumber", ""))
    try:
        entry = _entry(_part(change, "NewImage"), place)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        problem = f"account {place!r}: its item holds no readable entry: {error}"
        return (StreamedEntry(record_id=record_id, place=place, entry=None, problem=problem),)
    return (StreamedEntry(record_id=record_id, place=place, entry=entry),)


def _place(change: Mapping[str, Any], pk: str) -> str:
    shard = str(_part(_part(change, "Keys"), "sk").get("S", "")).removeprefix("SHARD#")
    return place_of(pk.removeprefix(_ACCOUNT), shard)


def _refusal(change: Mapping[str, Any]) -> tuple[StreamedEntry, ...]:
    """A refusal that found a budget used up, by the account of its key; else nothing."""
    used_up = used_up_of(_part(change, "NewImage"))
    if used_up is None:
        return ()
    account = str(_part(_part(change, "Keys"), "sk").get("S", "")).partition("#")[0]
    record_id = str(change.get("SequenceNumber", ""))
    return (StreamedEntry(record_id=record_id, place=account, entry=None, used_up=used_up),)


def _mark(change: Mapping[str, Any]) -> tuple[StreamedEntry, ...]:
    """A mark of the comparison of usage; else nothing."""
    mark = mark_in(_part(change, "NewImage"))
    if mark is None:
        return ()
    record_id = str(change.get("SequenceNumber", ""))
    return (StreamedEntry(record_id=record_id, place=TICK_PK, entry=None, mark=mark),)


def _is_new(change: Mapping[str, Any]) -> bool:
    """Whether this version has an entry of its own: not a new, empty account, and not a tidying."""
    before, after = _part(change, "OldImage"), _part(change, "NewImage")
    if not after or ("entry" not in after and after.get("sequence") == {"N": "0"}):
        return False
    return not before or before.get("sequence") != after.get("sequence")


def _part(whole: object, name: str) -> Mapping[str, Any]:
    """A member that is a map; an empty one if there is none."""
    part = whole.get(name) if isinstance(whole, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _entry(image: Mapping[str, Any], place: str) -> LedgerEntry:
    entry = ShardState.of({**image, **place_key(place)}).last_entry()
    if entry is None:
        raise ValueError("it has none")
    held, ended = entry.reservation, entry.resolution
    resolves, reserves = entry.kind in RESOLVING_KINDS, entry.kind is EntryKind.RESERVE
    if (resolves or reserves) != (held is not None) or resolves != (ended is not None):
        raise ValueError(f"a {entry.kind} entry must say what it was about")
    if held is not None and held.place != place:
        raise ValueError(f"its reservation belongs to account {held.place!r}")
    return entry
