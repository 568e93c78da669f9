"""The one table. Who may do what to which keys is said here, as intent."""

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stage import Stage

# Partition keys of the items; ledger_items.py, dynamodb_journal_items.py, circuit_items.py,
# run_tree_items.py and dynamodb_incidents.py say what each holds.
_ACCOUNTS = "ACCOUNT#*"
_ALERTS = "ALERTS"
_APPROVALS = "APPROVALS"
_APPROVAL_CHANGES = "APPROVAL#*"
_BUDGETS = "BUDGET#*"
_BURN = "BURN#*"
_CALLS = "CIRCUIT#*"
_CIRCUITS = "CIRCUITS"
_CONFIGURATION = "CONFIG"
_DEFINITIONS = "BUDGETS"
_INCIDENTS = "INCIDENTS"
_INCIDENT_SHARES = "INCIDENT-SHARES"
_INCIDENT_STEPS = "INCIDENT#*"
_MEASURES = ("pk", "sk", "measures", "measures_at")
"""Attributes of the configuration's item that hold what is in force beside it."""
_METERS = "METER#*"
_METER_MARKS = "METERS#*"
_NOTICES = "NOTICES"
_NOTICES_RECORDED = "NOTICE#*"
_ENDPOINTS = "ENDPOINTS"
_OTHER_ENTRIES = "ENTRIES#*"
_PROGRESS = "PROJECTION#*"
_REGISTER = "ACCOUNTS"
_REQUESTS = "REQUEST#*"
_RETRIES = "RETRY#*"
_RETRY_BANK = "RETRIES"
_RUNS = "RUN#*"
_SAVINGS = "SAVINGS#*"
_TICKS = "TICK"
_USAGE = "USAGE"
_USAGE_CURSORS = "USAGE#*"


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
        """Read what decides, move money between budgets and accounts, note a refusal."""
        read = (_CONFIGURATION, _DEFINITIONS, _BUDGETS, _ACCOUNTS, _REQUESTS)
        self._allow(grantee, "GetItem", *read)
        self._allow(grantee, "BatchGetItem", _BUDGETS, _ACCOUNTS)
        self._allow(grantee, "Query", _BUDGETS)
        self._allow(grantee, "ConditionCheckItem", _DEFINITIONS, _ACCOUNTS)
        self._allow(grantee, "PutItem", _BUDGETS, _ACCOUNTS, _REGISTER, _REQUESTS)
        self._allow(grantee, "UpdateItem", _BUDGETS, _ACCOUNTS)

    def grant_book_savings(self, grantee: iam.IGrantable) -> None:
        """Add what a kept answer has spared; that it was given is noted as a refusal is."""
        self._allow(grantee, "UpdateItem", _SAVINGS)

    def grant_resolve(self, grantee: iam.IGrantable) -> None:
        """Settle or void: one account's item, and its budgets' where an overrun must be paid.

        How a call ended before is read in the journal, and how far the journal has come.
        """
        self._allow(grantee, "GetItem", _BUDGETS, _ACCOUNTS, _REQUESTS, _PROGRESS)
        self._allow(grantee, "BatchGetItem", _BUDGETS, _ACCOUNTS)
        self._allow(grantee, "UpdateItem", _BUDGETS, _ACCOUNTS)

    def grant_expire(self, grantee: iam.IGrantable) -> None:
        """Walk the register of accounts and their shards, and resolve what nobody resolved.

        Of the register the lines of accounts at rest are deleted: no money or record is.
        """
        self.grant_resolve(grantee)
        self._allow(grantee, "Query", _REGISTER, _ACCOUNTS, _BUDGETS)
        self._allow(grantee, "DeleteItem", _REGISTER)

    def grant_set_aside(self, grantee: iam.IGrantable) -> None:
        """Reserve calls for outages as an admission reserves; note those that were made."""
        self.grant_reserve(grantee)

    def grant_project(self, grantee: iam.IGrantable) -> None:
        """Write journal, totals, meters and alerts. Entries are put once: no update, no delete."""
        read = (_CONFIGURATION, _BUDGETS, _ACCOUNTS, _REQUESTS, _PROGRESS)
        self._allow(grantee, "GetItem", *read)
        self._allow(grantee, "Query", _DEFINITIONS, _BUDGETS)
        kept_once = (_REQUESTS, _OTHER_ENTRIES, _BUDGETS, _ALERTS, _METER_MARKS)
        self._allow(grantee, "PutItem", *kept_once)
        self._allow(grantee, "UpdateItem", _BUDGETS, _ACCOUNTS, _PROGRESS, _METERS, _TICKS)

    def grant_reconcile_usage(self, grantee: iam.IGrantable) -> None:
        """Read what calls used, keep how far that was compared, and what is told about it.

        What was used elsewhere is booked as any call is: reserved, and settled.
        """
        self.grant_reserve(grantee)
        self._allow(grantee, "GetItem", _METERS, _PROGRESS, _TICKS, _USAGE, _USAGE_CURSORS)
        self._allow(grantee, "Query", _METERS, _METER_MARKS, _USAGE)
        self._allow(grantee, "PutItem", _NOTICES, _NOTICES_RECORDED)
        self._allow(grantee, "UpdateItem", _TICKS, _USAGE, _USAGE_CURSORS)

    def grant_detect_anomalies(self, grantee: iam.IGrantable) -> None:
        """Read what scopes used, keep what is usual of them."""
        self._allow(grantee, "GetItem", _CONFIGURATION, _BURN)
        self._allow(grantee, "Query", _METERS, _METER_MARKS)
        self._allow(grantee, "UpdateItem", _BURN)

    def grant_send_alerts(self, grantee: iam.IGrantable) -> None:
        """Take alerts and notices out of their queues."""
        self._allow(grantee, "Query", _ALERTS, _NOTICES)
        self._allow(grantee, "UpdateItem", _ALERTS, _BUDGETS, _NOTICES, _NOTICES_RECORDED)
        self._allow(grantee, "DeleteItem", _ALERTS, _NOTICES)

    def grant_give_notice(self, grantee: iam.IGrantable) -> None:
        """Put notices on record and into their queue, each once, and take them out of it."""
        self._allow(grantee, "PutItem", _NOTICES, _NOTICES_RECORDED)
        self.grant_send_alerts(grantee)

    def grant_recall_notices(self, grantee: iam.IGrantable) -> None:
        """Read when a notice was recorded."""
        self._allow(grantee, "GetItem", _NOTICES_RECORDED)

    def grant_heed_circuits(self, grantee: iam.IGrantable) -> None:
        """Read which models are unwell, take a probe, find the attempt that counts."""
        self._allow(grantee, "GetItem", _CIRCUITS, _RETRIES)
        self._allow(grantee, "UpdateItem", _CIRCUITS)

    def grant_sleep(self, grantee: iam.IGrantable) -> None:
        """Keep how far the sleep of each endpoint is; nobody deletes it."""
        self._allow(grantee, "GetItem", _ENDPOINTS)
        self._allow(grantee, "Query", _ENDPOINTS)
        self._allow(grantee, "UpdateItem", _ENDPOINTS)

    def grant_heed_sleep(self, grantee: iam.IGrantable) -> None:
        """Read which endpoints sleep."""
        self._allow(grantee, "GetItem", _ENDPOINTS)

    def grant_join_runs(self, grantee: iam.IGrantable) -> None:
        """Take agents into the tree of their run."""
        self._allow(grantee, "UpdateItem", _RUNS)

    def grant_watch_models(self, grantee: iam.IGrantable) -> None:
        """Count how calls ended, open and close circuits."""
        self._allow(grantee, "GetItem", _CONFIGURATION, _CIRCUITS)
        self._allow(grantee, "Query", _CALLS)
        self._allow(grantee, "UpdateItem", _CIRCUITS, _CALLS)

    def grant_earn_retries(self, grantee: iam.IGrantable) -> None:
        """Save up for retries."""
        self._allow(grantee, "UpdateItem", _RETRY_BANK)

    def grant_try_again(self, grantee: iam.IGrantable) -> None:
        """Pay for a retry, and note that it was granted."""
        self._allow(grantee, "GetItem", _CONFIGURATION)
        self._allow(grantee, "PutItem", _RETRIES)
        self._allow(grantee, "UpdateItem", _RETRY_BANK)

    def grant_ask_for_more(self, grantee: iam.IGrantable) -> None:
        """Put requests for more on record; each change of one is put once, and never changed."""
        self._allow(grantee, "GetItem", _CONFIGURATION, _APPROVALS)
        self._allow(grantee, "Query", _APPROVALS)
        self._allow(grantee, "PutItem", _APPROVALS, _APPROVAL_CHANGES)

    def grant_answer_request(self, grantee: iam.IGrantable) -> None:
        """Change a request, if the configuration is still the one that it was judged by."""
        self._allow(grantee, "GetItem", _CONFIGURATION, _APPROVALS)
        self._allow(grantee, "ConditionCheckItem", _CONFIGURATION)
        self._allow(grantee, "PutItem", _APPROVALS, _APPROVAL_CHANGES)

    def grant_await_answer(self, grantee: iam.IGrantable) -> None:
        """Leave a task token with a request."""
        self._allow(grantee, "GetItem", _APPROVALS)
        self._allow(grantee, "PutItem", _APPROVALS)

    def grant_raise_limits(self, grantee: iam.IGrantable) -> None:
        """Put raises and grants beside the configuration, and move limits with their money.

        Of the configuration's item it may write the measures and nothing else.
        """
        moved = (_BUDGETS, _ACCOUNTS)
        self._allow_attributes(grantee, "UpdateItem", _CONFIGURATION, _MEASURES)
        self._allow(grantee, "UpdateItem", _DEFINITIONS, *moved)
        self._allow(grantee, "GetItem", _DEFINITIONS, *moved)
        self._allow(grantee, "BatchGetItem", *moved)
        self._allow(grantee, "Query", *moved, _REGISTER)
        self._allow(grantee, "ConditionCheckItem", _DEFINITIONS, _ACCOUNTS)
        self._allow(grantee, "PutItem", *moved)

    def grant_watch_incidents(self, grantee: iam.IGrantable) -> None:
        """Keep incidents and their steps, put and lift measures, give a scope a budget for a while.

        Of the configuration's item it may write the measures and nothing else. A limit is moved
        with its money, as an admission moves money.
        """
        moved = (_BUDGETS, _ACCOUNTS)
        self._allow(grantee, "GetItem", _CONFIGURATION, _INCIDENTS, _DEFINITIONS, *moved)
        self._allow(grantee, "Query", *moved, _INCIDENTS, _REGISTER, _METERS, _METER_MARKS)
        self._allow(grantee, "BatchGetItem", *moved)
        self._allow(grantee, "ConditionCheckItem", _DEFINITIONS, _ACCOUNTS)
        self._allow(grantee, "PutItem", _INCIDENTS, _INCIDENT_STEPS, *moved)
        self._allow(grantee, "UpdateItem", _INCIDENT_SHARES, _DEFINITIONS, *moved)
        self._allow_attributes(grantee, "UpdateItem", _CONFIGURATION, _MEASURES)

    def _allow_attributes(
        self, grantee: iam.IGrantable, verb: str, key: str, attributes: Sequence[str]
    ) -> None:
        """As ``_allow``, and these attributes only."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{verb}"],
                resources=[self.table.table_arn],
                conditions={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [key]},
                    "ForAllValues:StringEquals": {"dynamodb:Attributes": list(attributes)},
                },
            )
        )

    def _allow(self, grantee: iam.IGrantable, verb: str, *keys: str) -> None:
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{verb}"],
                resources=[self.table.table_arn],
                # Holds for all keys of a call. Scan has none, and would pass; it is not granted.
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}},
            )
        )
