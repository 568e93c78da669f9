"""Rows of `alarms.py`: calls that did not pass the sentry."""

from infra.alarm_row import AlarmRow, errors, written

USAGE_ALARMS = (
    AlarmRow(
        name="external_usage_forbidden",
        metric=written("ExternalUsageForbidden", "usage_reconciliation"),
        threshold=1,
        meaning="A model was called past the sentry that externalUsage.allowedModels of "
        "sentry.yaml does not name. A mail, and ExternalUsage in the function's log, name model, "
        "hour and amounts; CloudTrail names who called. It is charged to the budgets of the model "
        "and of the organisation; take bedrock:InvokeModel away from whoever may not do that.",
    ),
    AlarmRow(
        name="external_usage_unpriced",
        metric=written("ExternalUsageUnpriced", "usage_reconciliation"),
        threshold=1,
        meaning="A model was called past the sentry that has no price, so budgets in dollars were "
        "not charged for it; its calls and tokens were. ExternalUsage in the function's log names "
        "it. Add a price, or take bedrock:InvokeModel away.",
    ),
    AlarmRow(
        name="usage_reconciliation_waits",
        metric=written("ReconciliationWaits", "usage_reconciliation"),
        threshold=5,
        meaning="For five minutes usage could not be compared with Amazon CloudWatch, because the "
        "journal is behind the ledger: calls past the sentry are not charged yet. Nothing is lost "
        "within two weeks. Look at project_entries and its alarms; the function's log says since "
        "when.",
    ),
    AlarmRow(
        name="usage_reconciliation_problems",
        metric=written("ReconciliationProblems", "usage_reconciliation"),
        threshold=10,
        meaning="Usage could not be compared, or not be booked, again and again: CloudWatch "
        "throttles, or the ledger does not answer. Nothing is lost within two weeks; the log says "
        "what.",
    ),
    AlarmRow(
        name="usage_unread",
        metric=written("ExternalUsageUnread", "usage_reconciliation"),
        threshold=1,
        meaning="Usage was not compared for more than two weeks, and CloudWatch has no points of "
        "single minutes any more of what is older: calls past the sentry in that time may never "
        "be charged. The function's log says from when to when (unread). AWS Cost Explorer has "
        "what they cost.",
    ),
    AlarmRow(
        name="usage_reconciliation_errors",
        metric=errors("usage_reconciliation"),
        threshold=3,
        meaning="The comparison of usage with Amazon CloudWatch failed. Calls past the sentry are "
        "charged when it works again. Read the function's log.",
    ),
)
