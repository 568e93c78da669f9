"""SNS: mails that go out, and mails that do not."""

from typing import Any

from botocore.exceptions import ReadTimeoutError

from cost_sentry.domain.alert import Alert
from tests.simulation.world import latencies
from tests.simulation.world.faults import Faults
from tests.simulation.world.scheduler import Scheduler


class Topic:
    """A boto3-shaped SNS client.

    Args:
        scheduler: publishing takes virtual time.
        faults: what goes wrong.
    """

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self.sent: set[tuple[str, int]] = set()
        """Purse and threshold of every alert that went out, by whoever sent it knew it."""
        self.mails = 0

    def publish(self, **_message: Any) -> dict[str, Any]:
        """Send one mail; the answer may be lost although it went out."""
        random = self._scheduler.current.random
        self._scheduler.sleep(5 * latencies.MILLISECOND)
        if self._faults.strike("lost_mail", random):
            self._scheduler.sleep(5 * latencies.SECOND)
            raise ReadTimeoutError(endpoint_url="the topic")
        self.mails += 1
        return {"MessageId": str(self.mails)}


class WatchedAlerts:
    """The real way out, and a note of what went."""

    def __init__(self, alerts: Any, topic: Topic) -> None:
        self._alerts = alerts
        self._topic = topic

    def publish(self, alert: Alert) -> None:
        """See the port."""
        self._alerts.publish(alert)
        purse = f"{alert.key.budget_id}@{alert.key.window_id}"
        self._topic.sent.add((purse, alert.key.threshold_percent))
