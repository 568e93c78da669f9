"""What an operator sees of incidents, and does about them."""

from dataclasses import dataclass

from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.incident_parts import IncidentParts
from cost_sentry.application.lift_incidents import (
    REASON_CHARACTERS_MAX,
    AllLifted,
    Lifted,
    lift_all,
    lift_incident,
)
from cost_sentry.application.rows import Rows
from cost_sentry.domain.errors import RecordUnreadable
from cost_sentry.domain.incident import Incident
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem


@dataclass(frozen=True, slots=True)
class _InForce:
    """``ConfigSource``; read anew each time, for a command asks seldom."""

    operator: Operator

    def current(self) -> SentryConfig | None:
        return self.operator.config_in_force()


class IncidentDesk:
    """Of one deployment."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        calls = LedgerCalls(operator.dynamodb, operator.deployment.table_name)
        self._parts = IncidentParts(
            incidents=DynamoDbIncidents(calls, pause),
            measures=DynamoDbMeasures(calls, pause, operator.clock),
            books=operator.books,
            notices=DynamoDbNoticeOutbox(calls, pause),
            journal=operator.journal,
            meters=DynamoDbMeters(
                JournalCalls(operator.dynamodb, operator.deployment.table_name),
                calls,
                operator.clock.now,
            ),
            config_source=_InForce(operator),
            clock=operator.clock,
        )

    def latest(self) -> Rows[Incident]:
        """The latest of each scope: those that go on first, then those that ended last."""
        found = self._parts.incidents.latest()
        in_order = sorted(found, key=lambda one: (one.is_over, -one.at.timestamp(), one.id))
        return Rows(in_order, found.unreadable)

    def steps(self, incident_id: str) -> Rows[Incident]:
        """Every revision of one; ``Problem`` if there is none.

        ``RecordUnreadable`` if there is none that can be read.
        """
        steps = self._parts.incidents.steps(incident_id)
        if not steps and steps.unreadable:
            raise RecordUnreadable(steps.problems[-1])
        if not steps:
            raise self._unknown(incident_id)
        return steps

    def lift(self, incident_id: str, reason: str) -> Lifted:
        """End it now; ``Problem`` if there is none."""
        done = lift_incident(incident_id, self._who(), _checked(reason), self._parts)
        if done is None:
            raise self._unknown(incident_id)
        return done

    def lift_all(self, reason: str) -> AllLifted:
        """End all, and all that freezes or tightens."""
        return lift_all(self._who(), _checked(reason), self._parts)

    def _who(self) -> str:
        """As AWS knows whoever runs this: nobody can sign with another's name."""
        arn: str = self._operator.client("sts").get_caller_identity()["Arn"]
        return arn

    def _unknown(self, incident_id: str) -> Problem:
        return Problem(
            f"there is no incident {incident_id!r}",
            where=self._operator.target.text,
            fix="`cost-sentry incidents list` shows the latest of every scope",
            exit_code=ExitCode.REFUSED,
        )


def _checked(reason: str) -> str:
    text = reason.strip()
    if not 0 < len(text) <= REASON_CHARACTERS_MAX or not text.isprintable():
        raise Problem(
            f"a reason of {len(text)} characters",
            where="--reason",
            fix=f"1 to {REASON_CHARACTERS_MAX} printable characters on one line: it is kept on"
            " record, and mailed",
            exit_code=ExitCode.USAGE,
        )
    return text
