"""The emergency store on S3: conditional writes, and listings that are never stale.

| key | holds | written |
| --- | --- | --- |
| ``slots/<allowance>/<slot id>`` | the slot's ticket | by the sweep, which deletes it |
| ``claims/<day>/<slot id>`` | the call that took it; nothing, if the sweep did | once |
| ``ids/<digest>`` | the slot that a caller's request id stands for | once |
| ``outcomes/<slot id>`` | how its call ended, where the ledger could not be told | once |
| ``config`` | the configuration in force, with its version | by the sweep |

The digest is of the caller's account and request id, whose characters S3 or a proxy may not take.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.adapters.reservation_record import (
    milliseconds,
    moment_of,
    record_text,
    reservation_from_record,
    reservation_to_record,
    resolution_from_record,
    resolution_to_record,
)
from cost_sentry.adapters.s3_objects import S3Objects
from cost_sentry.adapters.ticket import read_ticket, ticket_of
from cost_sentry.application.emergency_ports import (
    Claim,
    Claimant,
    Slot,
    StoreUnavailable,
    StoreUnreadable,
    TakenId,
)
from cost_sentry.application.measure_document import measures_from_document, measures_to_document
from cost_sentry.application.ports import Stored
from cost_sentry.domain.emergency import SLOT_EXECUTION, slot_name_of
from cost_sentry.domain.reservation import Resolution

CONFIG = "config"
_SWEPT = b""
"""The sweep's claim is empty, so that a listing tells whose a claim is."""
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)

T = TypeVar("T")


