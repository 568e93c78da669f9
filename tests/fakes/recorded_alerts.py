"""A mailbox that remembers, and that can be told to refuse."""

from collections.abc import Collection
from typing import Any

from cost_sentry.application.journal_ports import AlertNotPublished


class RecordedAlerts:
    """``Alerts``. Refuses the next ``failures_left`` mails, and always those of ``refused``."""

    def __init__(self, failures_left: int = 0, refused: Collection[Any] = ()) -> None:
        self.published: list[Any] = []
        self.failures_left = failures_left
        self.refused = refused

    def publish(self, mail: Any) -> None:
        if self.failures_left > 0 or mail.key in self.refused:
            self.failures_left = max(0, self.failures_left - 1)
            raise AlertNotPublished(f"{mail.key}: the topic did not answer")
        self.published.append(mail)
