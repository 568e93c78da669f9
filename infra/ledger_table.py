"""The one table. Who may do what to which keys is said here, as intent."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stage import Stage

# Keys of the ledger's items; the adapters' ledger_items.py says what each holds.
_ACCOUNTS = ("ACCOUNT#*", "ACCOUNTS")
_WINDOWS = ("BUDGET#*",)
_DEFINITIONS = ("BUDGETS",)
_JOURNAL = ("REQUEST#*", "ENTRIES#*")
_REQUESTS = ("REQUEST#*",)
_ALERTS = ("ALERTS*",)
_CONFIGURATION = ("CONFIG",)


class LedgerTable(Construct):
    """Budgets, accounts, journal and configuration; keys ``pk`` and ``sk``.

    On demand, so that it costs nothing but storage while nobody calls (P11). Encrypted with the
    account's AWS managed key: its use shows in CloudTrail, it rotates, and unlike a customer
    managed key it has no monthly fee. ``delete_after`` is housekeeping: no promise depends on it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Old images too: a projector must see what a version replaced to find a gap.
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute="delete_after",
            deletion_protection=stage.keeps_data,
            removal_policy=stage.removal_policy,
        )

    def grant_reserve(self, grantee: iam.IGrantable) -> None:
        """Read what decides, move money between budgets and accounts, record a rejection."""
        read = (*_CONFIGURATION, *_DEFINITIONS, *_WINDOWS, *_ACCOUNTS, *_REQUESTS)
        self._allow(grantee, read, "GetItem", "Query")
        self._allow(grantee, _DEFINITIONS, "ConditionCheckItem")
        self._allow(grantee, (*_WINDOWS, *_ACCOUNTS), "PutItem", "UpdateItem")
        self._allow(grantee, _REQUESTS, "PutItem")

    def grant_resolve(self, grantee: iam.IGrantable) -> None:
        """Settle or void: one account's item, and its budgets' where an overrun must be paid."""
        self._allow(grantee, (*_CONFIGURATION, *_WINDOWS, *_ACCOUNTS, *_REQUESTS), "GetItem")
        self._allow(grantee, (*_WINDOWS, *_ACCOUNTS), "UpdateItem")

    def grant_expire(self, grantee: iam.IGrantable) -> None:
        """Walk the register of accounts, and resolve what nobody resolved."""
        self.grant_resolve(grantee)
        self._allow(grantee, ("ACCOUNTS",), "Query")

    def grant_project(self, grantee: iam.IGrantable) -> None:
        """Write the journal, totals and alerts. Entries never change: no update, no delete."""
        read = (*_CONFIGURATION, *_DEFINITIONS, *_WINDOWS, *_ACCOUNTS, *_JOURNAL, *_ALERTS)
        self._allow(grantee, read, "GetItem", "Query")
        self._allow(grantee, (*_JOURNAL, *_ALERTS, *_WINDOWS), "PutItem")
        self._allow(grantee, (*_WINDOWS, *_ACCOUNTS, *_ALERTS), "UpdateItem")

    def _allow(self, grantee: iam.IGrantable, keys: tuple[str, ...], *verbs: str) -> None:
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{verb}" for verb in verbs],
                resources=[self.table.table_arn],
                # StringLike over all keys of a call; without Scan, every call has at least one.
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}},
            )
        )
