"""A mailbox that remembers, and that can be told to refuse."""

from typing import Any

from cost_sentry.application.journal_ports import AlertNotPublished, Mail


class RecordedAlerts:
    """``Alerts``. Refuses the next ``failures_left`` mails."""

    def __init__(self, failures_left: int = 0) -> None:
        self.published: list[Any] = []
        self.failures_left = failures_left

    def publish(self, mail: Mail) -> None:
        if self.failures_left > 0:
            self.failures_left -= 1
            raise AlertNotPublished(f"{mail.key}: the topic did not answer")
        self.published.append(mail)
