"""What starts a function without being asked: the ledger's stream, and the clock."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cost_sentry.domain.endpoint import WAKE_ALARM_PREFIX
from cost_sentry.domain.endpoint_rules import SCALE_EVERY_MINUTES
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from infra.function_set import FunctionSet
from infra.ledger_table import LedgerTable
from infra.sentry_function import SentryFunction

DETECTED_EVERY_MINUTES = 1
STREAM_BATCH_MAX = 100
STREAM_WAIT_SECONDS = 10
"""Entries that come within it share a run and its writes; a mail is late by so much at most."""
STREAM_ATTEMPTS_MAX = 100
"""Enough to sit out an outage of some minutes; a bad record fails fast and holds up less."""
ENTRY_WRITTEN = {
    "dynamodb": {
        "Keys": {"pk": {"S": lambda_.FilterRule.begins_with("ACCOUNT#")}},
        "NewImage": {"entry": {"S": lambda_.FilterRule.exists()}},
    }
}
"""Account items carry their ledger entry. What the projector itself writes starts nothing."""
BUDGET_USED_UP = {
    "dynamodb": {
        "Keys": {"pk": {"S": lambda_.FilterRule.begins_with("REQUEST#")}},
        "NewImage": {"used_up": {"S": lambda_.FilterRule.exists()}},
    }
}
"""Refusals leave no entry, and are the only sign that a budget is at its end: a limit that is never
overspent is seldom spent to the last cent."""

MARK_SENT = {
    "dynamodb": {"Keys": {"pk": {"S": lambda_.FilterRule.is_equal("TICK")}, "sk": {"S": ["SENT"]}}}
}
"""The comparison of usage asks by it how far the stream has come; the answer starts nothing."""
RECONCILED_EVERY_MINUTES = 1
RAISES_ENDED_EVERY_HOURS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A function that EventBridge starts by the clock."""

    construct_id: str
    function: str
    description: str
    every: cdk.Duration


CLOCKS = (
    ClockRow(
        construct_id="EndpointClock",
        function="scale_endpoints",
        description="Let idle endpoints sleep, wake those that are wanted",
        every=cdk.Duration.minutes(SCALE_EVERY_MINUTES),
    ),
    ClockRow(
        construct_id="AnomalyClock",
        function="detect_anomalies",
        description="Look for scopes that burn money unlike themselves",
        every=cdk.Duration.minutes(DETECTED_EVERY_MINUTES),
    ),
    ClockRow(
        construct_id="RaiseClock",
        function="follow_request",
        description="End raises whose time is over and that their workflow did not end",
        every=cdk.Duration.hours(RAISES_ENDED_EVERY_HOURS),
    ),
    ClockRow(
        construct_id="ExpiryClock",
        function="expire_reservations",
        description="Expire reservations that nobody resolved",
        every=cdk.Duration.minutes(EXPIRY_EVERY_MINUTES),
    ),
)


class Triggers(Construct):
    """Starts ``project_entries`` for every entry, and ``expire_reservations`` every five minutes.

    Refusals that found a budget used up start ``project_entries`` as well, and so do marks.
    ``usage_reconciliation`` is started every minute.
    A batch that fails is halved until the one bad record stands alone; after a hundred attempts
    its place in the stream goes to ``dead_letters``, which has an alarm, and the others go on.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, functions: FunctionSet, ledger: LedgerTable
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        functions.by_name["project_entries"].function.add_event_source(
            sources.DynamoEventSource(
                ledger.table,
                # Not LATEST: an entry written while the mapping is created must not be missed.
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=STREAM_BATCH_MAX,
                max_batching_window=cdk.Duration.seconds(STREAM_WAIT_SECONDS),
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                retry_attempts=STREAM_ATTEMPTS_MAX,
                on_failure=sources.SqsDlq(self.dead_letters),
                # A record passes if one of them matches.
                filters=[
                    lambda_.FilterCriteria.filter(ENTRY_WRITTEN),
                    lambda_.FilterCriteria.filter(BUDGET_USED_UP),
                    lambda_.FilterCriteria.filter(MARK_SENT),
                ],
            )
        )
        self._clocks(functions)
        self._reconcile(functions.by_name["usage_reconciliation"])
        self._wake(functions.by_name["wake_endpoint"])

    def _clocks(self, functions: FunctionSet) -> None:
        for row in CLOCKS:
            events.Rule(
                self,
                row.construct_id,
                description=row.description,
                schedule=events.Schedule.rate(row.every),
                targets=[
                    targets.LambdaFunction(
                        functions.by_name[row.function].function,
                        event=events.RuleTargetInput.from_object({}),
                        # The next run does the same work; a late one would only run beside it.
                        retry_attempts=0,
                    )
                ],
            )

    def _reconcile(self, function: SentryFunction) -> None:
        """Every minute; the role may invoke this function and no version of it."""
        role = iam.Role(
            self,
            "ReconciliationClockRole",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Starts usage_reconciliation, and may nothing else",
        )
        function.grant_invoke(role)
        scheduler.CfnSchedule(
            self,
            "ReconciliationClock",
            description="Compare usage with what Amazon CloudWatch metered",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            schedule_expression=f"rate({RECONCILED_EVERY_MINUTES} minute)",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function.function_arn,
                role_arn=role.role_arn,
                input="{}",
                # The next minute's run does the same work.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=0),
            ),
        )

    def _wake(self, function: SentryFunction) -> None:
        """At once when an alarm sees a sleeper called in vain."""
        events.Rule(
            self,
            "EndpointCalled",
            description="Wake an endpoint that was called while it sleeps",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={
                    "alarmName": [{"prefix": WAKE_ALARM_PREFIX}],
                    "state": {"value": ["ALARM"]},
                },
            ),
            # The clock's next run sees who was called in vain, too.
            targets=[targets.LambdaFunction(function.function, retry_attempts=2)],
        )
