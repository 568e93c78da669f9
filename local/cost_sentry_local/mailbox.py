"""Mails that the emulated SNS sent, kept instead of delivered."""

import json
from typing import TypedDict
from urllib.request import urlopen

from cost_sentry_local.local_cloud import LocalCloud

PATH = "/_cost_sentry/mails"
_TIMEOUT_SECONDS = 30.0


class Mail(TypedDict):
    """One mail as its reader would see it; ``at`` is an ISO-8601 time in UTC."""

    to: str
    subject: str
    body: str
    at: str


def mails(cloud: LocalCloud) -> list[Mail]:
    """Every mail since the cloud started or was reset, oldest first."""
    with urlopen(cloud.endpoint + PATH, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - loopback
        return json.load(answer)["mails"]


def sentry_mails(cloud: LocalCloud) -> list[Mail]:
    """Those that the sentry wrote itself.

    Not those of CloudWatch's alarms: the emulator evaluates them without regard to dimensions.
    """
    return [mail for mail in mails(cloud) if mail["subject"].startswith("Cost sentry")]
