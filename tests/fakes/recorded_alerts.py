"""A mailbox that remembers, and that can be told to refuse."""

from cost_sentry.application.journal_ports import AlertNotPublished
from cost_sentry.domain.alert import Alert


class RecordedAlerts:
    """``Alerts``. Refuses the next ``failures_left`` mails."""

    def __init__(self, failures_left: int = 0) -> None:
        self.published: list[Alert] = []
        self.failures_left = failures_left

    def publish(self, alert: Alert) -> None:
        if self.failures_left > 0:
            self.failures_left -= 1
            raise AlertNotPublished(f"{alert.key.budget_id}: the topic did not answer")
        self.published.append(alert)
