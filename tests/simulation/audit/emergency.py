"""Checks what happens without the ledger: who gets a slot, what it pays for, what becomes of it.

It listens to the bucket as the auditor listens to the table, and knows which configurations people
put in force; what the ledger holds it asks the auditor's own truth.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from cost_sentry.domain.sentry_config import SentryConfig
from tests.simulation import ledger_records as records
from tests.simulation import store_reader as reader
from tests.simulation.audit import broken, emergency_cover
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Story
from tests.simulation.store_reader import Claimed, Outcome, SlotId, Taken
from tests.simulation.world import latencies
from tests.simulation.world.bedrock import ModelCall

_NEVER_CHANGED = (reader.CLAIMS, reader.IDS, reader.OUTCOMES)
SKEW = timedelta(seconds=latencies.SKEW_SECONDS_MAX)
SWEPT_WITHIN = SKEW + timedelta(minutes=EXPIRY_EVERY_MINUTES + 1)


class EmergencyAudit:
    """Args:
    auditor: who knows what the ledger holds.
    configs: all that are put in force in this seed.
    start: the true time at which virtual time is 0.
    """

    def __init__(self, auditor: Auditor, configs: Sequence[SentryConfig], start: datetime) -> None:
        self._auditor = auditor
        self._truth = auditor.truth
        self._configs = configs
        self._start = start
        self._hold_ms = 1_000 * min(config.hold_seconds for config in configs)
        self._offered: set[str] = set()
        self._claims: dict[str, Claimed] = {}
        self._ids: dict[str, Taken] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._told: set[tuple[str, Outcome]] = set()
        self._executions: dict[tuple[str, str], str] = {}
        """Who was allowed to call under a caller's id."""
        self._called: dict[tuple[str, Any, int], str] = {}
        """The slot that was called with, by allowance, day and index."""

    # ---- the bucket

    def __call__(self, key: str, before: bytes | None, after: bytes | None) -> None:
        """One change."""
        self._auditor.checks += 1
        if key.startswith(_NEVER_CHANGED) and before is not None and before != after:
            check = broken.HANDED_OUT_ONCE if key.startswith(reader.CLAIMS) else broken.SAME_ANSWER
            check = broken.KEPT_IS_BOOKED if key.startswith(reader.OUTCOMES) else check
            raise BrokenPromise(check, f"{key} is written over")
        slot = reader.slot_named(key)
        if key.startswith(reader.SLOTS):
            self._note_offer(slot, is_offered=after is not None)
        elif key.startswith(reader.CLAIMS) and after is not None:
            self._note_claim(slot, reader.claimed(after))
        elif key.startswith(reader.IDS) and after is not None:
            self._ids[key] = reader.taken(after)
        elif key.startswith(reader.OUTCOMES) and after is not None:
            self._outcomes[slot] = reader.outcome(after)

    def _note_offer(self, slot: str, *, is_offered: bool) -> None:
        if not is_offered:
            self._offered.discard(slot)
            return
        if self._story(slot) is None:
            raise BrokenPromise(broken.HELD_BEFORE_ALLOWED, f"{slot} is offered and not held")
        self._offered.add(slot)
        self._auditor.met["slots offered"] += 1

    def _note_claim(self, slot: str, claim: Claimed) -> None:
        self._claims[slot] = claim
        if claim.is_calls:
            self._truth.due_ms[slot] = claim.at_ms + self._hold_ms

    def _story(self, slot: str) -> Story | None:
        """A slot's id is its own, whatever its account."""
        return next((s for (_, name), s in self._truth.stories.items() if name == slot), None)

    # ---- answers

    def is_slots(self, decision: Decision) -> bool:
        """Whether a slot was decided about, and not a reservation of the call's own."""
        held = decision.reservation
        return held is not None and reader.slot_id(held.request_id) is not None

    def knows_otherwise(self, request: InvocationRequest) -> bool:
        """Whether the caller's id stands for other content in the store."""
        taken = self._ids.get(reader.id_key(request.account, request.request_id))
        return taken is not None and taken.digest != request.digest

    def decided(
        self, request: InvocationRequest, attempt: str, decision: Decision, began: int
    ) -> None:
        """A slot is the answer; ``began`` is when the question was asked."""
        self._auditor.checks += 6
        name = f"{request.request_id} of {request.account}"
        if decision.replayed:
            taken = self._ids.get(reader.id_key(request.account, request.request_id))
            if taken is None or taken.digest != request.digest:
                raise BrokenPromise(broken.SAME_ANSWER, f"{name} is answered, it stood for {taken}")
            return
        assert decision.reservation is not None
        slot = decision.reservation.request_id
        story, claim = self._story(slot), self._claims.get(slot, Claimed())
        execution = attempt.partition(".")[0]
        if story is None or story.held.quote != decision.reservation.quote_picodollars:
            raise BrokenPromise(broken.HELD_BEFORE_ALLOWED, f"{name} gets {slot}: {story}")
        if (claim.account, claim.request_id, claim.execution) != (
            request.account,
            request.request_id,
            execution,
        ):
            raise BrokenPromise(broken.HANDED_OUT_ONCE, f"{name} gets {slot}, which is {claim}'s")
        if decision.code is not ReasonCode.EMERGENCY_ALLOWANCE:
            raise BrokenPromise(broken.NOT_SILENTLY, f"{name} is allowed {slot}: {decision.code}")
        first = self._executions.setdefault((request.account, request.request_id), execution)
        if first != execution:
            raise BrokenPromise(broken.SAME_ANSWER, f"{name} is allowed to {first} and {execution}")
        moments = self._moments(began)
        emergency_cover.check(request, decision, story.held, self._configs, moments)
        self._auditor.met["calls that slots pay for"] += 1

    def _moments(self, began: int) -> tuple[datetime, ...]:
        """What clocks may have shown from a question to its answer."""
        first, last = self._at(began), self._at(self._truth.now())
        return (first - SKEW, first, last, last + SKEW)

    def _at(self, now: int) -> datetime:
        return self._start + timedelta(microseconds=now)

    def check_helps(self, request: InvocationRequest, decision: Decision, began: int) -> None:
        """Nothing goes wrong but the ledger's outage, and the answer is no."""
        if decision.code is not ReasonCode.LEDGER_UNAVAILABLE:
            return
        moments = self._moments(began)
        for slot in sorted(self._offered - self._claims.keys()):
            story, named = self._story(slot), reader.slot_id(slot)
            is_free = story is not None and story.ended is None and named is not None
            if is_free and emergency_cover.would_pay(request, slot, self._configs, moments):
                detail = f"{request.request_id} is refused while {slot} is free: {decision.message}"
                raise BrokenPromise(broken.HELPS, detail)

    def check_in_outage(self, request: InvocationRequest, decision: Decision) -> None:
        """An answer whose whole question fell into an outage of the ledger."""
        self._auditor.checks += 1
        if decision.kind is not DecisionKind.REJECT and not self.is_slots(decision):
            detail = f"{request.request_id} is answered {decision.code} without ledger and slot"
            raise BrokenPromise(broken.NOT_SILENTLY, detail)

    def call_started(self, call: ModelCall) -> None:
        """The model is asked."""
        named = reader.slot_id(call.request_id)
        if named is None:
            return
        self._auditor.checks += 2
        story = self._truth.stories[(call.account, call.request_id)]
        # One that was charged in full because its call began so late is charged all the same.
        if story.ended is not None and story.ended.state != records.EXPIRED:
            detail = f"{call.request_id} is called with, it is {story.ended.state}"
            raise BrokenPromise(broken.SLOT_PENDING, detail)
        self._check_daily(named, call.request_id)

    def _check_daily(self, named: SlotId, slot: str) -> None:
        key = (named.allowance, named.day, named.index)
        other = self._called.setdefault(key, slot)
        allowances = [a for config in self._configs for a in config.emergency_allowances]
        most = max((a.calls_per_day for a in allowances if a.id == named.allowance), default=0)
        if other != slot or named.index >= most:
            detail = f"{slot} is called with after {other}, of {most} a day"
            raise BrokenPromise(broken.DAILY_MAX, detail)

    def kept(self, slot: str, resolution: Any) -> None:
        """Somebody was told that this is how the call ended."""
        state, cost = resolution.state.value, resolution.cost_picodollars
        self._told.add((slot, Outcome(state, cost, resolution.estimated)))
        self._auditor.met["ends kept for the ledger"] += 1

    # ---- the end

    def awaited(self, held: records.Held) -> bool:
        """Whether this reservation must end soon: all must but slots that no call has."""
        if reader.slot_id(held.request_id) is None:
            return True
        return self._claims.get(held.request_id, Claimed()).is_calls

    def check_end(self, in_force: SentryConfig) -> None:
        """Once everything is healed and swept."""
        now = self._at(self._truth.now())
        for (_, slot), story in self._truth.stories.items():
            named = reader.slot_id(slot)
            if named is not None:
                self._auditor.checks += 1
                self._check_slot(slot, named, story, now)
        for slot, outcome in [*self._told, *self._outcomes.items()]:
            self._check_kept(slot, outcome)
        days = {moment.date() for moment in (now - SWEPT_WITHIN, now + SKEW)}
        if len(days) == 1:
            self._check_set_aside(in_force, now)
        self._count_charged_twice()

    def _check_set_aside(self, config: SentryConfig, now: datetime) -> None:
        there = {
            (named.allowance, named.day, named.index)
            for slot in self._offered | {s for s, claim in self._claims.items() if claim.is_calls}
            if (named := reader.slot_id(slot))
        }
        for one in config.emergency_allowances:
            self._auditor.checks += 1
            wanted = {(one.id, now.date(), index) for index in range(one.calls_per_day)}
            holds = emergency_cover.holds_of(one, config, now)
            can_pay = holds and all((self._truth.left(p) or 0) >= n for p, n in holds.items())
            if can_pay and not wanted <= there:
                detail = f"{sorted(wanted - there)} could be held: {holds}"
                raise BrokenPromise(broken.SET_ASIDE, detail)

    def _count_charged_twice(self) -> None:
        """Not promised: what the ledger held besides may have expired before a sweep could come."""
        for slot, claim in self._claims.items():
            own = self._truth.stories.get((claim.account, claim.request_id))
            if claim.perhaps_held and own and own.held.execution == claim.execution:
                slots = self._story(slot)
                costs = [s.ended.cost for s in (own, slots) if s is not None and s.ended]
                how = "charged besides" if all(costs) else "given back"
                self._auditor.met[f"held besides, {how}"] += 1

    def _check_slot(self, slot: str, named: SlotId, story: Story, now: datetime) -> None:
        claim, ended = self._claims.get(slot, Claimed()), story.ended
        is_offered = slot in self._offered
        if ended is None:
            lost = not is_offered and story.held.expires_at_ms > now.timestamp() * 1_000
            self._auditor.met["slots lost on their way"] += lost
            if claim.is_calls or not (lost or (is_offered and named.day >= now.date())):
                detail = f"{slot} is pending at {now:%F %T}, claimed by {claim}"
                raise BrokenPromise(broken.SLOTS_BOOKED, detail)
            return
        if is_offered:
            raise BrokenPromise(broken.SLOTS_BOOKED, f"{slot} is offered, it is {ended.state}")
        if not claim.is_calls and ended.cost:
            detail = f"{slot} is charged {ended.cost}, and no call had it"
            raise BrokenPromise(broken.UNUSED_IS_FREE, detail)
        guessed = ended.is_estimated or ended.state == records.EXPIRED
        if guessed and ended.cost != story.held.quote:
            detail = f"{slot} ended as nobody knows, and is charged {ended.cost}"
            raise BrokenPromise(broken.NEVER_FREE, detail)

    def _check_kept(self, slot: str, outcome: Outcome) -> None:
        """What the sweep itself keeps before it charges in full was told to nobody."""
        story = self._story(slot)
        was_told = (slot, outcome) in self._told
        by_sweep = outcome.state == records.EXPIRED and not was_told
        if story is None or (not by_sweep and (outcome.state, outcome.cost) not in story.told):
            detail = f"{slot}: {outcome} was kept, and {story and story.told} is booked"
            raise BrokenPromise(broken.KEPT_IS_BOOKED, detail)
