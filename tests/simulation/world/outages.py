"""Times in which a service gives nobody an answer."""

from collections.abc import Iterable
from dataclasses import dataclass

DYNAMODB, S3 = "DynamoDB", "S3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Of one service, for everybody. Microseconds after the callers may begin."""

    service: str
    begins: int
    ends: int
    refuses: bool = False
    """Whether it says at once that it fails; else it is silent."""
    heard: float = 0.0
    """Chance that a call is carried out all the same, and nobody hears of it."""


def outage_at(outages: Iterable[Outage], service: str, moment: int) -> Outage | None:
    """The outage that this service is in."""
    for one in outages:
        if one.service == service and one.begins <= moment < one.ends:
            return one
    return None
