"""`cost-sentry` at a deployment whose table and topic are moto's and whose workflow is scripted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.window import WindowKind
from cost_sentry_client import operations
from cost_sentry_client.command_line import app
from cost_sentry_client.deployment import Deployment
from cost_sentry_client.operations import Operator
from cost_sentry_client.target import TargetOptions, open_target
from tests.fakes.builders import ManualClock, budget
from tests.fakes.dynamodb_table import create_table
from tests.fakes.scripted_workflow import PREFIX, ScriptedWorkflow, always, answered, succeeded

LITE, MICRO = "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(slots=True, kw_only=True)
class Desk:
    """One deployment and the command line in front of it."""

    operator: Operator
    workflow: ScriptedWorkflow

    def apply(self, config: SentryConfig) -> None:
        self.operator.apply(config)


def cost_sentry(*arguments: str, stdin: str | None = None, columns: int = 80) -> Ended:
    result = CliRunner().invoke(app, list(arguments), input=stdin, env={"COLUMNS": str(columns)})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.stdout + result.stderr
    return Ended(code=result.exit_code, stdout=result.stdout, stderr=result.stderr)


def configuration(**changes: Any) -> SentryConfig:
    given: dict[str, Any] = {
        "version": "",
        "teams": {"search": Team(id="search"), "growth": Team(id="growth")},
        "models": {LITE: Model(id=LITE), MICRO: Model(id=MICRO)},
        "budgets": (
            budget("search-daily", picodollars("12.50")),
            budget("everything", 2_000_000, scope={}, unit=Unit.TOKENS, window=WindowKind.MONTH),
        ),
    }
    return with_version(SentryConfig(**{**given, **changes}))


@pytest.fixture
def empty_desk(monkeypatch) -> Iterator[Desk]:
    """Deployed, and nothing applied yet."""
    monkeypatch.setenv("COST_SENTRY_TARGET", "aws")
    for name, value in (
        ("REGION", "us-east-1"),
        ("ACCESS_KEY_ID", "t"),
        ("SECRET_ACCESS_KEY", "t"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), "ledger")
        topic = boto3.client("sns", region_name="us-east-1").create_topic(Name="alerts")["TopicArn"]
        outputs = {
            "LedgerTableName": "ledger",
            "GuardedInvocationArnPrefix": PREFIX,
            "AlertTopicArn": topic,
        }
        deployment = Deployment(
            stage="dev", account_id="123456789012", region="us-east-1", outputs=outputs
        )
        target = open_target(TargetOptions(stage="dev", region="us-east-1"), {}, lambda: None)
        desk = Desk(operator=Operator(target), workflow=always(succeeded(answered())))
        # There is no function that might have looked before; see test_config_in_force.py.
        monkeypatch.setattr(operations, "FRESH_FOR", timedelta(0))
        monkeypatch.setattr(operations, "find_deployment", lambda *_: deployment)
        monkeypatch.setattr(operations, "step_functions_client", lambda *_: desk.workflow)
        yield desk


@pytest.fixture
def desk(empty_desk: Desk) -> Desk:
    """Deployed and configured."""
    empty_desk.apply(configuration())
    return empty_desk


@pytest.fixture
def stopped_clock(request, monkeypatch) -> None:
    """Every command finds the module's ``NOW``, however long the suite takes to come to it."""
    monkeypatch.setattr(operations, "SystemClock", lambda: ManualClock(request.module.NOW))
