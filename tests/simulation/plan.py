"""What people do in one seed: callers, operators, a configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cost_sentry.domain.sentry_config import SentryConfig
from tests.simulation.world.outages import Outage

DEAR, CHEAP = "example.dear-v1:0", "example.cheap-v1:0"
OWN = "sagemaker.own"
"""The SageMaker endpoint ``own`` as a model."""
RATES: Mapping[str, int] = {DEAR: 10, CHEAP: 2, OWN: 5}
"""Picodollars per token, in and out alike."""
TEAM = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One application's call, and what it does with the same id later."""

    name: str
    at: int
    request_id: str
    application: str = "web"
    model: str = DEAR
    input_bound_tokens: int = 50
    output_limit_tokens: int = 50
    content: str = "first"
    may_lower: bool = True
    """Whether fewer output tokens than asked for will do."""
    session: str | None = None
    """The agent run that it belongs to; how far below its root, and which repetition of a step."""
    depth: int = 0
    retry: int = 0
    branch: int = 0
    """Which of the children of the agent above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who puts a configuration in force."""

    name: str
    at: int
    config: SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the world does in one seed."""

    workload: str
    start: str
    config: SentryConfig
    callers: Sequence[Caller]
    operators: Sequence[Operator] = ()
    overrun: float = 0.0
    """Chance that a call uses more than its bound."""
    model_faults: bool = False
    """Whether the model is the one that fails."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Constants of the project that are small in this seed."""
    settles_late: float = 0.0
    """Chance that an execution that died with its model's answer is settled after all."""
    late_max: int = 0
    """Microseconds after which such a settlement comes at most."""
    runs_into: int = 0
    """Microseconds that the world goes on after the callers are done."""
    outages: Sequence[Outage] = ()
    has_store: bool = False
    """Whether there is an emergency store, and a sweep that keeps it."""
