"""Composes the constructs of this folder; defines nothing itself."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from cost_sentry.domain.caller import Caller
from infra.addresses import Addresses
from infra.alarm_row import Watched
from infra.alarms import Alarms
from infra.alerts import Alerts
from infra.anomaly_events import AnomalyEvents
from infra.answer_table import AnswerTable
from infra.bedrock_access import BedrockAccess
from infra.emergency_store import EmergencyStore
from infra.endpoint_access import EndpointAccess
from infra.function_set import FunctionSet, Neighbours
from infra.ledger_table import LedgerTable
from infra.names import pascal, standard_workflow_name
from infra.spend_alarms import SpendAlarms
from infra.stage import Stage
from infra.triggers import Triggers
from infra.watched_spend import WatchedSpend
from infra.workflow_set import WorkflowSet


class CostSentryStack(cdk.Stack):
    """The whole sentry of one stage, in one stack. Needs no account or Region to synthesize."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        addresses: Addresses,
        callers: Sequence[Caller],
        spenders: WatchedSpend,
        called_endpoints: Sequence[str],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Cost sentry for Amazon Bedrock ({stage.name})",
            termination_protection=stage.keeps_data,
        )
        ledger = LedgerTable(self, "Ledger", stage=stage)
        alerts = Alerts(self, "Alerts", addresses=addresses)
        models = BedrockAccess(self, "Models")
        emergency = EmergencyStore(self, "Emergency", stage=stage)
        answers = AnswerTable(self, "Answers")
        near = Neighbours(
            ledger=ledger,
            alerts=alerts,
            models=models,
            emergency=emergency,
            answers=answers,
            endpoints=EndpointAccess(self, "Endpoints", called=called_endpoints),
            approval_workflow_arn=self.format_arn(
                service="states",
                resource="stateMachine",
                resource_name=standard_workflow_name(self.stack_name, "budget_approval"),
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            ),
        )
        functions = FunctionSet(self, "Functions", near=near, stage=stage)
        workflows = WorkflowSet(
            self, "Workflows", functions=functions, models=models, callers=callers, stage=stage
        )
        triggers = Triggers(self, "Triggers", functions=functions, ledger=ledger)
        response = workflows.anomaly_response.state_machines[0]
        anomalies = AnomalyEvents(self, "AnomalyEvents", response=response)
        watched = Watched(
            functions=functions,
            workflows=workflows,
            ledger=ledger,
            triggers=triggers,
            anomalies=anomalies,
        )
        Alarms(self, "Alarms", watched=watched, alerts=alerts)
        SpendAlarms(self, "SpendAlarms", spenders=spenders)

        self._output("LedgerTableName", ledger.table.table_name)
        self._output("GuardedInvocationArnPrefix", workflows.arn_prefix)
        self._output("AlertTopicArn", alerts.topic.topic_arn)
        self._output("EmergencyBucketName", emergency.bucket.bucket_name)
        self._output("AnswerTableName", answers.table.table_name)
        for name, function in functions.by_name.items():
            self._output(f"{pascal(name)}FunctionName", function.function.function_name)

    def _output(self, name: str, value: str) -> None:
        cdk.CfnOutput(self, name, value=value)
