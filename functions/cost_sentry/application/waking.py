"""The steps of an endpoint that sleeps, until it has answered, or sleeps on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointFigures,
    EndpointRefused,
    Endpoints,
)
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.wake_money import WakeMoney, WakeRefused
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Likeness
from cost_sentry.domain.endpoint_sleep import (
    SleepRecord,
    SleepState,
    answered,
    asking,
    begun,
    gave_up,
    moved,
    paid,
    put_off,
    with_saving,
    woken,
)

OTHERWISE = (
    "its owner has made it otherwise than it was when it fell asleep; its scaling rules of then"
    " were not put back"
)
SERVES = "it is in service, and answers its callers, though not its probe"


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
        now, seen = self.clock.now(), self.endpoints.look(mine.endpoint)
        if mine.held is not None:
            return self._paid(mine, now)
        if ended := self._ended_by_owner(mine, seen, now):
            return ended
        state = seen.state if seen else EndpointState.ASLEEP
        if wake is not None and state is EndpointState.FAILED:
            self.endpoints.take_back(mine.snapshot)
        if wake is None or state is not EndpointState.ASLEEP:
            return None
        if not mine.is_asking:
            return asking(mine, now)
        held = self.money.hold(mine, now)
        if isinstance(held, WakeRefused):
            self.notices.tell_refused(mine, held)
            return put_off(
                mine,
                now,
                held.reason,
                id_is_used=held.id_is_used,
                may_be_held=held.budget_id is None,
            )
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
            self.endpoints.finish(mine.snapshot)
            return self._closed(mine, "somebody else woke it", seen.changed_at or now, now)
        return None

    def _is_anew(self, mine: SleepRecord, seen: Endpoint) -> bool:
        """A plain endpoint in service is none of the sentry's: it has put back all of its own."""
        if mine.snapshot.endpoint.kind is EndpointKind.COMPONENTS:
            return seen.made_at != mine.snapshot.endpoint.made_at
        is_theirs = seen.state is EndpointState.FAILED and seen.made_at > mine.since
        return seen.state is EndpointState.IN_SERVICE or is_theirs

    def restore(self, mine: SleepRecord) -> SleepRecord | None:
        """Make it again, and see that it answers; or give up after the deadline."""
        now, seen = self.clock.now(), self.endpoints.look(mine.endpoint)
        self._tell_overdue(mine, now)
        if seen is None or seen.state is EndpointState.ASLEEP:
            if self._is_late(mine, now):
                return gave_up(mine, now, self._late())
            return self._do_restore(mine, now)
        is_done = seen.state in {EndpointState.IN_SERVICE, EndpointState.FAILED}
        like = self.endpoints.likeness(mine.snapshot) if is_done else None
        if like is None:
            return None
        if not like.is_same:
            return self._left_to_owner(mine, now)
        if seen.state is EndpointState.FAILED:
            self.endpoints.take_back(mine.snapshot)
            return gave_up(begun(mine, now), now, "SageMaker says that it failed")
        return self._proven(mine, seen, like, now)

    def _do_restore(self, mine: SleepRecord, now: datetime) -> SleepRecord | None:
        try:
            self.endpoints.restore(mine.snapshot)
        except EndpointBusy:
            return None
        except (EndpointDenied, EndpointRefused) as error:
            return gave_up(mine, now, f"{error}")
        return None if mine.has_begun else begun(mine, now)

    def _proven(
        self, mine: SleepRecord, seen: Endpoint, like: Likeness, now: datetime
    ) -> SleepRecord | None:
        """It is in service as the snapshot says; what counts is that it answers."""
        if like.remark:
            self.notices.tell_remark(mine, like.remark)
        self.endpoints.finish(mine.snapshot)
        group = self.money.rules.group_of(mine.snapshot.endpoint.tags)
        if self.endpoints.answers(mine.snapshot, group.probe):
            return answered(mine, now)
        return self._mute(mine, seen, now) if self._is_late(mine, now) else None

    def _left_to_owner(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """Its owner has changed it, or made another of its name: nothing of that is touched."""
        if mine.held is not None and mine.has_begun:
            self.money.spend(mine.held, now)
        elif mine.held is not None:
            self.money.give_back(mine.held, now)
        self.endpoints.let_go(mine.snapshot)
        return moved(mine, SleepState.CLOSED, now, OTHERWISE)

    def _mute(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord:
        """In service for so long, and no answer. Whatever answers its callers is left to them."""
        began = mine.restoring_since or mine.since
        if self.figures.served(seen, began, now):
            return answered(mine, now, SERVES)
        self.endpoints.take_back(mine.snapshot)
        return gave_up(begun(mine, now), now, self._late())

    def close(self, mine: SleepRecord) -> SleepRecord:
        """Post what it costs."""
        now = self.clock.now()
        if mine.held is not None:
            self.money.spend(mine.held, now)
        return moved(mine, SleepState.CLOSED, now, mine.reason)

    def _paid(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """A wake came to nothing. Whether instances ran all that time, nobody knows (P6)."""
        if mine.held is not None and mine.has_begun:
            ran = mine.since - (mine.restoring_since or mine.since)
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

    def _is_late(self, mine: SleepRecord, now: datetime) -> bool:
        return now - (mine.restoring_since or mine.since) >= self.money.rules.give_up_after

    def _late(self) -> str:
        minutes = self.money.rules.give_up_after // timedelta(minutes=1)
        return f"it did not answer within {minutes} minutes, and was put back to sleep"

    def _tell_overdue(self, mine: SleepRecord, now: datetime) -> None:
        began, most = mine.restoring_since, self.money.rules.wake_minutes_max
        if began is not None and now - began > timedelta(minutes=most):
            self.notices.tell_overdue(mine)
