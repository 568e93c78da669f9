"""FUNCTIONS: one row per Lambda. What a row does not grant, its function cannot do."""

import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cost_sentry.settings import Settings
from infra.alerts import Alerts
from infra.anomaly_events import grant_raise
from infra.answer_table import AnswerTable
from infra.bedrock_access import BedrockAccess
from infra.emergency_store import EmergencyStore
from infra.endpoint_access import EndpointAccess
from infra.ledger_table import LedgerTable
from infra.model_metrics import grant_read_usage
from infra.names import pascal
from infra.sentry_function import SentryFunction
from infra.stage import Stage
from infra.workflow_grants import grant_start, grant_wake
from scripts.stage_functions import staged_functions

ROOT = pathlib.Path(__file__).resolve().parents[1]
LAYER = ROOT / ".build" / "layer"

LEDGER_SECONDS_MAX = 20
"""Of a function that asks the ledger: above three of its calls that nobody answers."""
ADMISSION_SECONDS_MAX = 38
"""And then the emergency store, which may be slow too."""
FAULT_SECONDS_MAX = 4
"""A caller waits for it who gets an error anyway."""
DETECTION_SECONDS_MAX = 55
"""Less than the minute after which the next run begins."""
ENDPOINT_SECONDS_MAX = 120
"""Shorter than a claim on an endpoint lasts, so that no two ever work on one."""
MODEL_CALL_SECONDS_MAX = 250
"""Longer than the function's own client waits for a model, so that a silent one is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What a function may be granted access to."""

    ledger: LedgerTable
    alerts: Alerts
    models: BedrockAccess
    emergency: EmergencyStore
    answers: AnswerTable
    endpoints: EndpointAccess
    approval_workflow_arn: str
    """Of ``budget_approval``, which runs some of these functions: its name is known before it."""


