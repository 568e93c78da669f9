"""Records that nobody can read, told to operators: each in the log, all of them as one figure."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cost_sentry.domain.errors import RecordUnreadable

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

SERVICE = "records"
"""The figure's dimension, whichever function met them: one alarm looks at it."""


def tell_unreadable(problems: Sequence[str], logger: "Logger") -> None:
    """Where all can be read nothing is written, so the figure costs nothing."""
    if not problems:
        return
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    for problem in problems:
        logger.error("RecordUnreadable", problem=problem)
    metrics = EphemeralMetrics(namespace="CostSentry", service=SERVICE)
    metrics.add_metric(name="RecordsUnreadable", unit=MetricUnit.Count, value=len(problems))
    metrics.flush_metrics()


@contextmanager
def unreadable_told(logger: "Logger") -> Iterator[None]:
    """What cannot go on for such a record fails all the same, and is told before."""
    try:
        yield
    except RecordUnreadable as error:
        tell_unreadable([str(error)], logger)
        raise
