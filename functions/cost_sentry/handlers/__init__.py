"""One file per Lambda. Here is what more than one of them writes: figures for CloudWatch.

In the embedded metric format: lines of the log, so nobody waits for a call to CloudWatch.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_sentry.domain.figures import Figures


def publish(figures: Iterable["Figures"], service: str) -> None:
    """A line for each of them, counted under ``service`` and under each of its dimensions."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    from cost_sentry.domain.figures import AGE, SPEND
    from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR

    for one in figures:
        metrics = EphemeralMetrics(namespace="CostSentry", service=service)
        for name, value in one.dimensions.items():
            metrics.add_dimensions(**{name: value})
        for name, count in one.counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        if one.spend_picodollars:
            dollars = one.spend_picodollars / PICODOLLARS_PER_DOLLAR
            metrics.add_metric(name=SPEND, unit=MetricUnit.NoUnit, value=dollars)
        if one.reservation_seconds is not None:
            seconds = one.reservation_seconds
            metrics.add_metric(name=AGE, unit=MetricUnit.Seconds, value=seconds)
        metrics.flush_metrics()