Grant = Callable[[Neighbours, SentryFunction], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRow:
    """One function; ``name`` is its handler, its use case and its placeholder."""

    name: str
    timeout_seconds: int
    memory_mib: int
    """Also buys the share of a CPU: what decides a call gets more than what waits."""
    grants: tuple[Grant, ...]


FUNCTIONS = (
    FunctionRow(
        name="admit_request",
        timeout_seconds=ADMISSION_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.ledger.grant_reserve(to.role),
            lambda near, to: near.ledger.grant_heed_circuits(to.role),
            lambda near, to: near.ledger.grant_heed_sleep(to.role),
            lambda near, to: near.ledger.grant_join_runs(to.role),
            lambda near, to: near.models.grant_count(to.role),
            lambda near, to: near.emergency.grant_use(to.role),
            lambda near, to: near.answers.grant_find(to.role),
            lambda near, to: near.ledger.grant_book_savings(to.role),
        ),
    ),
    FunctionRow(
        name="invoke_model",
        timeout_seconds=MODEL_CALL_SECONDS_MAX,
        memory_mib=256,
        grants=(
            lambda near, to: near.models.grant_invoke(to.role),
            lambda near, to: near.endpoints.grant_call(to.role),
        ),
    ),
    FunctionRow(
        name="settle_reservation",
        timeout_seconds=LEDGER_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.ledger.grant_resolve(to.role),
            lambda near, to: near.emergency.grant_tell(to.role),
            lambda near, to: near.answers.grant_keep(to.role),
        ),
    ),
    FunctionRow(
        name="void_reservation",
        timeout_seconds=LEDGER_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.ledger.grant_resolve(to.role),
            lambda near, to: near.ledger.grant_try_again(to.role),
            lambda near, to: near.emergency.grant_tell(to.role),
        ),
    ),
    FunctionRow(
        name="note_fault",
        timeout_seconds=FAULT_SECONDS_MAX,
        memory_mib=512,
        grants=(lambda near, to: near.ledger.grant_watch_models(to.role),),
    ),
    FunctionRow(
        name="expire_reservations",
        timeout_seconds=60,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_expire(to.role),
            lambda near, to: near.ledger.grant_set_aside(to.role),
            lambda near, to: near.emergency.grant_keep(to.role),
            lambda near, to: near.ledger.grant_send_alerts(to.role),
            lambda near, to: near.alerts.grant_publish(to.role),
        ),
    ),
    FunctionRow(
        name="respond_to_anomaly",
        timeout_seconds=30,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_watch_incidents(to.role),
            lambda near, to: near.ledger.grant_give_notice(to.role),
            lambda near, to: near.alerts.grant_publish(to.role),
        ),
    ),
    FunctionRow(
        name="lift_incidents",
        timeout_seconds=30,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_watch_incidents(to.role),
            lambda near, to: near.ledger.grant_give_notice(to.role),
            lambda near, to: near.alerts.grant_publish(to.role),
        ),
    ),
    FunctionRow(
        name="project_entries",
        timeout_seconds=60,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_project(to.role),
            lambda near, to: near.ledger.grant_watch_models(to.role),
            lambda near, to: near.ledger.grant_earn_retries(to.role),
            lambda near, to: near.ledger.grant_send_alerts(to.role),
            lambda near, to: near.alerts.grant_publish(to.role),
        ),
    ),
    FunctionRow(
        name="usage_reconciliation",
        timeout_seconds=60,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_reconcile_usage(to.role),
            lambda _, to: grant_read_usage(to.role),
        ),
    ),
    FunctionRow(
        name="detect_anomalies",
        timeout_seconds=DETECTION_SECONDS_MAX,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_detect_anomalies(to.role),
            lambda _, to: grant_raise(to.role),
        ),
    ),
    FunctionRow(
        name="scale_endpoints",
        timeout_seconds=ENDPOINT_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.endpoints.grant_scale(to.role),
            lambda near, to: near.endpoints.grant_guard(to.role),
            lambda near, to: near.ledger.grant_sleep(to.role),
            lambda near, to: near.ledger.grant_reserve(to.role),
            lambda near, to: near.ledger.grant_resolve(to.role),
            lambda near, to: near.ledger.grant_give_notice(to.role),
            lambda near, to: near.ledger.grant_recall_notices(to.role),
        ),
    ),
    FunctionRow(
        name="wake_endpoint",
        timeout_seconds=ENDPOINT_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.endpoints.grant_scale(to.role),
            lambda near, to: near.ledger.grant_sleep(to.role),
            lambda near, to: near.ledger.grant_reserve(to.role),
            lambda near, to: near.ledger.grant_resolve(to.role),
            lambda near, to: near.ledger.grant_give_notice(to.role),
        ),
    ),
    FunctionRow(
        name="ask_for_more",
        timeout_seconds=LEDGER_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.ledger.grant_ask_for_more(to.role),
            lambda near, to: grant_start(near.approval_workflow_arn, to.role),
        ),
    ),
    FunctionRow(
        name="answer_request",
        timeout_seconds=LEDGER_SECONDS_MAX,
        memory_mib=512,
        grants=(
            lambda near, to: near.ledger.grant_answer_request(to.role),
            lambda near, to: grant_start(near.approval_workflow_arn, to.role),
            lambda near, to: grant_wake(near.approval_workflow_arn, to.role),
        ),
    ),
    FunctionRow(
        name="await_answer",
        timeout_seconds=LEDGER_SECONDS_MAX,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_await_answer(to.role),
            lambda near, to: grant_wake(near.approval_workflow_arn, to.role),
        ),
    ),
    FunctionRow(
        name="follow_request",
        timeout_seconds=60,
        memory_mib=256,
        grants=(
            lambda near, to: near.ledger.grant_answer_request(to.role),
            lambda near, to: near.ledger.grant_raise_limits(to.role),
            lambda near, to: near.ledger.grant_give_notice(to.role),
            lambda near, to: near.alerts.grant_publish(to.role),
        ),
    ),
)


class FunctionSet(Construct):
    """All functions; they share one zip of our source and one layer of everybody else's."""

    def __init__(
        self, scope: Construct, construct_id: str, *, near: Neighbours, stage: Stage
    ) -> None:
        super().__init__(scope, construct_id)
        settings = Settings(
            stage=stage.name,
            table_name=near.ledger.table.table_name,
            alert_topic_arn=near.alerts.topic.topic_arn,
            emergency_bucket_name=near.emergency.bucket.bucket_name,
            answer_table_name=near.answers.table.table_name,
            approval_workflow_arn=near.approval_workflow_arn,
        )
        code = lambda_.Code.from_asset(str(staged_functions()))
        layer = self._layer()
        self._functions: dict[str, SentryFunction] = {}
        for row in FUNCTIONS:
            function = SentryFunction(
                self,
                pascal(row.name),
                name=row.name,
                code=code,
                layer=layer,
                environment=settings.to_environ(),
                timeout_seconds=row.timeout_seconds,
                memory_mib=row.memory_mib,
                stage=stage,
            )
            for grant in row.grants:
                grant(near, function)
            self._functions[row.name] = function

    @property
    def by_name(self) -> Mapping[str, SentryFunction]:
        """Every function by the name of its row."""
        return self._functions

    def _layer(self) -> lambda_.LayerVersion:
        if not (LAYER / "python").is_dir():
            raise FileNotFoundError("the layer is not built; run make setup first")
        return lambda_.LayerVersion(
            self,
            "Layer",
            description="Third-party code of cost-sentry, built from requirements/lambda.txt",
            code=lambda_.Code.from_asset(str(LAYER)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )
