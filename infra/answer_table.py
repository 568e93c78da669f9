"""The table of answers that are kept for a while. Who may read and write them is said here."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

# Partition keys of the items; dynamodb_answers.py says what each holds.
_ANSWERS = "ANSWER#*"
_SECRET = "SECRET"  # noqa: S105 - the name of the item


class AnswerTable(Construct):
    """The only place of the sentry that keeps text, apart from the ledger's (P10, ADR 0023).

    Empty, and so free, until an application of ``sentry.yaml`` has an ``answerCache`` (P11). On
    demand; encrypted as the ledger is. Without a recovery copy, which would keep for 35 days what
    ended after an hour, without a stream, and gone with the stack: whatever is lost here is asked
    of the model again.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute="delete_after",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def grant_find(self, grantee: iam.IGrantable) -> None:
        """Read answers; make the secret of their keys where there is none."""
        self._allow(grantee, "GetItem", _ANSWERS, _SECRET)
        self._allow(grantee, "PutItem", _SECRET)

    def grant_keep(self, grantee: iam.IGrantable) -> None:
        """Write answers, and read none."""
        self._allow(grantee, "PutItem", _ANSWERS)

    def _allow(self, grantee: iam.IGrantable, verb: str, *keys: str) -> None:
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{verb}"],
                resources=[self.table.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}},
            )
        )
