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
    moved,
    posted,
)
from cost_sentry.domain.sleep_tries import gave_up

SERVES = "it is in service, and answers its callers, though not its probe"
SERVES_IN_PART = "it answers its callers, though SageMaker has not brought up all of it"
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
        return mine.held is None or now - mine.wake_began >= self.money.rules.give_up_after

    def in_words(self) -> str:
        """That it is."""
        minutes = self.money.rules.give_up_after // timedelta(minutes=1)
        return f"it did not answer within {minutes} minutes"

    def tell_overdue(self, mine: SleepRecord, seen: Endpoint | None, now: datetime) -> None:
        """People hear of it before it is ended, and whether it will be."""
        began, most = mine.restoring_since, self.money.rules.wake_minutes_max
        if began is not None and now - began > timedelta(minutes=most):
            tags = (seen or mine.snapshot.endpoint).tags
            self.notices.tell_overdue(mine, self.money.rules.why_spared(tags))

    def posted_in_time(self, mine: SleepRecord, now: datetime) -> SleepRecord | None:
        """Nothing ended it, and what it holds expires soon: its time is charged; or ``None``.

        It is still to be ended: what it costs from here on is in no budget.
        """
        until = self._charged_until(mine)
        if until is None or now < until:
            return None
        return self._with_time_spent(mine, now)

    def hangs(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        """Neither in service nor failed by the deadline.

        One that may not be taken away is not left to its owner yet: its scaling rules are not back.
        """
        if why := self.money.rules.why_spared(seen.tags):
            self._tell_hangs(mine, f"{self.in_words()}; {why}", is_tried=False)
            return None
        return self.taken_back(mine, now, self.in_words())

    def serves(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> bool:
        """Whether it has answered callers in this wake, by its metrics."""
        return self.figures.served(seen, mine.wake_began, now) > 0

    def mute(self, mine: SleepRecord, seen: Endpoint, now: datetime, remark: str) -> SleepRecord:
        """In service for so long, and no answer. Whatever answers its callers is left to them.

        ``remark``: what else is to be told of one that stays; mostly nothing.
        """
        if self.serves(mine, seen, now):
            return answered(mine, now, f"{SERVES}{remark}")
        if why := self.money.rules.why_spared(seen.tags):
            return self._spared(mine, now, f"{why}{remark}")
        return self.taken_back(mine, now, self.in_words())

    def in_part(self, mine: SleepRecord, seen: Endpoint, now: datetime) -> SleepRecord | None:
        """A part of it sleeps by the deadline: all of it is ended, also what serves by then.

        One that may not be taken away is not left to its owner: a part of it would sleep for good.
        """
        reason = f"a part of it did not wake; {self.in_words()}"
        if why := self.money.rules.why_spared(seen.tags):
            self.notices.tell_in_part(mine, f"{reason}; {why}", self._charged_until(mine))
            return None
        return self.taken_back(mine, now, reason)

    def taken_back(self, mine: SleepRecord, now: datetime, reason: str) -> SleepRecord:
        """Put back to sleep; one that SageMaker keeps is told once, and tried by each run."""
        try:
            self.endpoints.take_back(mine.snapshot)
        except (EndpointBusy, *WILL_NOT) as fault:
            if self.is_late(mine, now):
                self._tell_hangs(mine, f"{reason}; {fault}", is_tried=True)
            raise
        return gave_up(mine, now, f"{reason}, {PUT_BACK}")

    def _spared(self, mine: SleepRecord, now: datetime, why: str) -> SleepRecord:
        """All of it is in service, and may not be taken away: it is its owner's, and paid."""
        spent = self._with_time_spent(mine, now)
        self.endpoints.let_go(mine.snapshot)
        reason = f"{self.in_words()}; it is left as it is: {why}"
        return moved(replace(spent, revision=mine.revision), SleepState.LEFT, now, reason)

    def _tell_hangs(self, mine: SleepRecord, why: str, *, is_tried: bool) -> None:
        self.notices.tell_hangs(mine, why, self._charged_until(mine), is_tried=is_tried)

    def _charged_until(self, mine: SleepRecord) -> datetime | None:
        """Then its time is posted if nothing has ended it; ``None``: it was."""
        return None if mine.held is None else mine.held.expires_at - POSTED_BEFORE

    def _with_time_spent(self, mine: SleepRecord, now: datetime) -> SleepRecord:
        """All of it since the wake began is posted, if nothing is posted yet."""
        if mine.held is None:
            return mine
        ran = now - mine.wake_began
        cost = self.money.spend_unknown(mine.held, now, mine.snapshot.endpoint, ran)
        return posted(mine, now, cost)
