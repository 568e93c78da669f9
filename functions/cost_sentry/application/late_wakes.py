"""What becomes of a wake that does not answer by its deadline: it is ended, charged, and told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.application.endpoint_ports import (
    WILL_NOT,
    EndpointBusy,
    EndpointFigures,
    Endpoints,
)
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.wake_money import WakeMoney
from cost_sentry.domain.endpoint import Endpoint
from cost_sentry.domain.endpoint_sleep import (
    SleepRecord,
    SleepState,
    answered,
    gave_up,
    moved,
    paid,
)

SERVES = "it is in service, and answers its callers, though not its probe"
PUT_BACK = "and was put back to sleep"
POSTED_BEFORE = timedelta(minutes=15)
"""Before its reservation expires, and only what was held is charged, a wake's time is posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateWakes:
    """Methods raise what the ports raise."""

    endpoints: Endpoints
    figures: EndpointFigures
    money: WakeMoney
    notices: SleepNotices

    def is_late(self, mine: SleepRecord, now: datetime) -> bool:
        """What nobody pays for any more is late, whatever the rules say by now."""
        began = mine.restoring_since or mine.since
        return mine.held is None or now - began >= self.money.rules.give_up_after

    def in_words(self) -> str:
        """That it is."""
        minutes = self.money.rules.give_up_after // timedelta(minutes=1)
        return f"it did not answer within {minutes} minutes"

    def tell_overdue(self, mine: SleepRecord, now: datetime) -> None:
        """People hear of it before it is ended."""
        began, most = mine.restoring_since, self.money.rules.wake_minutes_max
        if began is not None and now - began > timedelta(minutes=most):
            self.notices.tell_overdue(mine)

    def posted(self, mine: SleepRecord, now: datetime) -> SleepRecord | None:
        """Nothing ended it, and what it holds expires soon: its time is charged; or ``None``.

        It is still to be ended: what it costs from here on is in no budget.
        """
        if mine.held is None or now < mine.held.expires_at - POSTED_BEFORE:
            return None
        self._spend_time(mine, now)
        return replace(paid(mine, now), has_begun=mine.has_begun)

    def hangs(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        """Neither in service nor failed by the deadline.

        One that may not be taken away is not left to its owner yet: its scaling rules are not back.
        """
        if why := self.money.rules.why_spared(seen.tags):
            self.notices.tell_hangs(mine, f"{self.in_words()}; {why}", is_tried=False)
            return None
        return self.taken_back(mine, now, self.in_words())

    def mute(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord:
        """In service for so long, and no answer. Whatever answers its callers is left to them."""
        began = mine.restoring_since or mine.since
        if self.figures.served(seen, began, now):
            return answered(mine, now, SERVES)
        return self.ended(mine, seen, now, self.in_words())

    def ended(self, mine: SleepRecord, seen: Endpoint, now: datetime, reason: str) -> SleepRecord:
        """What is in service is put back to sleep, unless rules or tags spare it."""
        if why := self.money.rules.why_spared(seen.tags):
            return self._spared(mine, now, why)
        return self.taken_back(mine, now, reason)

    def taken_back(self, mine: SleepRecord, now: datetime, reason: str) -> SleepRecord:
        """Put back to sleep; one that SageMaker keeps is told once, and tried by each run."""
        try:
            self.endpoints.take_back(mine.snapshot)
        except (EndpointBusy, *WILL_NOT) as fault:
            if self.is_late(mine, now):
                self.notices.tell_hangs(mine, f"{reason}; {fault}", is_tried=True)
            raise
        return gave_up(mine, now, f"{reason}, {PUT_BACK}")

    def _spared(self, mine: SleepRecord, now: datetime, why: str) -> SleepRecord:
        """It did not wake as it should, and may not be taken away: it is its owner's, and paid."""
        self._spend_time(mine, now)
        self.endpoints.let_go(mine.snapshot)
        reason = f"{self.in_words()}; it is left as it is: {why}"
        return moved(mine, SleepState.CLOSED, now, reason)

    def _spend_time(self, mine: SleepRecord, now: datetime) -> None:
        """All of it since the wake began, if that is not posted yet."""
        if mine.held is not None:
            ran = now - (mine.restoring_since or mine.since)
            self.money.spend_unknown(mine.held, now, mine.snapshot.endpoint, ran)
