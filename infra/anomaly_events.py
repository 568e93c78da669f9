"""Which events start ``anomaly_response``, and where those go that could not start it."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class AnomalyEvents(Construct):
    """The sentry's own anomalies, and alarms whose name begins ``<stack>-anomaly-``.

    Other alarms say that the sentry is unwell, and start nothing. EventBridge tries for a day; what
    it gives up goes to ``dead_letters``, which has an alarm. Rules cost nothing by themselves.
    """

    def __init__(self, scope: Construct, construct_id: str, *, response: sfn.IStateMachine) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        target = targets.SfnStateMachine(response, dead_letter_queue=self.dead_letters)
        events.Rule(
            self,
            "Anomalies",
            description="Respond to what the sentry's own detector tells",
            event_pattern=events.EventPattern(source=["cost-sentry"], detail_type=["Anomaly"]),
            targets=[target],
        )
        events.Rule(
            self,
            "Alarms",
            description="Respond to alarms about spending, and to their end",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={
                    "alarmName": events.Match.prefix(f"{cdk.Stack.of(self).stack_name}-anomaly-"),
                    "state": {"value": ["ALARM", "OK"]},
                },
            ),
            targets=[target],
        )


def grant_raise(grantee: iam.IGrantable) -> None:
    """Put events of the sentry's own source, and of one kind, on the account's default bus."""
    stack = cdk.Stack.of(grantee.grant_principal)
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[
                stack.format_arn(service="events", resource="event-bus", resource_name="default")
            ],
            conditions={
                "StringEquals": {"events:source": "cost-sentry", "events:detail-type": "Anomaly"}
            },
        )
    )
