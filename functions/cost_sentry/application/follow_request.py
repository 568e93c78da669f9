"""See to everything that is due of a request for more, now: ask, expire, put in force, end, tell.

It looks at what stands on record and makes the world so, and does nothing that is done already. So
it may be called at any time, any number of times, and be cut off anywhere: the next call goes on.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.approval_changes import ended, over_by_itself
from cost_sentry.application.approval_measure import measure_of, raised_up_to, why_not_for
from cost_sentry.application.approval_ports import ApprovalStore
from cost_sentry.application.measure_ports import MeasureStore
from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock, ConfigStore, LedgerBooks
from cost_sentry.application.raised_limits import config_with_measures, set_raised_limit
from cost_sentry.domain.approval import Approval, ApprovalState, Raise
from cost_sentry.domain.approval_mail import write_approval_notice
from cost_sentry.domain.budget import amount_in_words, amount_text
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.measure import MeasuresFull
from cost_sentry.domain.sentry_config import SentryConfig

LOOKS_MAX = 20
ASKED_WAIT_MAX = timedelta(hours=1)
"""A request whose answer did not reach the workflow is looked at again after this."""
APPROVED_WAIT_MAX = timedelta(hours=6)
"""What was approved and holds is; each look is some steps of a workflow, which are paid for."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How it stands after a look."""

    state: ApprovalState | None
    """``None``: there is no such request."""
    is_open: bool
    """Whether to look again."""
    revision: int = 0
    """Of what was looked at: whoever waits for a change waits for another one."""
    wait_seconds: int = 0
    """After which to look again although nobody said so; at least 1 while it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """``follow`` with its ports bound."""

    config_store: ConfigStore
    store: ApprovalStore
    measures: MeasureStore
    books: LedgerBooks
    outbox: NoticeOutbox
    clock: Clock
    pause: Callable[[int], None]

    def follow(self, approval_id: str) -> Following:
        """Look, and look again until nothing changed meanwhile.

        Raises:
            LedgerUnavailable: something may be done and the rest is not; follow it again.
            ConfigurationError: the configuration in force, or the measures, cannot be read.
        """
        for attempt in range(LOOKS_MAX):
            approval = self.store.read(approval_id)
            if approval is None:
                return Following(state=None, is_open=False)
            config = config_with_measures(self.config_store)
            after = over_by_itself(approval, config, self.clock.now())
            after = after or self._seen_to(approval, config)
            if after is None:
                self._note(approval, config)
                latest = self.store.read(approval_id)
                if latest is not None and latest.revision == approval.revision:
                    return self._waiting(approval)
            elif not self.store.replace(approval, after, config.version if config else None):
                self.pause(attempt)
        raise LedgerContention(f"{approval_id} is being changed by others; follow it again")

    def _seen_to(self, approval: Approval, config: SentryConfig | None) -> Approval | None:
        """Let be in force what is to be; the end of it, if it cannot be."""
        if approval.state is ApprovalState.APPROVED:
            return self._put(approval, config)
        if approval.state is ApprovalState.ENDED:
            self._lift(approval)
        return None

    def _put(self, approval: Approval, config: SentryConfig | None) -> Approval | None:
        more, now = approval.request.more, self.clock.now()
        measure = measure_of(approval.request)
        if isinstance(more, Raise) and (gone := why_not_for(measure, config)):
            return ended(approval, now, gone)
        try:
            on_record = self.measures.put(measure)
        except MeasuresFull as full:
            return ended(approval, now, str(full))
        if not isinstance(more, Raise):
            return None
        raised = raised_up_to(on_record, measure, now)
        if raised > more.raised_max:
            return ended(approval, now, _crowded(more, raised))
        self._set_limit(more)
        return None

    def _lift(self, approval: Approval) -> None:
        # One that was never put may find no room for its end either, and needs none.
        with suppress(MeasuresFull):
            self.measures.lift(measure_of(approval.request))
        if isinstance(approval.request.more, Raise):
            self._set_limit(approval.request.more)

    def _set_limit(self, more: Raise) -> None:
        set_raised_limit(
            more.budget_id, store=self.config_store, books=self.books, clock=self.clock
        )

    def _note(self, approval: Approval, config: SentryConfig | None) -> None:
        if config is not None:
            self.outbox.record(write_approval_notice(approval, config))

    def _waiting(self, approval: Approval) -> Following:
        return Following(
            state=approval.state,
            is_open=approval.is_open,
            revision=approval.revision,
            wait_seconds=_wait_seconds(approval, self.clock.now()) if approval.is_open else 0,
        )


def _crowded(more: Raise, raised: int) -> str:
    return (
        f"with the raises before it the budget would be raised by"
        f" {amount_in_words(more.unit, raised)}, and may be by"
        f" {amount_text(more.unit, more.raised_max)} (approvals.maxRaisePercent)"
    )


def _wait_seconds(approval: Approval, now: datetime) -> int:
    is_asked = approval.state is ApprovalState.ASKED
    longest = ASKED_WAIT_MAX if is_asked else APPROVED_WAIT_MAX
    return max(1, -(-min(longest, approval.next_at - now) // _SECOND))
