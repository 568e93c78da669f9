"""The steps of an endpoint that sleeps, until it has answered, or sleeps on."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.endpoint_ports import (
    WILL_NOT,
    EndpointBusy,
    EndpointDenied,
    EndpointFault,
    EndpointFigures,
    EndpointRefused,
    Endpoints,
    EndpointThrottled,
)
from cost_sentry.application.late_wakes import PUT_BACK, SERVES_IN_PART, LateWakes
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.wake_money import WakeMoney, WakeRefused
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Likeness
from cost_sentry.domain.endpoint_sleep import (
    ANSWERS,
    SleepRecord,
    SleepState,
    answered,
    asking,
    begun,
    moved,
    paid,
    put_off,
    unasked,
    with_saving,
    woken,
)
from cost_sentry.domain.sleep_tries import gave_up

OTHERWISE = (
    "its owner has made it otherwise than it was when it fell asleep; its scaling rules of then"
    " were not put back"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waking:
    """One step each, from the record to the one that follows; ``None``: there is but to wait."""

    endpoints: Endpoints
    figures: EndpointFigures
    money: WakeMoney
    notices: SleepNotices
    clock: Clock

    def sleep_on(self, mine: SleepRecord, wake: str | None) -> SleepRecord | None:
        """Wake it if ``wake`` says why; end its sleep if its owner has."""
        now = self.clock.now()
        if mine.is_asking and (wake is None or self.money.why_not(mine, now)):
            return unasked(mine, now, id_is_used=self.money.hold_nothing(mine, now))
        seen = self.endpoints.look(mine.endpoint)
        if mine.held is not None:
            return self._paid(mine, now)
        if ended := self._ended_by_owner(mine, seen, now):
            return ended
        state = seen.state if seen else EndpointState.ASLEEP
        if wake is not None and state is EndpointState.FAILED:
            self.endpoints.take_back(mine.snapshot)
        if wake is None or state is not EndpointState.ASLEEP:
            return None
        return self._woken_if_paid(mine, wake, now)

    def _woken_if_paid(self, mine: SleepRecord, wake: str, now: datetime) -> SleepRecord:
        """That the ledger is asked is on record before it is; what refuses without it is told."""
        if not mine.is_asking and self.money.why_not(mine, now) is None:
            return asking(mine, now)
        held = self.money.hold(mine, now)
        if isinstance(held, WakeRefused):
            self.notices.tell_refused(mine, held)
            return put_off(mine, now, held.reason, id_is_used=held.id_is_used)
        return woken(mine, held, now, wake, self.money.prices)

    def _ended_by_owner(
        self, mine: SleepRecord, seen: Endpoint | None, now: datetime
    ) -> SleepRecord | None:
        """What its owner has made meanwhile is the owner's: nothing of it is touched."""
        if seen is None:
            if mine.snapshot.endpoint.kind is EndpointKind.PLAIN:
                return None
            self.endpoints.let_go(mine.snapshot)
            return self._closed(mine, "its owner deleted it", now, now)
        if self._is_anew(mine, seen):
            self.endpoints.let_go(mine.snapshot)
            return self._closed(mine, "its owner made it anew", seen.made_at, now)
        if seen.state is EndpointState.IN_SERVICE:
            return self._closed(mine, self._left_awake(mine), seen.changed_at or now, now)
        return None

    def _left_awake(self, mine: SleepRecord) -> str:
        """That it is in service ends its sleep, whatever could not be made as it was."""
        like = self.endpoints.likeness(mine.snapshot)
        if like is None or not like.is_same:
            self.endpoints.let_go(mine.snapshot)
            return OTHERWISE
        try:
            self.endpoints.finish(mine.snapshot)
        except WILL_NOT as error:
            self.endpoints.let_go(mine.snapshot)
            return f"somebody else woke it; not all of it could be made as it was: {error}"
        return "somebody else woke it"

    def _is_anew(self, mine: SleepRecord, seen: Endpoint) -> bool:
        """A plain endpoint in service is none of the sentry's: it has put back all of its own."""
        if mine.snapshot.endpoint.kind is EndpointKind.COMPONENTS:
            return seen.made_at != mine.snapshot.endpoint.made_at
        is_theirs = seen.state is EndpointState.FAILED and seen.made_at > mine.since
        return seen.state is EndpointState.IN_SERVICE or is_theirs

    def restore(self, mine: SleepRecord) -> SleepRecord | None:
        """Make it again, and see that it answers; or give up after the deadline."""
        now = self.clock.now()
        if charged := self._late.posted_in_time(mine, now):
            return charged
        seen = self.endpoints.look(mine.endpoint)
        self._late.tell_overdue(mine, seen, now)
        if seen is None or seen.state is EndpointState.ASLEEP:
            if self._late.is_late(mine, now):
                return gave_up(mine, now, f"{self._late.in_words()}, {PUT_BACK}")
            return self._do_restore(mine, now)
        if seen.state in {EndpointState.IN_SERVICE, EndpointState.FAILED}:
            return self._made(mine, seen, now)
        return self._being_made(mine, seen, now)

    def _being_made(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        """It is on the way. If a run died over the order, this shows that it was taken.

        What serves callers by the deadline does not hang, though not all of it has come up.
        """
        if mine.has_begun and not self._late.is_late(mine, now):
            return None
        like = self.endpoints.likeness(mine.snapshot)
        if like is None or not like.is_same:
            return None
        if not mine.has_begun:
            return begun(mine, now)
        if not like.is_whole:
            return self._wholly(mine, seen, now)
        if not self._late.serves(mine, seen, now):
            return self._late.hangs(mine, seen, now)
        return answered(mine, now, f"{SERVES_IN_PART}{self._as_it_was(mine, like, now)}")

    def _made(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        like = self.endpoints.likeness(mine.snapshot)
        if like is None:
            return None
        if not like.is_same:
            return self._left_to_owner(mine, now)
        if not mine.has_begun:
            return begun(mine, now)
        if seen.state is EndpointState.FAILED:
            return self._late.taken_back(mine, now, "SageMaker says that it failed")
        return self._proven(mine, seen, like, now)

    def _do_restore(self, mine: SleepRecord, now: datetime) -> SleepRecord | None:
        """Whatever of the order may have been taken has begun, and is charged (P6)."""
        try:
            self.endpoints.restore(mine.snapshot)
        except EndpointBusy:
            return None
        except EndpointThrottled:
            raise
        except (EndpointDenied, EndpointRefused) as error:
            self.notices.note(mine, error)
            return gave_up(mine, now, f"{error}")
        except EndpointFault:
            if mine.has_begun:
                raise
        return None if mine.has_begun else begun(mine, now)

    def _proven(
        self, mine: SleepRecord, seen: Endpoint, like: Likeness, now: datetime
    ) -> SleepRecord | None:
        """It is in service as the snapshot says; what counts is that it answers."""
        if not like.is_whole:
            return self._wholly(mine, seen, now)
        remark = self._as_it_was(mine, like, now)
        group = self.money.rules.group_of(mine.snapshot.endpoint.tags)
        if self.endpoints.answers(mine.snapshot, group.probe):
            return answered(mine, now, f"{ANSWERS}{remark}")
        if self._late.is_late(mine, now):
            return self._late.mute(mine, seen, now, remark)
        return None

    def _wholly(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        """Some of it is in service: the rest is ordered again, or after the deadline all is ended.

        What serves already is not spared: nobody pays for it beyond the deadline. What may not be
        ended goes on to be ordered while somebody pays for that.
        """
        if self._late.is_late(mine, now):
            ended = self._late.in_part(mine, seen, now)
            if ended is not None or mine.held is None:
                return ended
        with suppress(EndpointBusy):
            self.endpoints.restore(mine.snapshot)
        return None

    def _as_it_was(self, mine: SleepRecord, like: Likeness, now: datetime) -> str:
        """Give back its scaling rules, and tell in what it is not as it was.

        After the deadline what could not be given back to it, for a sentence to go on with.
        """
        if like.remark:
            self.notices.tell_remark(mine, like.remark)
        if like.gone:
            self.notices.tell_gone(mine, like.gone)
        try:
            self.endpoints.finish(mine.snapshot)
        except WILL_NOT as error:
            if not self._late.is_late(mine, now):
                raise
            return f"; its scaling rules could not be put back: {error}"
        return ""

    def _left_to_owner(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """Its owner has changed it, or made another of its name: nothing of that is touched."""
        if mine.held is not None and mine.has_begun:
            self.money.spend(mine.held, now)
        elif mine.held is not None:
            self.money.give_back(mine.held, now)
        self.endpoints.let_go(mine.snapshot)
        return moved(mine, SleepState.CLOSED, now, OTHERWISE)

    def close(self, mine: SleepRecord) -> SleepRecord:
        """Post what it costs."""
        now = self.clock.now()
        if mine.held is not None:
            self.money.spend(mine.held, now)
        return moved(mine, SleepState.CLOSED, now, mine.reason)

    def _paid(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """A wake came to nothing. Whether instances ran all that time, nobody knows (P6)."""
        if mine.held is not None and mine.has_begun:
            ran = mine.since - mine.wake_began
            self.money.spend_unknown(mine.held, now, mine.snapshot.endpoint, ran)
        elif mine.held is not None:
            self.money.give_back(mine.held, now)
        return paid(mine, now)

    def _closed(
        self, mine: SleepRecord, reason: str, slept_until: datetime, now: datetime
    ) -> SleepRecord:
        if mine.is_asking:
            self.money.hold_nothing(mine, now)
        slept = with_saving(mine, min(now, slept_until), self.money.prices)
        return moved(slept, SleepState.CLOSED, now, reason)

    @property
    def _late(self) -> LateWakes:
        return LateWakes(
            endpoints=self.endpoints,
            figures=self.figures,
            money=self.money,
            notices=self.notices,
        )
