"""Rules at work, after the traffic: what policies, a breaker and a cache do with a few calls."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from cost_sentry.domain.circuit import Circuit
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.load import load_config
from cost_sentry_client.operations import Operator
from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.closing import SANDBOX_BUDGET
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.traffic import CAMPAIGN, NOVA_PRO, OPUS, TRIAGE, Caller
from cost_sentry_local.demo.workload import PlannedCall, plan_call
from cost_sentry_local.layout import PROJECT

T = TypeVar("T")
Calls = tuple[tuple[str, Answer], ...]
RULES = PROJECT / "examples" / "rules.yaml"
_TAGS = {"project": "demo", "environment": "production", "taskType": "chat"}
_SMALL_CALL = (60, 20)
_AGAIN = "demo-rule-asked-again"
_LONG_ANSWER_TOKENS = 5_000
_KNOWN_WITHIN_SECONDS = 1.2
"""How long an environment goes on with the configuration, and the circuits, that it has read."""
_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One rule, and the calls that met it."""

    title: str
    calls: tuple[tuple[str, Answer], ...]
    """In order, each with what it is; like ones have one name."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Without their names."""
        return tuple(answer for _, answer in self.calls)


class RuleNotMet(Exception):  # noqa: N818 - named as what a person will read
    """What a scene waited for did not come."""


def show_rules(replay: Replay, operator: Operator) -> list[Scene]:
    """Put ``examples/rules.yaml`` in force, and make the calls that its rules are for."""
    operator.apply(_as_closed(load_config(RULES).config, operator))
    time.sleep(_KNOWN_WITHIN_SECONDS)
    return [
        Scene(title="A policy forbids a model, and its ladder stands in", calls=_rerouted(replay)),
        Scene(title="A policy forbids every model", calls=_rejected(replay)),
        Scene(title="The sentry chooses the model", calls=_routed(replay)),
        Scene(title="The same question is answered from a cache", calls=_cached(replay)),
        Scene(
            title="A breaker opens, one call tries the model, the breaker closes",
            calls=tuple(_unwell(replay, operator)),
        ),
    ]


def _as_closed(config: SentryConfig, operator: Operator) -> SentryConfig:
    """With the sandbox as the scene before this one has left it."""
    limit = operator.budget(SANDBOX_BUDGET).balance.limit
    budgets = [replace(b, limit=limit) if b.id == SANDBOX_BUDGET else b for b in config.budgets]
    return replace(config, budgets=tuple(budgets))


def _rerouted(replay: Replay) -> Calls:
    planned = _plan("rerouted", replace(TRIAGE, model_id=OPUS), environment="development")
    return (("Opus, in development", replay.call(planned)),)


def _rejected(replay: Replay) -> Calls:
    planned = _plan("rejected", TRIAGE)
    limit = {"inferenceConfig": {"maxTokens": _LONG_ANSWER_TOKENS}}
    return (("a very long answer", replay.call(_with(planned, limit))),)


def _routed(replay: Replay) -> Calls:
    planned = _plan("routed", replace(TRIAGE, model_id="auto"), taskType="summary")
    return (("auto, for a summary", replay.call(planned)),)


def _cached(replay: Replay) -> Calls:
    inference = {"inferenceConfig": {"maxTokens": 256, "temperature": 0}}
    first = _with(_plan("asked-first", CAMPAIGN), inference)
    again = replace(_with(first, {"requestId": _AGAIN}), request_id=_AGAIN)
    return ("asked first", replay.call(first)), ("asked again", replay.call(again))


def _unwell(replay: Replay, operator: Operator) -> Iterator[tuple[str, Answer]]:
    """So many failures that the circuit opens, and then what becomes of the next three calls."""
    rules = operator.config().circuit_breaker
    for number in range(rules.failures if rules else 0):
        planned = _plan(f"throttled-{number}", CAMPAIGN, stand_in={"fault": "throttle"})
        yield "the model throttles", replay.call(planned)
    circuit = _when(lambda: operator.circuits.read().get(NOVA_PRO), "the breaker did not open")
    time.sleep(_KNOWN_WITHIN_SECONDS)
    yield "while it is open", replay.call(_plan("while-open", CAMPAIGN))
    _wait_until_due(circuit)
    yield "the call that tries the model", replay.call(_plan("probe", CAMPAIGN))
    _when(lambda: NOVA_PRO not in operator.circuits.read(), "the breaker did not close")
    time.sleep(_KNOWN_WITHIN_SECONDS)
    yield "when it has closed", replay.call(_plan("after-it", CAMPAIGN))


def _with(planned: PlannedCall, members: Mapping[str, Any]) -> PlannedCall:
    """The call with other members; ``requestMetadata`` stays, for it is part of the question."""
    return replace(planned, input={**planned.input, **members})


def _plan(
    name: str, caller: Caller, *, stand_in: Mapping[str, str] | None = None, **tags: str
) -> PlannedCall:
    return plan_call(
        request_id=f"demo-rule-{name}",
        caller=caller,
        tokens=_SMALL_CALL,
        tags={**_TAGS, **tags},
        stand_in=dict(stand_in or {}),
    )


def _wait_until_due(circuit: Circuit) -> None:
    time.sleep(max(0.0, (circuit.due_at - datetime.now(UTC)).total_seconds()) + _POLL_SECONDS)


def _when(found: Callable[[], T | None], otherwise: str) -> T:
    """Wait for something; the projection counts calls some seconds after they ended."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if it := found():
            return it
        time.sleep(_POLL_SECONDS)
    raise RuleNotMet(f"{otherwise} within {_WAIT_SECONDS:.0f} seconds")
