"""``EmergencyStore`` in dictionaries, with what can go wrong on demand."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from cost_sentry.application.emergency_ports import (
    Claim,
    Claimant,
    Slot,
    StoreUnavailable,
    TakenId,
)
from cost_sentry.application.ports import Stored
from cost_sentry.domain.emergency import slot_name_of
from cost_sentry.domain.reservation import Resolution

T = TypeVar("T")


class MemoryEmergencyStore:
    """Set ``down`` to make every call fail.

    ``trouble`` is asked before and after each call, with its name; whatever it raises is what the
    caller hears. After the call means that an answer was lost.
    """

    def __init__(self) -> None:
        self.down = False
        self.calls: list[str] = []
        self.trouble: Callable[[str, bool], None] = lambda _call, _done: None
        self._lock = threading.RLock()
        self._slots: dict[str, Slot] = {}
        self._claims: dict[str, Claim | None] = {}
        self._ids: dict[tuple[str, str], TakenId] = {}
        self._outcomes: dict[str, Resolution] = {}
        self._config: tuple[str, Mapping[str, object]] | None = None

    def slot_ids(self, allowance_id: str | None = None) -> Sequence[str]:
        return self._do("slot_ids", lambda: sorted(self._of(self._slots, allowance_id)))

    def slot(self, slot_id: str) -> Slot | None:
        return self._do("slot", lambda: self._slots.get(slot_id))

    def put_slot(self, slot: Slot) -> None:
        self._do("put_slot", lambda: self._slots.update({slot.reservation.request_id: slot}))

    def delete_slot(self, slot_id: str) -> None:
        self._do("delete_slot", lambda: self._slots.pop(slot_id, None))

    def claims(self, day: date, allowance_id: str | None = None) -> Mapping[str, Claimant]:
        return self._do("claims", lambda: self._claims_of(day, allowance_id))

    def claim(self, slot_id: str, claim: Claim | None) -> bool:
        return self._do("claim", lambda: self._claim(slot_id, claim))

    def claim_of(self, slot_id: str) -> Claim | None:
        return self._do("claim_of", lambda: self._claims.get(slot_id))

    def taken(self, account: str, request_id: str) -> TakenId | None:
        return self._do("taken", lambda: self._ids.get((account, request_id)))

    def take(self, account: str, request_id: str, taken: TakenId) -> TakenId:
        return self._do("take", lambda: self._ids.setdefault((account, request_id), taken))

    def outcome(self, slot_id: str) -> Resolution | None:
        return self._do("outcome", lambda: self._outcomes.get(slot_id))

    def put_outcome(self, slot_id: str, resolution: Resolution) -> Resolution:
        return self._do("put_outcome", lambda: self._outcomes.setdefault(slot_id, resolution))

    def config(self) -> Stored | None:
        return self._do("config", lambda: self._config)

    def put_config(self, stored: Stored) -> None:
        self._do("put_config", lambda: setattr(self, "_config", stored))

    # ---- what tests ask

    def handed_out(self) -> set[str]:
        """Slots that a call has claimed."""
        return {slot_id for slot_id, claim in self._claims.items() if claim}

    # ---- inside

    def _do(self, call: str, work: Callable[[], T]) -> T:
        self.calls.append(call)
        self.trouble(call, False)
        if self.down:
            raise StoreUnavailable("the store is down")
        with self._lock:
            answer = work()
        self.trouble(call, True)
        return answer

    @staticmethod
    def _of(names: Mapping[str, object], allowance_id: str | None) -> list[str]:
        known = {slot_id: slot_name_of(slot_id) for slot_id in names}
        return [
            slot_id
            for slot_id, name in known.items()
            if name and allowance_id in (None, name.allowance_id)
        ]

    def _claims_of(self, day: date, allowance_id: str | None) -> Mapping[str, Claimant]:
        of_day = [
            slot_id
            for slot_id in self._of(self._claims, allowance_id)
            if (name := slot_name_of(slot_id)) and name.day == day
        ]
        return {
            slot_id: Claimant.CALL if self._claims[slot_id] else Claimant.SWEEP
            for slot_id in of_day
        }

    def _claim(self, slot_id: str, claim: Claim | None) -> bool:
        if slot_id not in self._claims:
            kept = claim and replace(claim, decision=_kept(claim))
            self._claims[slot_id] = kept
            return True
        first = self._claims[slot_id]
        if first is None or claim is None:
            return first is claim
        return first.attempt == claim.attempt


def _kept(claim: Claim):
    """What a store keeps of a decision: none of what it can be asked for elsewhere."""
    return replace(
        claim.decision,
        reservation=None,
        price=None,
        path=None,
        output_limit_tokens=None,
        output_limit_asked_tokens=None,
        uncounted=(),
        state=None,
    )
