"""What the application needs of whoever understands policies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cost_sentry.domain.policy import Policies, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerFacts:
    """The principal of a policy."""

    account: str
    """``team/application``."""
    team: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The resource of a policy."""

    model_id: str
    """Without geography."""
    provider: str
    geography: str
    price_class: str
    output_cents: int
    """Of a million output tokens, rounded up."""


class PolicyEngine(Protocol):
    """The policies of one configuration, ready to be asked."""

    def verdict(
        self, caller: CallerFacts, model: ModelFacts, call: Mapping[str, object]
    ) -> Verdict:
        """What they say of this model for this call.

        Args:
            caller: who calls.
            model: which model would be called.
            call: everything else, by the names of the published schema: numbers, texts, and lists
                of texts.

        Raises:
            ConfigurationError: a policy cannot be evaluated; nothing may be called then.
        """
        ...


PolicyEngines = Callable[[Policies], PolicyEngine]
"""Understands the policies of a configuration; the same for the same object."""
