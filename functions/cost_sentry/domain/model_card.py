"""What a model can do, as far as it decides whether it may stand in for another."""

from collections.abc import Iterator
from dataclasses import dataclass

from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.model_id import provider_of

_BINARY, _DECIMAL = 1024**2, 1000**2
"""A window sold as 128K or 1M may hold 131,072 or 1,048,576 tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Capabilities of one base model on Converse."""

    model_id: str
    context_tokens: int
    """Prompt and answer together."""
    output_tokens_max: int
    modalities: frozenset[str]
    tools: bool
    system: bool
    streaming: bool
    prompt_cache: bool
    count_tokens: bool = False
    """Bedrock's CountTokens answers for it, by its id without geography."""
    system_messages: bool = False
    """It may take messages of role ``system`` in the midst of a conversation."""
    context_tokens_ceiling: int | None = None
    """A larger window that some source, or some beta field, speaks of."""
    takes: frozenset[str] = frozenset()
    """Of ``Needs.vendor_parts``: those that it takes although made for another provider's model."""
    on_converse: bool = True
    """Converse calls it; else its calls are translated, and what has no translation is refused."""

    @property
    def prompt_tokens_ceiling(self) -> int:
        """No prompt longer than this is ever accepted, and so billed: safe to bound a quote with.

        ``context_tokens`` is what the model surely takes, and too small for that.
        """
        return max(-(-self.context_tokens * _BINARY // _DECIMAL), self.context_tokens_ceiling or 0)

    def counted_tokens_max(self, needs: Needs) -> int:
        """No prompt that the provider counts longer than this is accepted.

        The windows of the models that can be counted are decimal and exact: "200049 tokens >
        200000 maximum". A larger one is asked for by a beta field, the provider's own part.
        """
        may_be_beta = "additionalModelRequestFields" in needs.vendor_parts
        return self.prompt_tokens_ceiling if may_be_beta else self.context_tokens

    def refuses(self, needs: Needs, asked_model_id: str) -> str | None:
        """Which parts, made for the asked model, this one would not take; ``None`` if it would."""
        if not needs.vendor_parts:
            return None
        made_for = provider_of(asked_model_id)
        foreign = sorted(needs.vendor_parts - self.takes)
        if not foreign or made_for == provider_of(self.model_id):
            return None
        return f"it does not take {' or '.join(foreign)} made for {made_for} models"

    def lacks(self, needs: Needs, prompt_tokens: int, output_tokens: int) -> str | None:
        """Why this model cannot serve such a call, in a caller's words; ``None`` if it can.

        Args:
            needs: of the request.
            prompt_tokens: that the prompt surely has.
            output_tokens: asked for.
        """
        return next(self._lacking(needs, prompt_tokens, output_tokens), None)

    def _lacking(self, needs: Needs, prompt_tokens: int, output_tokens: int) -> Iterator[str]:
        if missing := needs.modalities - self.modalities:
            yield f"it takes no {' or '.join(sorted(missing))}"
        if needs.tools and not self.tools:
            yield "it has no tool use"
        if needs.system and not self.system:
            yield "it takes no system prompt"
        if needs.system_message is not None and not self.system_messages:
            yield "it takes no messages of role system"
        if needs.streaming and not self.streaming:
            yield "it does not stream"
        if needs.prompt_cache and not self.prompt_cache:
            yield "it has no prompt cache"
        if not self.on_converse and (parts := needs.vendor_parts | needs.converse_parts):
            yield f"it takes no {' or '.join(sorted(parts))}"
        if output_tokens > self.output_tokens_max:
            yield f"it writes at most {self.output_tokens_max} tokens"
        if prompt_tokens + output_tokens > self.context_tokens:
            yield f"its context window is {self.context_tokens} tokens"
