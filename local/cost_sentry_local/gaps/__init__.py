"""What the emulator lacks or does differently from AWS, one file per gap.

Each file's `close()` wraps functions of the pinned emulator, which is never edited on disk. A file
goes when an upgrade of the emulator makes its tests pass without it.
"""

from cost_sentry_local.gaps import (
    definition_checks,
    email_subscriptions,
    embedded_metrics,
    execution_metrics,
    execution_timeout,
    express_executions,
    immediate_start,
    item_copies,
    jsonata_eval,
    jsonata_patience,
    lambda_concurrency,
    lambda_errors,
    lambda_events,
    lambda_layers,
    lambda_logs,
    metric_math_alarms,
    payload_limits,
    retry_timing,
    sagemaker_tags,
    same_execution,
    sdk_integrations,
    stream_batches,
    succeed_output,
    task_timeout,
    terminal_errors,
    time_limit_expressions,
)

# In this order: some wrap what others have replaced.
_GAPS = (
    lambda_errors,
    lambda_logs,
    lambda_layers,
    lambda_concurrency,
    embedded_metrics,
    stream_batches,
    item_copies,
    immediate_start,
    task_timeout,
    time_limit_expressions,
    execution_timeout,
    execution_metrics,
    express_executions,
    same_execution,
    retry_timing,
    terminal_errors,
    sdk_integrations,
    lambda_events,
    payload_limits,
    succeed_output,
    jsonata_eval,
    jsonata_patience,
    definition_checks,
    metric_math_alarms,
    email_subscriptions,
    sagemaker_tags,
)


def close_all() -> None:
    """Close every gap; call once, before the emulator serves."""
    for gap in _GAPS:
        gap.close()
