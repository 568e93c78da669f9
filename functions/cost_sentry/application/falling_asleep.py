"""The steps of a sleep until the endpoint is gone: each may still be taken back."""

from dataclasses import dataclass

from cost_sentry.application.endpoint_ports import (
    WILL_NOT,
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
from cost_sentry.domain.endpoint import EndpointState, Snapshot
from cost_sentry.domain.endpoint_plan import LOOK_BACK, why_busy
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState, fell_asleep, moved
from cost_sentry.domain.sleep_tries import not_taken

CHANGED = "it was changed after its snapshot was taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class FallingAsleep:
    """One step each, from the record to the one that follows; ``None``: there is but to wait."""

    endpoints: Endpoints
    figures: EndpointFigures
    records: SleepRecords
    notices: SleepNotices
    rules: EndpointRules
    clock: Clock

    def verify(self, mine: SleepRecord) -> SleepRecord:
        """Read the snapshot back, and compare it with what is there."""
        kept = self.records.read(mine.endpoint)
        if kept is None or kept.snapshot != mine.snapshot:
            return self._abandoned(mine, "its snapshot could not be read back")
        if why := self._why_not(mine, kept):
            return self._abandoned(mine, why)
        if not is_same(self.endpoints.snapshot(mine.endpoint), kept.snapshot):
            return self._abandoned(mine, CHANGED)
        try:
            why = self._why_not_again(mine)
        except WILL_NOT as error:
            return self._not_taken(mine, error)
        if why is not None:
            return self._abandoned(mine, why)
        reason = (
            f"its snapshot {kept.snapshot.digest} was read back and is what is there; so is all"
            " that it would be made again from"
        )
        return moved(mine, SleepState.VERIFIED, self.clock.now(), reason)

    def commit(self, mine: SleepRecord) -> SleepRecord:
        """The last look: whoever called it since the plan was made keeps it awake."""
        if why := self._why_needed(mine):
            return self._abandoned(mine, why)
        reason = "it has no work, and can be restored"
        return moved(mine, SleepState.FALLING_ASLEEP, self.clock.now(), reason)

    def fall_asleep(self, mine: SleepRecord) -> SleepRecord | None:
        """Take it away, or see that it is gone."""
        now, seen = self.clock.now(), self.endpoints.look(mine.endpoint)
        if seen is None or seen.state is EndpointState.ASLEEP:
            return fell_asleep(mine, now)
        if seen.made_at != mine.snapshot.endpoint.made_at:
            return self._abandoned(mine, ANEW)
        if seen.state is EndpointState.FAILED:
            return self._abandoned(mine, "it has failed meanwhile; it is left as it is")
        if seen.state is EndpointState.IN_SERVICE:
            return self._do_sleep(mine)
        return None

    def _do_sleep(self, mine: SleepRecord) -> SleepRecord | None:
        """All is asked once more: this may be an hour later, if the order was refused till now."""
        try:
            if not is_same(self.endpoints.snapshot(mine.endpoint), mine.snapshot):
                return self._abandoned(mine, CHANGED)
            if why := self._why_not_again(mine) or self._why_needed(mine):
                return self._abandoned(mine, why)
            self.endpoints.put_to_sleep(mine.snapshot)
        except EndpointBusy:
            return None
        except WILL_NOT as error:
            return self._not_taken(mine, error)
        return None

    def _why_not(self, mine: SleepRecord, kept: SleepRecord | None) -> str | None:
        """Why it shall not sleep after all."""
        if kept is None or kept.is_wanted(self.clock.now()):
            return "somebody asked for it meanwhile"
        seen = self.endpoints.look(mine.endpoint)
        if seen is None:
            return "it was deleted meanwhile"
        if seen.state is not EndpointState.IN_SERVICE:
            return f"it is {seen.state.value} meanwhile"
        if seen.made_at != mine.snapshot.endpoint.made_at:
            return ANEW
        return self.rules.why_no_sleep(seen.tags, self.clock.now())

    def _why_needed(self, mine: SleepRecord) -> str | None:
        """Why it shall not sleep now: the same, or it has work, as far as metrics tell."""
        if why := self._why_not(mine, self.records.read(mine.endpoint)):
            return why
        now, endpoint = self.clock.now(), mine.snapshot.endpoint
        idle = self.rules.idle_for(self.rules.group_of(endpoint.tags))
        activities = self.figures.activities((endpoint,), now - idle - LOOK_BACK, now)
        return why_busy(activities.get(mine.endpoint), now=now, idle=idle)

    def _why_not_again(self, mine: SleepRecord) -> str | None:
        """Why it could not be made again as it is; whoever must mend that is told, once.

        ``EndpointDenied`` or ``EndpointRefused``: nobody may look.
        """
        try:
            missing = self.endpoints.why_not_again(mine.snapshot)
        except (EndpointDenied, EndpointRefused) as error:
            why = self._told(mine, f"what it is made of cannot be looked at: {error}")
            raise type(error)(why) from error
        return None if missing is None else self._told(mine, missing)

    def _told(self, mine: SleepRecord, missing: str) -> str:
        why = f"{missing}, so it could not be made again as it is"
        self.notices.tell_not_restorable(mine, why)
        return why

    def _not_taken(self, mine: SleepRecord, fault: EndpointFault) -> SleepRecord:
        """SageMaker will not, and nor will it the next minute: the next try waits."""
        self.notices.note(mine, fault)
        return not_taken(mine, self.clock.now(), self._undone(mine, f"{fault}"))

    def _abandoned(self, mine: SleepRecord, reason: str) -> SleepRecord:
        return moved(mine, SleepState.ABANDONED, self.clock.now(), self._undone(mine, reason))

    def _undone(self, mine: SleepRecord, reason: str) -> str:
        """What was begun is taken back; why it sleeps not, and what could not be taken back.

        ``EndpointBusy``: not yet; the next run tries again.
        """
        if mine.state is not SleepState.FALLING_ASLEEP:
            return reason
        # What its owner made anew is the owner's: nothing of it was begun on.
        undo = self.endpoints.let_go if reason == ANEW else self.endpoints.finish
        try:
            undo(mine.snapshot)
        except WILL_NOT as error:
            self.notices.note(mine, error)
            return f"{reason}; and it could not be made as it was: {error}"
        return reason


ANEW = "somebody made it anew meanwhile"


def is_same(found: Snapshot, kept: Snapshot) -> bool:
    """Of the same incarnation, and restored alike."""
    return (found.digest, found.endpoint.made_at) == (kept.digest, kept.endpoint.made_at)
