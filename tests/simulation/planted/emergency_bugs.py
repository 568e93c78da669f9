"""Mistakes in what is set aside for outages: handed out, used, booked, given back."""

from dataclasses import replace
from typing import Any

import pytest

from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
from cost_sentry.adapters.s3_objects import S3Objects
from cost_sentry.application import emergency_admission, expire_reservations
from cost_sentry.application.emergency_admission import EmergencyAdmission
from cost_sentry.application.emergency_booking import Booking
from cost_sentry.application.emergency_ports import Slot
from cost_sentry.application.keep_emergency_allowances import _Run
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.emergency import given_back, slot_name_of
from cost_sentry.domain.reservation import ReservationState, charged_in_full
from tests.simulation.audit import broken
from tests.simulation.planted import outages as planted
from tests.simulation.planted.bug import CALM, Bugs

bugs = Bugs()


def _unconditional(patch: pytest.MonkeyPatch, prefix: str) -> None:
    """Objects of this kind are written whatever stands there."""
    put_new = S3Objects.put_new

    def put(self: S3Objects, key: str, body: bytes) -> bool:
        if not key.startswith(prefix):
            return put_new(self, key, body)
        self.put(key, body)
        return True

    patch.setattr(S3Objects, "put_new", put)


@bugs.caught_by(broken.HANDED_OUT_ONCE, planted.silent, CALM)
def a_claim_without_a_condition(patch: pytest.MonkeyPatch) -> None:
    """A slot is claimed whoever has it."""
    _unconditional(patch, "claims/")


@bugs.caught_by(broken.HANDED_OUT_ONCE, planted.silent, CALM)
def anothers_claim_is_read_as_mine(patch: pytest.MonkeyPatch) -> None:
    """A claim that stands already is taken for one whose answer was lost."""
    claim = S3EmergencyStore.claim
    patch.setattr(
        S3EmergencyStore,
        "claim",
        lambda self, slot_id, mine: claim(self, slot_id, mine) or mine is not None,
    )


@bugs.caught_by(broken.SLOT_PENDING, planted.half_swept, {"skewed": 1.0})
def the_sweep_voids_without_claiming(patch: pytest.MonkeyPatch) -> None:
    """A slot that nobody wants is given back while a call may still claim it."""

    def give_back(self: Booking, slot_id: str) -> bool:
        slot = self.store.slot(slot_id)
        assert slot is not None
        self.ledger.resolve(slot.reservation, given_back(self.now))
        self.store.delete_slot(slot_id)
        return True

    patch.setattr(Booking, "give_back", give_back)


@bugs.caught_by(broken.COVERED, planted.long_prompts, CALM)
def a_slot_for_shorter_prompts(patch: pytest.MonkeyPatch) -> None:
    """A slot is used above its input bound."""
    within = emergency_admission._within

    def cut(candidate: Any, prepaid: Any, *given: Any) -> Any:
        bound = min(candidate.input_bound_tokens, prepaid.allowance.input_tokens_max)
        return within(candidate.within(input_bound_tokens=bound), prepaid, *given)

    patch.setattr(emergency_admission, "_within", cut)


@bugs.caught_by(broken.HELD_IN_EVERY_BUDGET, planted.narrow_budgets, CALM)
def a_budget_that_the_slot_does_not_hold(patch: pytest.MonkeyPatch) -> None:
    """A call is paid for by a slot that holds nothing in one of the call's budgets."""
    patch.setattr(emergency_admission, "lacks", lambda _slot, _call: None)


@bugs.caught_by(broken.SAME_ANSWER, planted.silent, CALM)
def ids_are_not_remembered_in_an_outage(patch: pytest.MonkeyPatch) -> None:
    """The same id gets a slot of its own each time it comes."""
    patch.setattr(S3EmergencyStore, "take", lambda _self, _account, _id, mine: mine)


