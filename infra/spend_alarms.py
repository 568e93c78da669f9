"""SPEND_ALARMS: what CloudWatch itself watches of spending, for each team and each model.

They start ``anomaly_response``, by their names (``anomaly_events``), and mail nobody themselves:
the incident's mail is the one. Beside the sentry's own detector, which is faster, they are a second
pair of eyes that does not share its code. One on a band costs $0.30 a month, one on a threshold
$0.10, also while nobody calls.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cost_sentry.domain.figures import SPEND
from cost_sentry.domain.spend_watch import unwatched_text
from infra.alarm_mail import described, spend_mail
from infra.watched_spend import WatchedScope, WatchedSpend

PERIOD_MINUTES = 5
BAND_STANDARD_DEVIATIONS = 3
TIMES_EVEN_RATE = 12
"""Of the tightest budget's even rate: half of a day's limit in an hour, all of a month's in 2.5
days."""
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendAlarmRow:
    """One kind of alarm, made for each team and model that it can be made for."""

    name: str
    """What follows ``<stack>-anomaly-`` in its name says how bad it is."""
    meaning: str
    make: Callable[[Construct, str, str, WatchedScope, str], cloudwatch.AlarmBase | None]
    """From scope, construct id, alarm's name, whose spending, description; ``None``: it cannot."""


def spend_of(scope: WatchedScope) -> cloudwatch.Metric:
    """Dollars that its calls spent in five minutes, as ``project_entries`` tells them.

    What its endpoints' wakes cost is not in it: no response to it could hold that.
    """
    return cloudwatch.Metric(
        namespace="CostSentry",
        metric_name=SPEND,
        dimensions_map={scope.dimension: scope.value},
        statistic="Sum",
        period=cdk.Duration.minutes(PERIOD_MINUTES),
    )


def _on_band(
    at: Construct, construct_id: str, name: str, scope: WatchedScope, text: str
) -> cloudwatch.AlarmBase:
    return cloudwatch.AnomalyDetectionAlarm(
        at,
        construct_id,
        alarm_name=name,
        alarm_description=text,
        metric=spend_of(scope),
        std_devs=BAND_STANDARD_DEVIATIONS,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def _above_even_rate(
    at: Construct, construct_id: str, name: str, scope: WatchedScope, text: str
) -> cloudwatch.AlarmBase | None:
    """``None`` where no dollar budget says what is too much."""
    if scope.usd_per_minute is None:
        return None
    threshold = scope.usd_per_minute * PERIOD_MINUTES * TIMES_EVEN_RATE
    return spend_of(scope).create_alarm(
        at,
        construct_id,
        alarm_name=name,
        alarm_description=text,
        threshold=float(threshold.quantize(Decimal("0.000001"))),
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


SPEND_ALARMS = (
    SpendAlarmRow(
        name="warning",
        make=_on_band,
        meaning="What its calls spend is above the band that CloudWatch has learned from its "
        "history, twice in a row. While there is no history it says nothing; the other alarm of "
        "the same team or model, and the sentry's own detector, need none.",
    ),
    SpendAlarmRow(
        name="critical",
        make=_above_even_rate,
        meaning="What its calls spend is twelve times what would use up the tightest budget "
        "exactly at its end. That budget is not overspent; it runs out early.",
    ),
)


class SpendAlarms(Construct):
    """Turns rows into alarms, for so many teams and models; the others are told at synthesis."""

    def __init__(self, at: Construct, construct_id: str, *, spenders: WatchedSpend) -> None:
        super().__init__(at, construct_id)
        stack_name = cdk.Stack.of(self).stack_name
        if untold := unwatched_text(spenders.unwatched):
            cdk.Annotations.of(self).add_info(untold)
        for scope in spenders.watched:
            whose = f"{scope.dimension}-{_UNUSUAL.sub('-', scope.value)}"
            for row in SPEND_ALARMS:
                text = described(
                    f"anomaly_{row.name}",
                    f"{scope.dimension} {scope.value}: {row.meaning}",
                    spend_mail(scope.dimension, scope.value),
                )
                name = f"{stack_name}-anomaly-{row.name}-{whose}"
                row.make(self, f"{row.name}-{whose}", name, scope, text)
