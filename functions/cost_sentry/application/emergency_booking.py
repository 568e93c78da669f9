"""What becomes of one slot: its call is booked, or its money goes back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.application.decision_log_ports import RejectionLog
from cost_sentry.application.emergency_ports import Claim, EmergencyStore, Slot
from cost_sentry.application.ports import Ledger
from cost_sentry.domain.emergency import UNUSED, given_back
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.reservation import ReservationState, Resolution, charged_in_full


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Every step may be repeated; a slot is deleted last, so that none is lost on the way."""

    ledger: Ledger
    store: EmergencyStore
    log: RejectionLog
    now: datetime
    hold_seconds: int

    def book(self, slot_id: str) -> bool:
        """Tell the ledger how the call of a claimed slot ended; whether that was possible.

        A call whose end nobody kept within ``hold_seconds`` is charged in full (P6), unless the
        ledger was told by then.
        """
        claim, slot = self.store.claim_of(slot_id), self.store.slot(slot_id)
        if slot is None or claim is None:
            return False
        ended = self.store.outcome(slot_id)
        if ended is None and self.now - claim.at < timedelta(seconds=self.hold_seconds):
            return False
        told = self._resolve(slot, ended or charged_in_full(slot.reservation, self.now))
        if ended is None:
            # Kept, so that whoever still comes to settle it hears the same. One that came
            # meanwhile, to a silent ledger, was told what he brought: that is true.
            kept = self.store.put_outcome(slot_id, told)
            told = told if kept == told else self._resolve(slot, kept)
        if told.reason != UNUSED:
            self._give_second_hold_back(claim, told)
            self.log.record(replace(claim.decision, reservation=slot.reservation), claim.at)
        self.store.delete_slot(slot_id)
        return True

    def _resolve(self, slot: Slot, ended: Resolution) -> Resolution:
        return self.ledger.resolve(slot.reservation, ended).resolved.resolution

    def _give_second_hold_back(self, claim: Claim, told: Resolution) -> None:
        """Only if the workflow resolved the slot: then its execution used that, and nothing else.

        One that nobody resolved proves nothing: the answer may have been lost, and another
        invocation may have gone on with what the ledger held. That expires by itself.
        """
        if claim.perhaps_held is None or told.state is ReservationState.EXPIRED:
            return
        try:
            self.ledger.resolve(claim.perhaps_held, given_back(self.now))
        except InvariantViolated:
            return  # It was never held.

    def give_back(self, slot_id: str) -> bool:
        """Void a slot that no call has, nor ever can; false if a call was first.

        The claim decides between a call and the sweep, not a clock.
        """
        if not self.store.claim(slot_id, None):
            return False
        slot = self.store.slot(slot_id)
        if slot is None:
            return False
        self.ledger.resolve(slot.reservation, given_back(self.now))
        self.store.delete_slot(slot_id)
        return True
