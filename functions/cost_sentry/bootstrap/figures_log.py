"""Figures for CloudWatch, as lines of the log in the embedded metric format: nobody waits."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_sentry.application.endpoint_problems import Problem
    from cost_sentry.domain.decision import Decision
    from cost_sentry.domain.figures import Figures
    from cost_sentry.domain.sentry_config import SentryConfig


def publish(figures: Iterable["Figures"], service: str) -> None:
    """A line for each of them, counted under ``service`` and under each of its dimensions."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    from cost_sentry.domain.figures import AGE
    from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR

    for one in figures:
        metrics = EphemeralMetrics(namespace="CostSentry", service=service)
        for name, value in one.dimensions.items():
            metrics.add_dimensions(**{name: value})
        for name, count in one.counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        for name, amount in one.spent.items():
            if amount:  # A value of nothing costs as much as any other.
                dollars = amount / PICODOLLARS_PER_DOLLAR
                metrics.add_metric(name=name, unit=MetricUnit.NoUnit, value=dollars)
        if one.reservation_seconds is not None:
            seconds = one.reservation_seconds
            metrics.add_metric(name=AGE, unit=MetricUnit.Seconds, value=seconds)
        if metrics.metric_set:
            metrics.flush_metrics()


def publish_refusal(decision: "Decision", config: "SentryConfig | None", service: str) -> None:
    """Of a call that was rejected; one that goes on, or waits, is told later, and loads nothing."""
    from cost_sentry.domain.decision import DecisionKind

    if decision.kind is DecisionKind.REJECT and decision.wait_seconds is None:
        from cost_sentry.domain.figures import figures_of_refusal

        publish(figures_of_refusal(decision, config), service)


def publish_problems(problems: Iterable["Problem"]) -> None:
    """Of endpoints and jobs, by kind, whichever function met them: one alarm looks at all."""
    from aws_lambda_powertools import single_metric
    from aws_lambda_powertools.metrics import MetricUnit

    from cost_sentry.application.endpoint_problems import counted

    for name, many in counted(problems).items():
        with single_metric(name, MetricUnit.Count, many, namespace="CostSentry") as metric:
            metric.add_dimension(name="service", value="scale_endpoints")
