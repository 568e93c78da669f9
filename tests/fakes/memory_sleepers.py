"""Endpoints that a test puts to sleep, as an admission sees them; always current."""

from cost_sentry.domain.endpoint_asleep import Asleep
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import BLIND, CHEAP, DEAR, STRANGER, UNPRICED
from tests.fakes.builders import NOON

OWN = "sagemaker.own"
"""The model; its endpoint is ``own``."""


class MemorySleepers:
    """``application.sleep_check_ports.Sleepers``."""

    def __init__(self) -> None:
        self.sleeping: dict[str, Asleep] = {}
        self.looked_at: list[str] = []
        self.asked_for: list[str] = []

    def asleep(self, endpoint: str) -> Asleep | None:
        self.looked_at.append(endpoint)
        return self.sleeping.get(endpoint)

    def asks_for(self, endpoint: str) -> bool:
        if endpoint in self.asked_for:
            return False
        self.asked_for.append(endpoint)
        return True


def asleep(endpoint: str = "own", **changes) -> Asleep:
    given = {
        "endpoint": endpoint,
        "since": NOON,
        "waking_since": None,
        "not_before": None,
        "reason": "it has no instances",
        "is_wanted": False,
    }
    return Asleep(**{**given, **changes})


def endpoint_model(name: str = "own", **changes) -> EndpointModel:
    given = {"name": name, "input": 3, "output": 3, "context_tokens": 8_000}
    return EndpointModel(**{**given, "output_tokens_max": 300, **changes})


def with_endpoint(endpoint: EndpointModel, ladder=(CHEAP,)) -> dict[str, Model]:
    """``models`` with one that is this endpoint."""
    bedrock = {
        id_: Model(id=id_, ladder=rungs)
        for id_, rungs in {DEAR: (OWN, BLIND), CHEAP: (), BLIND: (), STRANGER: ()}.items()
    }
    unpriced = {UNPRICED: Model(id=UNPRICED)}
    return {**bedrock, **unpriced, OWN: Model(id=OWN, ladder=ladder, endpoint=endpoint)}


def patient(seconds: int = 60, first: WhileAsleep = WhileAsleep.WAIT) -> EndpointModel:
    """One whose calls wait."""
    return endpoint_model(asleep=first, wait_seconds_max=seconds)