@bugs.caught_by(broken.NOT_SILENTLY, planted.silent, CALM)
def an_emergency_is_answered_like_any_call(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told that an emergency allowance paid."""
    decision = emergency_admission._decision
    patch.setattr(
        emergency_admission,
        "_decision",
        lambda *given: replace(decision(*given), code=ReasonCode.WITHIN_BUDGETS),
    )


@bugs.caught_by(broken.DAILY_MAX, planted.changed_between, CALM)
def a_changed_allowance_begins_anew(patch: pytest.MonkeyPatch) -> None:
    """Calls that were used today are set aside again as soon as the allowance is another one."""
    set_aside = _Run._set_aside
    patch.setattr(_Run, "_set_aside", lambda self, prepaid, _left, _claims: _anew(self, prepaid))

    def _anew(run: _Run, prepaid: Any) -> None:
        set_aside(run, prepaid, (), {})


@bugs.caught_by(broken.HELPS, planted.silent, CALM)
def one_slot_is_tried_and_no_other(patch: pytest.MonkeyPatch) -> None:
    """Whoever meets another caller at a slot is refused although others are free."""
    free = EmergencyAdmission._free
    patch.setattr(EmergencyAdmission, "_free", lambda self, *given: free(self, *given)[:1])


@bugs.caught_by(broken.HELD_BEFORE_ALLOWED, planted.silent, CALM)
def offered_before_it_is_held(patch: pytest.MonkeyPatch) -> None:
    """The slot is put into the store first, and reserved afterwards."""
    set_one_aside = _Run._set_one_aside

    def offer_first(self: _Run, calls: Any, name: Any, now: Any) -> Any:
        held = calls.reservation(name, self._run_id, now)
        self._on.store.put_slot(Slot(reservation=held, price=calls.price))
        return set_one_aside(self, calls, name, now)

    patch.setattr(_Run, "_set_one_aside", offer_first)


@bugs.caught_by(broken.NEVER_FREE, planted.silent, CALM)
def an_outcome_is_booked_as_void(patch: pytest.MonkeyPatch) -> None:
    """A call's end is kept, and its slot is given back all the same."""
    outcome = S3EmergencyStore.outcome

    def void(self: S3EmergencyStore, slot_id: str) -> Any:
        found = outcome(self, slot_id)
        return found and given_back(found.resolved_at)

    patch.setattr(S3EmergencyStore, "outcome", void)


@bugs.caught_by(broken.KEPT_IS_BOOKED, planted.silent, {"duplicate": 0.5})
def the_last_outcome_counts(patch: pytest.MonkeyPatch) -> None:
    """Each settlement of a call takes the place of the one before, and may be booked besides it."""
    _unconditional(patch, "outcomes/")


@bugs.caught_by(broken.KEPT_IS_BOOKED, planted.settled_twice, CALM)
def kept_before_the_ledger_is_asked(patch: pytest.MonkeyPatch) -> None:
    """The sweep keeps that a call is charged in full before it asks what the ledger was told."""
    resolve = Booking._resolve

    def keep_first(self: Booking, slot: Slot, ended: Any) -> Any:
        kept = self.store.put_outcome(slot.reservation.request_id, ended)
        return resolve(self, slot, kept)

    patch.setattr(Booking, "_resolve", keep_first)


@bugs.caught_by(broken.UNUSED_IS_FREE, planted.midnight, CALM)
def slots_of_a_past_day_are_charged(patch: pytest.MonkeyPatch) -> None:
    """What was set aside and not used is settled at its quote."""

    def charge(self: Booking, slot_id: str) -> bool:
        slot = self.store.slot(slot_id)
        if slot is None or not self.store.claim(slot_id, None):
            return False
        whole = charged_in_full(slot.reservation, self.now)
        self.ledger.resolve(slot.reservation, replace(whole, state=ReservationState.SETTLED))
        self.store.delete_slot(slot_id)
        return True

    patch.setattr(Booking, "give_back", charge)


@bugs.caught_by(broken.UNUSED_IS_FREE, planted.lost_slots, {"killed": 0.1})
def slots_lost_on_their_way_are_charged(patch: pytest.MonkeyPatch) -> None:
    """A slot that expires is charged in full, also if it was never offered to anybody."""
    patch.setattr(expire_reservations, "is_slot", lambda _held: False)


@bugs.caught_by(broken.EXPIRED_LATE_ENOUGH, planted.silent, {"dead_execution": 0.1})
def charged_in_full_at_once(patch: pytest.MonkeyPatch) -> None:
    """The sweep does not wait for the end of a call that may still run."""
    made = Booking.__init__
    patch.setattr(
        Booking, "__init__", lambda self, **given: made(self, **{**given, "hold_seconds": 0})
    )


@bugs.caught_by(broken.SLOTS_BOOKED, planted.midnight, CALM)
def slots_of_a_past_day_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The sweep looks at today's slots only; those of yesterday hold their money."""
    ended = _Run._ended

    def todays(self: _Run, slot_id: str, wanted: Any, claims: Any) -> bool:
        name = slot_name_of(slot_id)
        is_past = name is not None and name.day < self._now.date()
        return False if is_past and slot_id not in claims else ended(self, slot_id, wanted, claims)

    patch.setattr(_Run, "_ended", todays)


@bugs.caught_by(broken.SET_ASIDE, planted.one_too_dear, CALM)
def one_shortage_ends_the_sweep(patch: pytest.MonkeyPatch) -> None:
    """An allowance that its budget cannot pay for keeps the others from being set aside."""
    set_aside = _Run._set_aside_calls

    def stops(self: _Run, *given: Any) -> None:
        set_aside(self, *given)
        if self._upkeep.problems:
            self._changes_max = 0

    patch.setattr(_Run, "_set_aside_calls", stops)


@bugs.caught_by(broken.RESOLVED_IN_TIME, planted.midnight, CALM)
def claims_of_a_past_day_are_not_read(patch: pytest.MonkeyPatch) -> None:
    """A call's slot of yesterday is taken for one that nobody has, and stays as it is."""
    of_day = _Run._claims
    patch.setattr(_Run, "_claims", lambda self, _there, prepaid: of_day(self, (), prepaid))
