"""What the mail about an alarm says besides what it means: CloudWatch puts it into its own mail.

The way from an alarm to a mail uses nothing of the sentry's: most alarms say that the sentry itself
is unwell (ADR 0039).
"""

from collections.abc import Mapping
from dataclasses import dataclass

CHARACTERS_MAX = 1_024
"""Of an alarm's description, as CloudFormation takes it."""
OPERATORS = "the operators' (alerts.addresses of sentry.yaml)"
NOT_UNDONE = "nothing to undo: the sentry changed nothing"
_PAGE = "docs/runbook/alarms.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMail:
    """Three of its first five lines."""

    done: str
    """What the sentry did by itself, or does."""
    undo: str = NOT_UNDONE
    whose: str = OPERATORS


def described(name: str, meaning: str, mail: AlarmMail) -> str:
    """Five lines: what happened, whose it is, what was done, how to undo it, where to read on."""
    lines = (
        ("What", meaning),
        ("Whose", mail.whose),
        ("Done", mail.done),
        ("Undo", mail.undo),
        ("Runbook", f"{_PAGE}#{name}"),
    )
    return "\n".join(f"{label}: {said}" for label, said in lines)


_TRIED = "it is tried again by itself, and nothing is done twice"
_EVERY_FIVE = "nothing is lost; the next run in five minutes goes on"
_REFUSED = "refused these calls; nothing was paid for them"
_JOURNAL = f"goes on guarding; of the journal, {_TRIED}"
_TRUE_COST = "nothing: a true cost that comes within a day takes its place"
_DIRECT_CALLERS = "whoever called the model directly: CloudTrail names them"
_APPLICATIONS = "the calling applications', and the operators'"
_LOOKS_AGAIN = "looks again each minute; budgets hold all the same"
_WAITS = "waits and tries again; then refuses the call"
MAILS: Mapping[str, AlarmMail] = {
    "admit_request_errors": AlarmMail(
        done=_REFUSED, undo="deploy the version before: npx cdk deploy"
    ),
    "emergency_calls": AlarmMail(
        done="paid calls from allowances that were set aside, refused all others",
        undo="nothing: the next scheduled run books what they cost",
    ),
    "configuration_faults": AlarmMail(
        done="refused calls, or decided by the last configuration it could read",
        undo="cost-sentry config apply sentry.yaml, with the file of before",
    ),
    "admit_request_throttles": AlarmMail(
        done=_REFUSED, undo="nothing: refused calls may be sent again"
    ),
    "settle_reservation_errors": AlarmMail(
        done="held the money; each such call expires and is charged in full",
        undo=_TRUE_COST,
    ),
    "void_reservation_errors": AlarmMail(
        done="held the money; each such call expires and is charged in full",
        undo="cost-sentry budget set raises the budget by what was charged",
    ),
    "expire_reservations_errors": AlarmMail(done=_EVERY_FIVE),
    "project_entries_errors": AlarmMail(done=_JOURNAL),
    "project_entries_failed": AlarmMail(done=_JOURNAL),
    "project_entries_iterator_age": AlarmMail(done=_JOURNAL),
    "ledger_gap": AlarmMail(done="noted the gap in the log; the ledger itself is whole"),
    "journal_dead_letters": AlarmMail(
        done="tried a hundred times, then set the entry's place aside in a queue",
        undo="replay it within 24 hours; an entry is journaled once, however often it comes",
    ),
    "budget_mails_failed": AlarmMail(done="keeps the mails; they are tried again in five minutes"),
    "records_unreadable": AlarmMail(done="left the record as it is, and did all else"),
    "external_usage_forbidden": AlarmMail(
        done="charged it to the budgets of the model and of the organisation; one mail an hour",
        undo="nothing: it was used; cost-sentry budget set raises a budget that it used up",
        whose=_DIRECT_CALLERS,
    ),
    "external_usage_unpriced": AlarmMail(
        done="charged calls and tokens; dollars of it are not charged",
        undo="nothing: what was used before the price is known stays unpriced",
        whose=_DIRECT_CALLERS,
    ),
    "usage_reconciliation_waits": AlarmMail(done="compares nothing until the journal is there"),
    "usage_reconciliation_problems": AlarmMail(done=_TRIED),
    "usage_reconciliation_errors": AlarmMail(done=_TRIED),
    "usage_unread": AlarmMail(done="books what CloudWatch still has; the rest is not charged"),
    "detect_anomalies_errors": AlarmMail(done=_LOOKS_AGAIN),
    "detection_problems": AlarmMail(done=_LOOKS_AGAIN),
    "workflow_failures": AlarmMail(
        done="gave back what was held for calls that surely did not run",
        whose=_APPLICATIONS,
    ),
    "workflow_timeouts": AlarmMail(
        done="holds the money; each such call expires and is charged in full",
        undo=_TRUE_COST,
        whose=_APPLICATIONS,
    ),
    "follow_request_errors": AlarmMail(
        done="tries again for two days; raises that are over end within the hour",
        undo="cost-sentry approval end ID ends what was approved",
    ),
    "budget_approval_failures": AlarmMail(
        done="ends the raise in time, or within the hour after it",
        undo="cost-sentry approval end ID ends it now, and follows it anew",
    ),
    "respond_to_anomaly_errors": AlarmMail(
        done="tries again for about an hour; what is in force ends by itself",
        undo="cost-sentry incidents lift ID --reason …",
    ),
    "anomaly_response_failures": AlarmMail(
        done="what is in force ends by itself at its time",
        undo="cost-sentry incidents lift ID --reason …",
    ),
    "anomaly_dead_letters": AlarmMail(
        done="tried for a day, then set the event aside in a queue",
        undo="start the workflow with the event; an anomaly is responded to once",
    ),
    "anomaly_events_not_understood": AlarmMail(done="left the event alone"),
    "scale_endpoints_errors": AlarmMail(
        done="leaves endpoints and jobs as they are; the next run in five minutes goes on"
    ),
    "endpoint_problems": AlarmMail(done="leaves that one as it is, and tries again by itself"),
    "wake_endpoint_errors": AlarmMail(done="wakes it by the schedule, if the wish was noted"),
    "ledger_write_throttles": AlarmMail(done=_WAITS),
    "ledger_read_throttles": AlarmMail(done=_WAITS),
}
"""By the name of the alarm's row."""


def spend_mail(dimension: str, value: str) -> AlarmMail:
    """Of an alarm on what a team or model spends."""
    whose = (
        f"team {value}'s, whose owners are told of the incident, as are alerts.addresses"
        if dimension == "team"
        else f"of nobody by name: every team that calls model {value}; alerts.addresses are told"
    )
    return AlarmMail(
        whose=whose,
        done="started anomaly_response: it tells, slows or freezes as sentry.yaml says, and mails",
        undo="cost-sentry incidents list, then cost-sentry incidents lift ID --reason …",
    )
