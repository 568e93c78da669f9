"""Keep why a call was refused or rerouted, for ``explain``; the ledger keeps the rest."""

from cost_sentry.application.journal_ports import RejectionLog
from cost_sentry.application.ports import Clock
from cost_sentry.domain.decision import Decision, DecisionKind
from cost_sentry.domain.errors import LedgerUnavailable


class DecisionNotes:
    """Best effort: a note that cannot be kept never changes an answer.

    Args:
        log: where notes are kept.
        clock: stamps them.
    """

    def __init__(self, log: RejectionLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    def note(self, decision: Decision) -> bool:
        """Keep a refusal, or a reroute that is no replay; whether it was kept."""
        if decision.replayed or decision.kind not in (DecisionKind.REJECT, DecisionKind.REROUTE):
            return False
        try:
            self._log.record(decision, self._clock.now())
        except LedgerUnavailable:
            return False
        return True
