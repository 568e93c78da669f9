"""What starts a function without being asked: the ledger's stream, and the clock."""

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
        self._reconcile(functions.by_name["usage_reconciliation"])
        self._endpoints(functions)
        self._detect(functions.by_name["detect_anomalies"])
        self._end_raises(functions.by_name["follow_request"])
        events.Rule(
            self,
            "ExpiryClock",
            description="Expire reservations that nobody resolved",
            schedule=events.Schedule.rate(cdk.Duration.minutes(EXPIRY_EVERY_MINUTES)),
            targets=[
                targets.LambdaFunction(
                    functions.by_name["expire_reservations"].function,
                    event=events.RuleTargetInput.from_object({}),
                    # The next tick does the same work; a late one would only run beside it.
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

    def _detect(self, function: SentryFunction) -> None:
        """Every minute: an anomaly is told of a minute after it is seen, or later."""
        events.Rule(
            self,
            "AnomalyClock",
            description="Look for scopes that burn money unlike themselves",
            schedule=events.Schedule.rate(cdk.Duration.minutes(DETECTED_EVERY_MINUTES)),
            targets=[
                targets.LambdaFunction(
                    function.function,
                    event=events.RuleTargetInput.from_object({}),
                    # The next minute's run raises what this one could not.
                    retry_attempts=0,
                )
            ],
        )

    def _end_raises(self, function: SentryFunction) -> None:
        """Every hour: an execution that was stopped ends no raise."""
        events.Rule(
            self,
            "RaiseClock",
            description="End raises whose time is over and that their workflow did not end",
            schedule=events.Schedule.rate(cdk.Duration.hours(RAISES_ENDED_EVERY_HOURS)),
            targets=[
                targets.LambdaFunction(
                    function.function,
                    event=events.RuleTargetInput.from_object({}),
                    # The next hour's run does the same work.
                    retry_attempts=0,
                )
            ],
        )

    def _endpoints(self, functions: FunctionSet) -> None:
        """Every five minutes; and at once when an alarm sees a sleeper called in vain."""
        events.Rule(
            self,
            "EndpointClock",
            description="Let idle endpoints sleep, wake those that are wanted",
            schedule=events.Schedule.rate(cdk.Duration.minutes(SCALE_EVERY_MINUTES)),
            targets=[
                targets.LambdaFunction(
                    functions.by_name["scale_endpoints"].function,
                    event=events.RuleTargetInput.from_object({}),
                    retry_attempts=0,
                )
            ],
        )
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
            targets=[
                targets.LambdaFunction(
                    functions.by_name["wake_endpoint"].function, retry_attempts=2
                )
            ],
        )
