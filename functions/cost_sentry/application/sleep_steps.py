"""Carry one endpoint's sleep forward, step by step, whoever began it and wherever they died.

One run works on an endpoint at a time: it claims the record, and every write of it says which one
it replaces. A step looks at SageMaker first, and does again what may not have been done.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointFault,
    EndpointFigures,
    EndpointRefused,
    Endpoints,
    SleepRecords,
)
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.wake_money import WakeMoney, WakeRefused
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.endpoint_plan import why_busy
from cost_sentry.domain.endpoint_sleep import (
    SleepRecord,
    SleepState,
    answered,
    begun,
    claimed,
    fell_asleep,
    first_sleep,
    gave_up,
    moved,
    paid,
    put_off,
    released,
    with_saving,
    woken,
)
from cost_sentry.domain.errors import LedgerUnavailable

STEPS_MAX = 8
"""Of one run: more than any sleep or wake has without waiting."""
LOOK_BACK = timedelta(minutes=10)
"""How much of the metrics is looked at besides the idle time itself: they come late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepSteps:
    """The steps, with their ports bound. Methods raise what the ports raise."""

    endpoints: Endpoints
    figures: EndpointFigures
    records: SleepRecords
    money: WakeMoney
    notices: SleepNotices
    clock: Clock

    def begin(self, name: str, why: str) -> SleepRecord | None:
        """Take a snapshot, and go on as far as it goes; ``None`` if another run was first."""
        before = self.records.read(name)
        if before is not None and not before.has_ended:
            return None
        record = first_sleep(self.endpoints.snapshot(name), before, self.clock.now())
        record = replace(record, reason=why)
        if not self.records.put(record, before):
            return None
        return self._run(record, None)

    def go_on(self, name: str, wake: str | None = None) -> SleepRecord | None:
        """Carry it as far as it goes now; the record as it is then.

        Args:
            name: of the endpoint.
            wake: why it shall wake, if it sleeps.
        """
        record, now = self.records.read(name), self.clock.now()
        if record is None or record.has_ended or record.is_claimed(now):
            return record
        mine = claimed(record, now)
        if not self.records.put(mine, record):
            return self.records.read(name)
        return self._run(mine, wake)

    def _run(self, mine: SleepRecord, wake: str | None) -> SleepRecord:
        try:
            for _ in range(STEPS_MAX):
                if not mine.is_claimed(self.clock.now()):
                    return mine
                after = self._step(mine, wake)
                if after is None:
                    break
                # Before the record, which is not written again: else a mail could be lost.
                self.notices.tell(mine, after)
                if not self.records.put(after, mine):
                    return mine
                was_put_off = after.not_before > mine.not_before
                mine = after
                if was_put_off:
                    break
        except (EndpointFault, LedgerUnavailable):
            self._let_go(mine)
            raise
        self._let_go(mine)
        return mine

    def _let_go(self, mine: SleepRecord) -> None:
        """Whoever comes next need not wait for the claim to end; if this fails, it waits."""
        try:
            self.records.put(released(mine), mine)
        except LedgerUnavailable:
            return

    def _step(self, mine: SleepRecord, wake: str | None) -> SleepRecord | None:
        """The record after the next step; ``None``: there is nothing to do but to wait."""
        steps = {
            SleepState.SNAPSHOT: self._verify,
            SleepState.VERIFIED: self._commit,
            SleepState.FALLING_ASLEEP: self._fall_asleep,
            SleepState.RESTORING: self._restore,
            SleepState.ANSWERED: self._close,
        }
        if mine.state is SleepState.ASLEEP:
            return self._sleep_on(mine, wake)
        step = steps.get(mine.state)
        return step(mine) if step else None

    def _verify(self, mine: SleepRecord) -> SleepRecord:
        """Read the snapshot back, and compare it with what is there."""
        kept = self.records.read(mine.endpoint)
        if kept is None or kept.snapshot != mine.snapshot:
            return self._abandoned(mine, "its snapshot could not be read back")
        if why := self._why_not(mine, kept):
            return self._abandoned(mine, why)
        found = self.endpoints.snapshot(mine.endpoint)
        if not _is_same(found, kept.snapshot):
            return self._abandoned(mine, "it was changed after its snapshot was taken")
        reason = f"its snapshot {kept.snapshot.digest} was read back and is what is there"
        return moved(mine, SleepState.VERIFIED, self.clock.now(), reason)

    def _commit(self, mine: SleepRecord) -> SleepRecord:
        """The last look: whoever called it since the plan was made keeps it awake."""
        now, endpoint = self.clock.now(), mine.snapshot.endpoint
        if why := self._why_not(mine, self.records.read(mine.endpoint)):
            return self._abandoned(mine, why)
        rules = self.money.rules
        idle = rules.idle_for(rules.group_of(endpoint.tags))
        activities = self.figures.activities((endpoint,), now - idle - LOOK_BACK, now)
        if why := why_busy(activities.get(mine.endpoint), now=now, idle=idle):
            return self._abandoned(mine, why)
        return moved(mine, SleepState.FALLING_ASLEEP, now, "it has no work, and can be restored")

    def _why_not(self, mine: SleepRecord, kept: SleepRecord | None) -> str | None:
        """Why it shall not sleep after all."""
        if kept is None or kept.wanted_at is not None:
            return "somebody asked for it meanwhile"
        seen = self.endpoints.look(mine.endpoint)
        if seen is None:
            return "it was deleted meanwhile"
        if seen.state is not EndpointState.IN_SERVICE:
            return f"it is {seen.state.value} meanwhile"
        return _why_another(seen, mine.snapshot)

    def _fall_asleep(self, mine: SleepRecord) -> SleepRecord | None:
        now, seen = self.clock.now(), self._seen(mine)
        if seen is None or seen.state is EndpointState.ASLEEP:
            return fell_asleep(mine, now)
        if why := _why_another(seen, mine.snapshot):
            return self._abandoned(mine, why)
        if seen.state is EndpointState.FAILED:
            return self._abandoned(mine, "it has failed meanwhile; it is left as it is")
        if seen.state is EndpointState.IN_SERVICE:
            return self._do_sleep(mine)
        return None

    def _do_sleep(self, mine: SleepRecord) -> SleepRecord | None:
        """Compared once more: since then a run may have died, and its owner changed it."""
        try:
            if not _is_same(self.endpoints.snapshot(mine.endpoint), mine.snapshot):
                return self._abandoned(mine, "it was changed after its snapshot was taken")
            self.endpoints.put_to_sleep(mine.snapshot)
        except EndpointBusy:
            return None
        except (EndpointDenied, EndpointRefused) as error:
            return self._abandoned(mine, f"{error}")
        return None

    def _sleep_on(self, mine: SleepRecord, wake: str | None) -> SleepRecord | None:
        now, seen = self.clock.now(), self._seen(mine)
        if mine.held is not None:
            return self._paid(mine, now)
        if seen is None and mine.snapshot.endpoint.kind is EndpointKind.COMPONENTS:
            return self._closed(mine, "its owner deleted it")
        state = seen.state if seen else EndpointState.ASLEEP
        if state is EndpointState.IN_SERVICE:
            self.endpoints.finish(mine.snapshot)
            return self._closed(mine, "somebody else woke it")
        if wake is not None and state is EndpointState.FAILED:
            self.endpoints.clear_failed(mine.snapshot)
        if wake is None or state is not EndpointState.ASLEEP:
            return None
        return self._wake(mine, wake, now)

    def _wake(self, mine: SleepRecord, wake: str, now: datetime) -> SleepRecord:
        held = self.money.hold(mine, now)
        if isinstance(held, WakeRefused):
            self.notices.tell_refused(mine, held)
            return put_off(mine, now, held.reason, id_is_used=held.id_is_used)
        return woken(mine, held, now, wake, self.money.prices)

    def _restore(self, mine: SleepRecord) -> SleepRecord | None:
        now, seen = self.clock.now(), self._seen(mine)
        self._tell_overdue(mine, now)
        if seen is None or seen.state is EndpointState.ASLEEP:
            return self._do_restore(mine, now)
        if seen.state is EndpointState.FAILED:
            self.endpoints.clear_failed(mine.snapshot)
            return gave_up(begun(mine, now), now, "SageMaker says that it failed")
        if seen.state is EndpointState.IN_SERVICE:
            self.endpoints.finish(mine.snapshot)
            group = self.money.rules.group_of(mine.snapshot.endpoint.tags)
            if self.endpoints.answers(mine.snapshot, group.probe):
                return answered(mine, now)
        return None

    def _do_restore(self, mine: SleepRecord, now: datetime) -> SleepRecord | None:
        try:
            self.endpoints.restore(mine.snapshot)
        except EndpointBusy:
            return None
        except (EndpointDenied, EndpointRefused) as error:
            return gave_up(mine, now, f"{error}")
        return None if mine.has_begun else begun(mine, now)

    def _paid(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """A wake came to nothing. Whether instances ran, and for how long, nobody knows (P6)."""
        if mine.held is not None and mine.has_begun:
            self.money.spend_unknown(mine.held, now)
        elif mine.held is not None:
            self.money.give_back(mine.held, now)
        return paid(mine, now)

    def _close(self, mine: SleepRecord) -> SleepRecord:
        now = self.clock.now()
        if mine.held is not None:
            self.money.spend(mine.held, now)
        return moved(mine, SleepState.CLOSED, now, mine.reason)

    def _closed(self, mine: SleepRecord, reason: str) -> SleepRecord:
        now = self.clock.now()
        total = with_saving(mine, now, self.money.prices)
        return replace(moved(mine, SleepState.CLOSED, now, reason), total=total)

    def _abandoned(self, mine: SleepRecord, reason: str) -> SleepRecord:
        """What was begun is taken back. ``EndpointBusy``: not yet; the next run tries again."""
        if mine.state is SleepState.FALLING_ASLEEP:
            try:
                self.endpoints.finish(mine.snapshot)
            except (EndpointDenied, EndpointRefused) as error:
                reason = f"{reason}; and it could not be made as it was: {error}"
        return moved(mine, SleepState.ABANDONED, self.clock.now(), reason)

    def _tell_overdue(self, mine: SleepRecord, now: datetime) -> None:
        began, most = mine.restoring_since, self.money.rules.wake_minutes_max
        if began is not None and now - began > timedelta(minutes=most):
            self.notices.tell_overdue(mine)

    def _seen(self, mine: SleepRecord) -> Endpoint | None:
        return self.endpoints.look(mine.endpoint)


def _why_another(seen: Endpoint, snapshot: Snapshot) -> str | None:
    return None if seen.made_at == snapshot.endpoint.made_at else "somebody made it anew meanwhile"


def _is_same(found: Snapshot, kept: Snapshot) -> bool:
    return (found.digest, found.endpoint.made_at) == (kept.digest, kept.endpoint.made_at)
