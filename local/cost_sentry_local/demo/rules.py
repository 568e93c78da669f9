"""Rules at work, after the traffic: what policies, run budgets, a breaker and a cache do."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cost_sentry.domain.circuit import Circuit
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.load import load_config
from cost_sentry_client.operations import Operator
from cost_sentry_local.demo import agents
from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.closing import SANDBOX_BUDGET
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.rule_calls import Calls, plan, with_members
from cost_sentry_local.demo.traffic import CAMPAIGN, NOVA_PRO, OPUS, TRIAGE
from cost_sentry_local.demo.waiting import when
from cost_sentry_local.layout import PROJECT

RULES = PROJECT / "examples" / "rules.yaml"
_AGAIN = "demo-rule-asked-again"
_LONG_ANSWER_TOKENS = 5_000
_KNOWN_WITHIN_SECONDS = 1.2
"""How long an environment goes on with the configuration, and the circuits, that it has read."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One rule, and the calls that met it."""

    title: str
    calls: Calls
    note: str = ""
    """What they come to, where that is not seen in their answers."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Without their names."""
        return tuple(answer for _, answer in self.calls)


def show_rules(replay: Replay, operator: Operator) -> list[Scene]:
    """Put ``examples/rules.yaml`` in force, and make the calls that its rules are for."""
    operator.apply(_as_closed(load_config(RULES).config, operator))
    time.sleep(_KNOWN_WITHIN_SECONDS)
    return [
        Scene(title="A policy forbids a model, and its ladder stands in", calls=_rerouted(replay)),
        Scene(title="A policy forbids every model", calls=_rejected(replay)),
        Scene(title="The sentry chooses the model", calls=_routed(replay)),
        Scene(title="The same question is answered from a cache", calls=_cached(replay)),
        _loop_stopped(replay),
        Scene(title="An agent starts too many others", calls=agents.branching(replay)),
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
    planned = plan("rerouted", replace(TRIAGE, model_id=OPUS), environment="development")
    return (("Opus, in development", replay.call(planned)),)


def _rejected(replay: Replay) -> Calls:
    planned = plan("rejected", TRIAGE)
    limit = {"inferenceConfig": {"maxTokens": _LONG_ANSWER_TOKENS}}
    return (("a very long answer", replay.call(with_members(planned, limit))),)


def _routed(replay: Replay) -> Calls:
    planned = plan("routed", replace(TRIAGE, model_id="auto"), taskType="summary")
    return (("auto, for a summary", replay.call(planned)),)


def _cached(replay: Replay) -> Calls:
    inference = {"inferenceConfig": {"maxTokens": 256, "temperature": 0}}
    first = with_members(plan("asked-first", CAMPAIGN), inference)
    again = replace(with_members(first, {"requestId": _AGAIN}), request_id=_AGAIN)
    return ("asked first", replay.call(first)), ("asked again", replay.call(again))


def _loop_stopped(replay: Replay) -> Scene:
    calls = agents.looping(replay)
    note = agents.spared(calls)
    return Scene(title="An agent that repeats its step is stopped", calls=calls, note=note)


def _unwell(replay: Replay, operator: Operator) -> Iterator[tuple[str, Answer]]:
    """So many failures that the circuit opens, and then what becomes of the next three calls."""
    rules = operator.config().circuit_breaker
    for number in range(rules.failures if rules else 0):
        planned = plan(f"throttled-{number}", CAMPAIGN, stand_in={"fault": "throttle"})
        yield "the model throttles", replay.call(planned)
    circuit = when(lambda: operator.circuits.read().get(NOVA_PRO), "the breaker did not open")
    time.sleep(_KNOWN_WITHIN_SECONDS)
    yield "while it is open", replay.call(plan("while-open", CAMPAIGN))
    _wait_until_due(circuit)
    yield "the call that tries the model", replay.call(plan("probe", CAMPAIGN))
    when(lambda: NOVA_PRO not in operator.circuits.read(), "the breaker did not close")
    time.sleep(_KNOWN_WITHIN_SECONDS)
    yield "when it has closed", replay.call(plan("after-it", CAMPAIGN))


def _wait_until_due(circuit: Circuit) -> None:
    time.sleep(max(0.0, (circuit.due_at - datetime.now(UTC)).total_seconds()) + _POLL_SECONDS)
