"""Carry one endpoint's sleep forward, step by step, whoever began it and wherever they died.

One run works on an endpoint at a time: it claims the record, and every write of it says which one
it replaces. A step looks at SageMaker first, and does again what may not have been done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cost_sentry.application.endpoint_ports import (
    EndpointFault,
    EndpointFigures,
    Endpoints,
    SleepRecords,
)
from cost_sentry.application.falling_asleep import FallingAsleep
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.wake_money import WakeMoney
from cost_sentry.application.waking import Waking
from cost_sentry.domain.endpoint_sleep import (
    SleepRecord,
    SleepState,
    claimed,
    first_sleep,
    released,
)
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.instance_price import prices_of

STEPS_MAX = 8
"""Of one run: more than any sleep or wake has without waiting."""


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
        prices = prices_of(record.snapshot.endpoint.fleets, self.money.prices)
        record = replace(record, reason=why, prices=prices)
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
        if mine.state is SleepState.ASLEEP:
            return self._waking.sleep_on(mine, wake)
        steps: Mapping[SleepState, Callable[[SleepRecord], SleepRecord | None]] = {
            SleepState.SNAPSHOT: self._falling.verify,
            SleepState.VERIFIED: self._falling.commit,
            SleepState.FALLING_ASLEEP: self._falling.fall_asleep,
            SleepState.RESTORING: self._waking.restore,
            SleepState.ANSWERED: self._waking.close,
        }
        step = steps.get(mine.state)
        return step(mine) if step else None

    @property
    def _falling(self) -> FallingAsleep:
        return FallingAsleep(
            endpoints=self.endpoints,
            figures=self.figures,
            records=self.records,
            notices=self.notices,
            rules=self.money.rules,
            clock=self.clock,
        )

    @property
    def _waking(self) -> Waking:
        return Waking(
            endpoints=self.endpoints,
            figures=self.figures,
            money=self.money,
            notices=self.notices,
            clock=self.clock,
        )
