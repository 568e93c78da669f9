"""ALARMS: one row per way in which the sentry can be unwell. Every alarm tells the operators."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from infra.alarm_mail import MAILS, described
from infra.alarm_row import (
    PERIOD_MINUTES,
    AlarmRow,
    Watched,
    errors,
    ledger,
    projected,
    throttles,
    workflows,
    written,
)
from infra.alerts import Alerts
from infra.approval_alarms import APPROVAL_ALARMS
from infra.usage_alarms import USAGE_ALARMS

ALARMS = (
    AlarmRow(
        name="admit_request_errors",
        metric=errors("admit_request"),
        threshold=1,
        meaning="Calls are refused because the sentry itself failed. Read the function's log; "
        "a ledger that cannot be asked is an answer and not counted here.",
    ),
    AlarmRow(
        name="emergency_calls",
        metric=written("EmergencyCalls", "admit_request"),
        threshold=1,
        meaning="The ledger cannot be asked, and calls go on that emergency allowances paid for "
        "beforehand; all others are refused. Look at DynamoDB and at the function's log. Nothing "
        "is overspent; what these calls cost is booked once the ledger answers again.",
    ),
    AlarmRow(
        name="configuration_faults",
        metric=written("ConfigurationFaults", "admit_request"),
        threshold=1,
        meaning="Calls are refused with NOT_CONFIGURED, or, for five minutes at most, decided by "
        "an older configuration: the one in force cannot be read or used by the version that is "
        "deployed, or there is none. The function's log says why, and how old the one is that "
        "stands in. Run `cost-sentry config apply` with the version that is deployed.",
    ),
    AlarmRow(
        name="admit_request_throttles",
        metric=throttles("admit_request"),
        threshold=1,
        meaning="The account's Lambda concurrency is used up, so calls are refused. Raise the "
        "quota, or find what else in the account takes it.",
    ),
    AlarmRow(
        name="settle_reservation_errors",
        metric=errors("settle_reservation"),
        threshold=1,
        meaning="Models answered and their cost could not be settled. Nothing is lost: each "
        "reservation expires and is charged in full. Read the function's log.",
    ),
    AlarmRow(
        name="void_reservation_errors",
        metric=errors("void_reservation"),
        threshold=1,
        meaning="Refused model calls could not be given back; they expire and are charged in "
        "full. Read the function's log.",
    ),
    AlarmRow(
        name="expire_reservations_errors",
        metric=errors("expire_reservations"),
        threshold=1,
        meaning="Reservations that nobody resolved stay pending, and their money stays held. "
        "Read the function's log; the next run in five minutes tries again.",
    ),
    AlarmRow(
        name="project_entries_errors",
        metric=errors("project_entries"),
        threshold=3,
        meaning="The journal, totals and budget mails fall behind; spending is still guarded. "
        "Read the function's log.",
    ),
    AlarmRow(
        name="project_entries_failed",
        metric=projected("EntriesFailed"),
        threshold=10,
        meaning="Entries could not be journaled and are tried again. Look for ProjectionProblem "
        "in the function's log.",
    ),
    AlarmRow(
        name="project_entries_iterator_age",
        metric=lambda on: on.functions.by_name["project_entries"].function.metric(
            "IteratorAge", statistic="Maximum"
        ),
        threshold=5 * 60 * 1000,
        meaning="The journal is five minutes behind the ledger. Accounts keep what is not "
        "journaled, so busy ones will refuse calls when they are full; the stream keeps 24 hours.",
    ),
    AlarmRow(
        name="ledger_gap",
        metric=projected("LedgerGap"),
        threshold=1,
        meaning="An account's entries are numbered, and one is missing from the journal. Look "
        "for LedgerGap in the log of project_entries, and in journal_dead_letters.",
    ),
    AlarmRow(
        name="journal_dead_letters",
        metric=lambda on: on.triggers.dead_letters.metric_approximate_number_of_messages_visible(
            statistic="Maximum"
        ),
        threshold=1,
        meaning="A ledger entry could not be journaled, however often it was tried. The message "
        "names its place in the stream; correct the cause and replay it within 24 hours.",
    ),
    AlarmRow(
        name="budget_mails_failed",
        metric=projected("AlertsFailed"),
        threshold=10,
        meaning="Budget mails could not be handed to Amazon SNS. They wait and are tried again; "
        "the function's log has the reason.",
    ),
    AlarmRow(
        name="records_unreadable",
        metric=written("RecordsUnreadable", "records"),
        threshold=1,
        meaning="A mail that waits, or the incident or request of somebody, is damaged or of "
        "another version, and was passed over; all others had their turn. RecordUnreadable in the "
        "log of expire_reservations, respond_to_anomaly or ask_for_more names it.",
    ),
    *USAGE_ALARMS,
    AlarmRow(
        name="detect_anomalies_errors",
        metric=errors("detect_anomalies"),
        threshold=3,
        meaning="Nobody looks for anomalies: the detector failed for minutes. Budgets hold all the "
        "same. Read the function's log.",
    ),
    AlarmRow(
        name="detection_problems",
        metric=written("DetectionProblems", "detect_anomalies"),
        threshold=10,
        meaning="Scopes could not be looked at, or anomalies not be sent to EventBridge, again and "
        "again. Each run tries anew; the function's log says which, and why.",
    ),
    AlarmRow(
        name="workflow_failures",
        metric=workflows("ExecutionFailed", "WorkflowFailures"),
        threshold=25,
        meaning="Many calls ended with an error, most often Amazon Bedrock's own throttling. "
        "The workflow's log names the state and the error.",
    ),
    AlarmRow(
        name="workflow_timeouts",
        metric=workflows("ExecutionTimedOut", "WorkflowTimeouts"),
        threshold=1,
        meaning="A call outlasted the workflow's time limit. Its reservation expires and is "
        "charged in full.",
    ),
    *APPROVAL_ALARMS,
    AlarmRow(
        name="respond_to_anomaly_errors",
        metric=errors("respond_to_anomaly"),
        threshold=3,
        meaning="Anomalies are seen and not responded to: nobody is told of them, and nothing is "
        "slowed or frozen. It is tried again for about an hour. Read the function's log.",
    ),
    AlarmRow(
        name="anomaly_response_failures",
        metric=lambda on: on.workflows.anomaly_response.ended(
            "ExecutionFailed", metric_name="AnomalyResponseFailures"
        ).metric(statistic="Sum"),
        threshold=1,
        meaning="An anomaly was not responded to, or the end of an incident not recorded, in about "
        "an hour of trying. What is in force ends by itself; `cost-sentry incidents` says what "
        "is. Read the functions' logs, then redrive the execution: it goes on where it failed.",
    ),
    AlarmRow(
        name="anomaly_dead_letters",
        metric=lambda on: on.anomalies.dead_letters.metric_approximate_number_of_messages_visible(
            statistic="Maximum"
        ),
        threshold=1,
        meaning="EventBridge could not start anomaly_response for an event, in a day of trying. "
        "The message holds the event: correct the cause and start the workflow with it.",
    ),
    AlarmRow(
        name="anomaly_events_not_understood",
        metric=written("EventsNotUnderstood", "respond_to_anomaly"),
        threshold=1,
        meaning="An event told of an anomaly in a form that nobody can read, or of a scope that is "
        "neither a team, an application nor a model. The function's log says what is wrong.",
    ),
    AlarmRow(
        name="scale_endpoints_errors",
        metric=errors("scale_endpoints"),
        threshold=1,
        meaning="Endpoints neither fall asleep nor wake by schedule, and jobs run past their "
        "limits. Read the function's log; the next run in five minutes tries again.",
    ),
    AlarmRow(
        name="endpoint_problems",
        metric=written("EndpointProblems", "scale_endpoints"),
        threshold=1,
        meaning="An endpoint, job or notebook could not be looked at, put to sleep, woken or "
        "stopped; all others had their turn, or have it in the next runs. The metrics beside "
        "this one count by kind: denied, throttled, refused, busy, silent, unrecorded, "
        "unreadable, late. `problems` in the log of `scale_endpoints`, or of `wake_endpoint`, "
        "names each. It is tried again every five minutes; an order that was denied or refused "
        "after a pause that grows, for a sleep to a day, for a wake to an hour. So this stands for "
        "a day after the last of them.",
        stands_minutes=24 * 60,
    ),
    AlarmRow(
        name="wake_endpoint_errors",
        metric=errors("wake_endpoint"),
        threshold=1,
        meaning="Whoever asked for a sleeping endpoint got no answer. That it is wanted may be on "
        "record; the schedule wakes it then. Read the function's log.",
    ),
    AlarmRow(
        name="ledger_write_throttles",
        metric=ledger("WriteThrottleEvents"),
        threshold=10,
        meaning="One account or budget is written more often than one DynamoDB item allows; its "
        "calls wait and may be refused.",
    ),
    AlarmRow(
        name="ledger_read_throttles",
        metric=ledger("ReadThrottleEvents"),
        threshold=10,
        meaning="The ledger is read more often than DynamoDB allows; calls wait and may be "
        "refused.",
    ),
)


class Alarms(Construct):
    """Turns rows into alarms. Silence is health: nobody calls at night."""

    def __init__(
        self, scope: Construct, construct_id: str, *, watched: Watched, alerts: Alerts
    ) -> None:
        super().__init__(scope, construct_id)
        tell_operators = actions.SnsAction(alerts.operator_topic)
        for row in ALARMS:
            alarm = (
                row.metric(watched)
                .with_(period=cdk.Duration.minutes(PERIOD_MINUTES))
                .create_alarm(
                    self,
                    row.name,
                    alarm_description=described(row.name, row.meaning, MAILS[row.name]),
                    threshold=row.threshold,
                    evaluation_periods=row.stands_minutes // PERIOD_MINUTES,
                    datapoints_to_alarm=1,
                    comparison_operator=(
                        cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
                    ),
                    treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                )
            )
            alarm.add_alarm_action(tell_operators)
            alarm.add_ok_action(tell_operators)