class S3EmergencyStore:
    """``application.emergency_ports.EmergencyStore``."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    def slot_ids(self, allowance_id: str | None = None) -> Sequence[str]:
        """See the port."""
        prefix = "slots/" if allowance_id is None else f"slots/{allowance_id}/"
        names = (_slot_id(key) for key, _ in self._objects.listed(prefix))
        return sorted(name for name in names if slot_name_of(name))

    def slot(self, slot_id: str) -> Slot | None:
        """See the port."""
        return self._read(_slot_key(slot_id), _slot_from)

    def put_slot(self, slot: Slot) -> None:
        """See the port."""
        self._objects.put(_slot_key(slot.reservation.request_id), _body(_slot_record(slot)))

    def delete_slot(self, slot_id: str) -> None:
        """See the port."""
        self._objects.delete(_slot_key(slot_id))

    def claims(self, day: date, allowance_id: str | None = None) -> Mapping[str, Claimant]:
        """See the port. One listing: the size says whose a claim is."""
        prefix = f"claims/{day.isoformat()}/"
        if allowance_id is not None:
            prefix += f"{SLOT_EXECUTION}-{allowance_id}-{day.isoformat()}-"
        found = ((_slot_id(key), size) for key, size in self._objects.listed(prefix))
        return {
            slot_id: Claimant.CALL if size else Claimant.SWEEP
            for slot_id, size in found
            if (name := slot_name_of(slot_id)) and allowance_id in (None, name.allowance_id)
        }

    def claim(self, slot_id: str, claim: Claim | None) -> bool:
        """See the port."""
        body = _SWEPT if claim is None else _body(_claim_record(claim))
        if self._objects.put_new(_claim_key(slot_id), body):
            return True
        stands = self._there(_claim_key(slot_id))
        if claim is None or stands == _SWEPT:
            return claim is None and stands == _SWEPT
        return _parsed(stands, _claim_from, _claim_key(slot_id)).attempt == claim.attempt

    def claim_of(self, slot_id: str) -> Claim | None:
        """See the port."""
        body = self._objects.get(_claim_key(slot_id))
        return _parsed(body, _claim_from, _claim_key(slot_id)) if body else None

    def taken(self, account: str, request_id: str) -> TakenId | None:
        """See the port."""
        return self._read(_id_key(account, request_id), _taken_from)

    def take(self, account: str, request_id: str, taken: TakenId) -> TakenId:
        """See the port."""
        return self._first(_id_key(account, request_id), taken, _taken_record, _taken_from)

    def outcome(self, slot_id: str) -> Resolution | None:
        """See the port."""
        return self._read(_outcome_key(slot_id), resolution_from_record)

    def put_outcome(self, slot_id: str, resolution: Resolution) -> Resolution:
        """See the port."""
        key = _outcome_key(slot_id)
        return self._first(key, resolution, resolution_to_record, resolution_from_record)

    def config(self) -> Stored | None:
        """See the port."""
        return self._read(CONFIG, _stored_from)

    def put_config(self, stored: Stored) -> None:
        """See the port."""
        measures = measures_to_document(stored.measures)
        beside = {"measures": measures} if measures else {}
        record = {"version": stored.version, "document": stored.document, **beside}
        self._objects.put(CONFIG, _body(record))

    # ---- inside

    def _read(self, key: str, read: Callable[[Any], T]) -> T | None:
        body = self._objects.get(key)
        return None if body is None else _parsed(body, read, key)

    def _first(self, key: str, mine: T, record: Callable[[T], Any], read: Callable[[Any], T]) -> T:
        """What stands there once this was tried: mine, unless another was first."""
        if self._objects.put_new(key, _body(record(mine))):
            return mine
        return _parsed(self._there(key), read, key)

    def _there(self, key: str) -> bytes:
        body = self._objects.get(key)
        if body is None:
            raise StoreUnavailable(f"{key} was there and is gone")
        return body


def _slot_id(key: str) -> str:
    return key.rpartition("/")[2]


def _slot_key(slot_id: str) -> str:
    name = slot_name_of(slot_id)
    return f"slots/{name.allowance_id if name else '-'}/{slot_id}"


def _claim_key(slot_id: str) -> str:
    name = slot_name_of(slot_id)
    return f"claims/{name.day.isoformat() if name else '-'}/{slot_id}"


def _outcome_key(slot_id: str) -> str:
    return f"outcomes/{slot_id}"


def _id_key(account: str, request_id: str) -> str:
    return f"ids/{hashlib.sha256(f'{account}#{request_id}'.encode()).hexdigest()}"


def _stored_from(record: Any) -> Stored:  # noqa: ANN401 - parsed JSON
    measures = measures_from_document(record.get("measures", ()))
    return Stored(record["version"], record["document"], measures)


def _body(record: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    return record_text(record).encode()


def _parsed(body: bytes, read: Callable[[Any], T], key: str) -> T:
    try:
        return read(json.loads(body))
    except _UNREADABLE as error:
        why = f"{type(error).__name__}: {error}"
        raise StoreUnreadable(f"{key} in the emergency store cannot be read ({why})") from error


def _slot_record(slot: Slot) -> dict[str, str]:
    return ticket_of(slot.reservation, slot.price)


def _slot_from(record: dict[str, Any]) -> Slot:
    reservation, price = read_ticket(record)
    return Slot(reservation=reservation, price=price)


def _claim_record(claim: Claim) -> dict[str, Any]:
    held = claim.perhaps_held
    return {
        "account": claim.account,
        "id": claim.request_id,
        "attempt": claim.attempt,
        "at": milliseconds(claim.at),
        "decision": decision_text(claim.decision),
        "held": reservation_to_record(held) if held else None,
    }


def _claim_from(record: dict[str, Any]) -> Claim:
    at = moment_of(record["at"])
    held = record["held"]
    return Claim(
        account=record["account"],
        request_id=record["id"],
        attempt=record["attempt"],
        at=at,
        decision=recorded_decision_from(record["decision"], at).decision,
        perhaps_held=reservation_from_record(held) if held else None,
    )


def _taken_record(taken: TakenId) -> dict[str, Any]:
    return {
        "digest": taken.digest,
        "attempt": taken.attempt,
        "slot": _slot_record(taken.slot),
    }


def _taken_from(record: dict[str, Any]) -> TakenId:
    return TakenId(
        digest=record["digest"], attempt=record["attempt"], slot=_slot_from(record["slot"])
    )
