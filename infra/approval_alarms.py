"""Rows of `alarms.py`: requests for more."""

from infra.alarm_row import AlarmRow, errors

APPROVAL_ALARMS = (
    AlarmRow(
        name="follow_request_errors",
        metric=errors("follow_request"),
        threshold=1,
        meaning="A request for more is not mailed, put in force or ended in time. It is tried "
        "again for two days; read the function's log. `cost-sentry approval list` shows what is "
        "open.",
    ),
    AlarmRow(
        name="budget_approval_failures",
        metric=lambda on: on.workflows.budget_approval.ended(
            "ExecutionFailed",
            "ExecutionAborted",
            "ExecutionTimedOut",
            metric_name="ApprovalFailures",
        ).metric(statistic="Sum"),
        threshold=1,
        meaning="A request for more is not followed any more: its execution failed, was stopped or "
        "timed out. A raise ends in time all the same: every hour follow_request takes back those "
        "that are over. Correct what its log says, then `cost-sentry approval end` the request: "
        "it is followed anew.",
    ),
)
