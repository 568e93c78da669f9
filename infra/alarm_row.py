"""What an alarm is made of, and the metrics that most of them look at."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.anomaly_events import AnomalyEvents
from infra.function_set import FunctionSet
from infra.ledger_table import LedgerTable
from infra.triggers import Triggers
from infra.workflow_set import WorkflowSet

PERIOD_MINUTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What has metrics."""

    functions: FunctionSet
    workflows: WorkflowSet
    ledger: LedgerTable
    triggers: Triggers
    anomalies: AnomalyEvents


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm: what is measured, what is too much, what it means and what to do."""

    name: str
    metric: Callable[[Watched], cloudwatch.Metric]
    threshold: int
    """Reached or passed in one period."""
    meaning: str
    stands_minutes: int = PERIOD_MINUTES
    """How long it stands after that: what is tried again after pauses would end and begin it, each
    with a mail, with every try. A day at most, for CloudWatch looks back no longer."""


def errors(function: str) -> Callable[[Watched], cloudwatch.Metric]:
    """Runs of this function that failed."""
    return lambda on: on.functions.by_name[function].function.metric_errors()


def throttles(function: str) -> Callable[[Watched], cloudwatch.Metric]:
    """Runs of it that Lambda refused."""
    return lambda on: on.functions.by_name[function].function.metric_throttles()


def workflows(how: str, metric_name: str) -> Callable[[Watched], cloudwatch.Metric]:
    """Executions of all callers that ended so."""
    return lambda on: on.workflows.guarded_invocation.ended(how, metric_name=metric_name).metric(
        statistic="Sum"
    )


def ledger(name: str) -> Callable[[Watched], cloudwatch.Metric]:
    """A metric of the table."""
    return lambda on: on.ledger.table.metric(name, statistic="Sum")


def written(name: str, function: str) -> Callable[[Watched], cloudwatch.Metric]:
    """A metric that this function's handler writes itself."""
    return lambda _: cloudwatch.Metric(
        namespace="CostSentry",
        metric_name=name,
        dimensions_map={"service": function},
        statistic="Sum",
    )


def projected(name: str) -> Callable[[Watched], cloudwatch.Metric]:
    """A metric that the projection writes."""
    return written(name, "project_entries")
