"""What the application needs of whoever understands policies."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from cost_sentry.domain.policy import Policies, PolicyNote, Verdict


class CallerFacts(NamedTuple):
    """The principal of a policy. A tuple, for it is looked up by its value many times a call."""

    account: str
    """``team/application``."""
    team: str
    application: str
    environment: str | None = None
    """As the configuration has it, not as the request says; ``None``: it has none."""


class ModelFacts(NamedTuple):
    """The resource of a policy; a tuple for the same reason."""

    model_id: str
    """Without geography."""
    provider: str
    geography: str
    price_class: str
    output_cents: int
    """Of a million output tokens, rounded up."""
    tier: str | None = None
    """``small``, ``middle`` or ``large``, as the configuration has it; ``None``: it has none."""
    region: str | None = None
    """Of the ARN that names a model without a profile; ``None``: the deployment's, if any."""


class OfferFacts(NamedTuple):
    """What a model adds to the facts of a call."""

    output_tokens: int
    """That would be sent as its limit."""
    input_tokens_max: int
    """Of the prompt."""
    rung: int
    """How far down the ladder; 0 is the model that was asked for."""


class PolicyEngine(Protocol):
    """The policies of one configuration, ready to be asked."""

    def verdict(
        self, caller: CallerFacts, model: ModelFacts, call: Mapping[str, object], offer: OfferFacts
    ) -> Verdict:
        """What they say of this model for this call.

        Args:
            caller: who calls.
            model: which model would be called.
            call: what is the same for every model, by the names of the published schema: numbers,
                texts, and lists of texts. Whoever asks about several models passes the same object,
                and never changes it.
            offer: what the model adds.

        Raises:
            ConfigurationError: a policy cannot be evaluated; nothing may be called then.
        """
        ...

    def looks_at(self, fact: str) -> bool:
        """Whether a policy may look at this fact of a call, by its name in the published schema."""
        ...

    def reasons(
        self, caller: CallerFacts, model: ModelFacts, call: Mapping[str, object], offer: OfferFacts
    ) -> tuple[PolicyNote, ...]:
        """Each enforced policy that made the verdict, in order: permits, or else forbids.

        Told to whoever explains a call, and never asked while one is decided. Raises as
        ``verdict``.
        """
        ...


PolicyEngines = Callable[[Policies], PolicyEngine]
"""Understands the policies of a configuration; the same for the same object."""
