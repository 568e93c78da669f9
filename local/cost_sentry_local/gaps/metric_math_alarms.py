"""CloudFormation: an alarm over metric math can be created.

docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html,
`Metrics`. The emulator refuses it. The alarm is stored and described; it is not evaluated here and
stays at INSUFFICIENT_DATA.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

Json = dict[str, Any]


def close() -> None:
    """Wrap the making of an alarm's record."""
    record = provisioners._cw_metric_alarm_record

    def record_with_metrics(name: str, properties: Json) -> Json:
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        # A metric of its own keeps the emulator content; the alarm then carries the real ones.
        plain = {**properties, "Metrics": None, "MetricName": "-", "Namespace": "-"}
        alarm: Json = record(name, {**plain, "Threshold": properties.get("Threshold", 0)})
        for field in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period"):
            alarm[field] = None
        return {**alarm, "Metrics": metrics}

    provisioners._cw_metric_alarm_record = record_with_metrics
