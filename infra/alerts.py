"""Who is told: budgets' owners about money, operators about the sentry itself."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.addresses import Addresses

RECIPIENTS = "recipients"
"""Message attribute that names who a mail is for; every subscription filters on its own address."""


class Alerts(Construct):
    """Two topics, because a CloudWatch alarm cannot say who it is for.

    ``topic`` carries the budgets' mails, encrypted with the account's AWS managed key.
    ``operator_topic`` carries alarms. CloudWatch may not use the AWS managed key, and a customer
    managed key costs money while nobody calls (P11); an alarm holds its own name and a number, so
    it is encrypted on the way and not at rest.
    """

    def __init__(self, scope: Construct, construct_id: str, *, addresses: Addresses) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", display_name="Cost sentry budgets", enforce_ssl=True)
        cast("sns.CfnTopic", self.topic.node.default_child).kms_master_key_id = "alias/aws/sns"
        self.operator_topic = sns.Topic(
            self, "OperatorTopic", display_name="Cost sentry alarms", enforce_ssl=True
        )
        self._let_alarms_publish()
        for address in addresses.recipients:
            only_own = {RECIPIENTS: sns.SubscriptionFilter.string_filter(allowlist=[address])}
            self.topic.add_subscription(
                subscriptions.EmailSubscription(address, filter_policy=only_own)
            )
        for address in addresses.operators:
            self.operator_topic.add_subscription(subscriptions.EmailSubscription(address))

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Send budgets' mails."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        )

    def _let_alarms_publish(self) -> None:
        """A topic policy replaces the one that lets the account's alarms in; say it again."""
        self.operator_topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.operator_topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
