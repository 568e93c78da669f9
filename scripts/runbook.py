"""What a person does about each alarm. An alarm without a section stops the page."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from infra.alarms import ALARMS
from infra.spend_alarms import SPEND_ALARMS


class Section(NamedTuple):
    """Beside what the alarm means, which its row says."""

    look: str
    act: str
    undo: str


NOTHING = "nothing: the sentry has changed nothing for it"
_LOG = "the log group of `{}` (the stack's resources name it); errors carry no prompts"

RUNBOOK: Mapping[str, Section] = {
    "admit_request_errors": Section(
        look=_LOG.format("admit_request"),
        act="a message that names a promise (`P3`) is a bug: keep the log, roll the deployment back"
        " with `npx cdk deploy` of the version before; a time-out means a slow DynamoDB: wait",
        undo="deploy the newer version again once it is corrected",
    ),
    "emergency_calls": Section(
        look="the health page of AWS for DynamoDB in this Region; `cost-sentry smoke`; the log of"
        " `admit_request`",
        act="tell applications to send only what cannot wait; nothing else is needed: each call was"
        " paid for before",
        undo="nothing: what these calls cost is booked by the next scheduled run",
    ),
    "configuration_faults": Section(
        look="`cost-sentry config diff sentry.yaml`; `fault` in the log of `admit_request`; if it"
        " speaks of measures, `cost-sentry incidents list`",
        act="apply with the version that is deployed: `cost-sentry config apply sentry.yaml`. Of"
        " measures that cannot be read: `cost-sentry incidents lift --all --reason …`",
        undo="apply the file of before; it is in your repository",
    ),
    "admit_request_throttles": Section(
        look="Lambda's `ConcurrentExecutions` of the account beside its quota",
        act="raise the quota (Service Quotas, Lambda, concurrent executions), or stop what else"
        " takes it",
        undo="nothing: refused calls cost nothing, and may be sent again",
    ),
    "detect_anomalies_errors": Section(
        look=_LOG.format("detect_anomalies"),
        act="a slow or throttled DynamoDB: wait; an error in the log: roll the deployment back with"
        " `npx cdk deploy` of the version before",
        undo=NOTHING,
    ),
    "detection_problems": Section(
        look="`problems` in the log of `detect_anomalies`: a scope, or the id of an anomaly",
        act="of an anomaly: EventBridge throttles or refuses, see its health page; of a scope: the"
        " ledger does not answer for it. What was not raised is raised by a later run",
        undo=NOTHING,
    ),
    "settle_reservation_errors": Section(
        look=_LOG.format("settle_reservation") + "; `cost-sentry explain REQUEST_ID`",
        act="correct what the log names; each such call expires and is charged in full until then",
        undo="nothing: a true cost that comes within a day takes the place of the full charge",
    ),
    "void_reservation_errors": Section(
        look=_LOG.format("void_reservation"),
        act="as for settle_reservation_errors: these calls did not run, and are charged in full"
        " when they expire",
        undo="raise the budget by what was charged, if it matters: `cost-sentry budget set`",
    ),
    "expire_reservations_errors": Section(
        look=_LOG.format("expire_reservations"),
        act="correct what the log names; the next run in five minutes goes on where this one ended",
        undo=NOTHING,
    ),
    "project_entries_errors": Section(
        look=_LOG.format("project_entries"),
        act="correct what the log names within a day: the stream keeps entries for 24 hours",
        undo=NOTHING,
    ),
    "project_entries_failed": Section(
        look="`ProjectionProblem` in the log of `project_entries`",
        act="an entry that can never be written goes to journal_dead_letters by itself; others are"
        " tried again",
        undo=NOTHING,
    ),
    "project_entries_iterator_age": Section(
        look="errors and throttles of `project_entries`, and `ledger_write_throttles`",
        act="correct the cause; the projector catches up by itself, some thousand entries a minute",
        undo=NOTHING,
    ),
    "ledger_gap": Section(
        look="`LedgerGap` in the log of `project_entries`: the place, first and last number",
        act="look for the message in journal_dead_letters and replay it; balances are right all the"
        " same, for they are in the ledger and not in the journal",
        undo=NOTHING,
    ),
    "journal_dead_letters": Section(
        look="the queue's message: shard and sequence numbers of the stream",
        act="correct the cause, read the records again from the stream at that place, and invoke"
        " `project_entries` with them: entries that are there are not written twice. Then delete"
        " the message",
        undo=NOTHING,
    ),
    "budget_mails_failed": Section(
        look="`AlertNotPublished` in the logs of `project_entries` and `expire_reservations`",
        act="see that the topic is there and that roles may publish; mails wait and go out by"
        " themselves",
        undo=NOTHING,
    ),
    "external_usage_forbidden": Section(
        look="the mail: model, hour, amounts; `ExternalUsage` in the log of `usage_reconciliation`;"
        " CloudTrail's events `InvokeModel` and `Converse` of that model and hour: who called",
        act="take `bedrock:InvokeModel` away from who may not, or name the model under"
        " `externalUsage.allowedModels` and apply",
        undo="nothing: it was used, and is charged; a budget that it used up can be raised",
    ),
    "external_usage_unpriced": Section(
        look="`ExternalUsage` in the log of `usage_reconciliation` with `cost_usd` null: the model",
        act="add its price ([add a model](../how-to/add-a-model.md)), or take the right to call it"
        " away",
        undo="nothing: what was used before the price is known stays unpriced",
    ),
    "usage_reconciliation_waits": Section(
        look="`waits` in the log of `usage_reconciliation`; `project_entries_iterator_age`,"
        " `project_entries_failed`",
        act="correct what holds `project_entries` up; what was used meanwhile is booked after it",
        undo=NOTHING,
    ),
    "usage_unread": Section(
        look="`unread` in the log of `usage_reconciliation`: from when to when; its errors before"
        " that",
        act="compare AWS Cost Explorer's Amazon Bedrock of these days with `cost-sentry budget list"
        "`; lower limits by what is missing, if it matters: `cost-sentry budget set`",
        undo=NOTHING,
    ),
    "usage_reconciliation_problems": Section(
        look="`problems` in the log of `usage_reconciliation`",
        act="of throttling: ask for more of CloudWatch's `GetMetricData`; of the ledger: see the"
        " other alarms. Points may be fetched for fifteen days",
        undo=NOTHING,
    ),
    "usage_reconciliation_errors": Section(
        look=_LOG.format("usage_reconciliation"),
        act="correct what the log names; the next run goes on where the last one ended",
        undo=NOTHING,
    ),
    "follow_request_errors": Section(
        look="`cost-sentry approval list`; the log of `follow_request`: the request, and the error",
        act="an unreadable configuration: `cost-sentry config apply`; a ledger that cannot be"
        " asked: wait, it is tried again for two days",
        undo="`cost-sentry approval end ID` ends what was approved",
    ),
    "budget_approval_failures": Section(
        look="the failed execution of `…-budget-approval`: its name is the request's id",
        act="correct the cause, then redrive the execution (`aws stepfunctions redrive-execution`),"
        " or answer or end the request: another execution follows it",
        undo="`cost-sentry approval end ID`; `cost-sentry config apply` sets limits right as well,"
        " once the time of the raise is over",
    ),
    "workflow_failures": Section(
        look="the log of the workflow: state and error; `cost-sentry explain REQUEST_ID`",
        act="of Bedrock's throttling: ask for more quota, name a ladder, or set"
        " `circuitBreaker` and `retries`",
        undo=NOTHING,
    ),
    "workflow_timeouts": Section(
        look="which model: long answers of slow ones outlast 290 s",
        act="lower `maxTokens`, or choose a faster model; the call stays charged in full until its"
        " true cost is known",
        undo=NOTHING,
    ),
    "records_unreadable": Section(
        look="`RecordUnreadable` in the logs of `expire_reservations`, `respond_to_anomaly` and"
        " `ask_for_more`: key and reason; `cost-sentry incidents list`, `cost-sentry approval list"
        " --all`",
        act="of another version: deploy that one again. A mail that is damaged is never sent:"
        " delete that item of `NOTICES` or `ALERTS`. An incident's last step,"
        " `INCIDENT#ID`, holds the same text as its scope's record in `INCIDENTS`: put it back"
        " from there. Until then that scope's anomalies alone are not responded to",
        undo=NOTHING,
    ),
    "respond_to_anomaly_errors": Section(
        look=_LOG.format("respond_to_anomaly"),
        act="a slow or throttled DynamoDB: wait; a record or configuration that cannot be read: put"
        " it right, as the error says; else roll the deployment back with `npx cdk deploy` of the"
        " version before. Meanwhile `cost-sentry budget list` shows what is spent, and"
        " `cost-sentry budget set` lowers a limit",
        undo=NOTHING,
    ),
    "anomaly_response_failures": Section(
        look="`cost-sentry incidents list`: what is in force; the failed execution of"
        " `…-anomaly-response`: its error; the logs of `respond_to_anomaly` and `lift_incidents`",
        act="correct the cause and redrive the execution (`aws stepfunctions redrive-execution`):"
        " it goes on where it failed, and does nothing twice",
        undo="`cost-sentry incidents lift ID --reason …` ends what was done for an incident",
    ),
    "anomaly_dead_letters": Section(
        look="the queue's message: the event, and why EventBridge could not deliver it",
        act="correct the cause, start `…-anomaly-response` with the event as its input, and delete"
        " the message; an event of more than an hour ago is told, and nothing is done for it",
        undo="`cost-sentry incidents lift ID --reason …`",
    ),
    "anomaly_events_not_understood": Section(
        look="`EventNotUnderstood` in the log of `respond_to_anomaly`: what is wrong with it",
        act="an alarm of your own: give its metric a dimension `team`, `application` with `team`,"
        " or `ModelId`; an event of another version: deploy both sides from one version",
        undo="nothing: such an event changes nothing",
    ),
    "anomaly_warning": Section(
        look="`cost-sentry incidents list`: the incident that it opened, with who, which model and"
        " how much more; the metric `SpendUsd` of the team or model, which is of calls only: what"
        " wakes and external usage cost is `WakeSpendUsd` and `ExternalSpendUsd`",
        act="if it is meant (a launch, a batch), nothing: the band learns it. If not, find the"
        " caller in the incident's evidence; `anomalies.rules` of `sentry.yaml` can tighten or"
        " freeze by itself next time",
        undo="`cost-sentry incidents lift ID --reason …` ends what was done for the incident",
    ),
    "anomaly_critical": Section(
        look="`cost-sentry budget list`: which budget runs out, and when; `cost-sentry incidents"
        " list`",
        act="as for anomaly_warning; if it is meant, raise the budget before it runs out:"
        " `cost-sentry approval ask`, or `cost-sentry budget set`",
        undo="`cost-sentry incidents lift ID --reason …`; a limit that was raised is set back by"
        " `cost-sentry config apply`",
    ),
    "scale_endpoints_errors": Section(
        look=_LOG.format("scale_endpoints"),
        act="a missing permission: compare the endpoint's tags with the how-to; SageMaker"
        " throttles: wait for the next run. Wake what is needed now by hand: `wake_endpoint`",
        undo=NOTHING,
    ),
    "endpoint_problems": Section(
        look="which of `EndpointsDenied`, `EndpointsThrottled`, `EndpointsRefused`,"
        " `EndpointsBusy`, `EndpointsSilent`, `EndpointsUnrecorded`, `EndpointsUnreadable` and"
        " `EndpointsLate` (CloudWatch, `CostSentry`, service `scale_endpoints`) counts;"
        " `problems` in the logs of `scale_endpoints` and `wake_endpoint`;"
        " `cost-sentry endpoint list`",
        act="denied: compare tags and key policies with the how-to; refused: the message says what"
        " SageMaker misses, make it again; throttled, busy, silent or unrecorded: wait for the next"
        " run; unreadable: deploy the version that wrote the record; late: there are more"
        " endpoints than one run gets through, so each has its turn later than every five minutes."
        " What costs money now: stop it by hand",
        undo=NOTHING,
    ),
    "wake_endpoint_errors": Section(
        look=_LOG.format("wake_endpoint"),
        act='invoke `wake_endpoint` with `{"endpoint": "…"}` again: it goes on where it was, and'
        " does nothing twice. If its budgets refuse, the answer says which",
        undo=NOTHING,
    ),
    "ledger_write_throttles": Section(
        look="CloudWatch Contributor Insights of the table, or which account is busiest in"
        " `cost-sentry budget list`",
        act="wait: accounts split under load by themselves. If it lasts, spread the calls over more"
        " applications",
        undo=NOTHING,
    ),
    "ledger_read_throttles": Section(
        look="as for ledger_write_throttles",
        act="wait; tables on demand grow to twice their last peak within half an hour",
        undo=NOTHING,
    ),
}


def alarms() -> Mapping[str, str]:
    """What each alarm means, and each kind of those on spending, by their names on the page."""
    on_spending = {f"anomaly_{row.name}": row.meaning for row in SPEND_ALARMS}
    return {row.name: row.meaning for row in ALARMS} | on_spending


def runbook() -> str:
    """One section for each alarm, in the order of the rows."""
    unknown = RUNBOOK.keys() - alarms().keys()
    if unknown:
        raise KeyError(f"no alarm is named {', '.join(sorted(unknown))}")
    return "\n".join(line for one in alarms().items() for line in _section(*one)).rstrip()


def _section(name: str, meaning: str) -> Iterator[str]:
    section = RUNBOOK[name]
    yield f"## {name}"
    yield ""
    yield f"- **It means**: {meaning}"
    yield f"- **Look** at {section.look}."
    yield f"- **Act**: {section.act}."
    yield f"- **Undo**: {section.undo}."
    yield ""
