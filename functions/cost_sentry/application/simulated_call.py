"""A call that is decided again: what was asked, when, and what became of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

from cost_sentry.application.simulated_answers import Repeatable
from cost_sentry.domain.decision import Decision, DecisionKind
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from cost_sentry.domain.usage import TokenUsage

DURATION_ASSUMED = timedelta(seconds=3)
"""Of a call where nobody says how long any of them ran."""

Choice = tuple[str, str | None, int | None]
"""What a caller gets: kind, model, output limit.

Of a refusal, and of an answer that was kept, its code in place of the model.
"""


class CallEnd(StrEnum):
    """What became of a call."""

    SETTLED = "settled"
    """With its usage, or in full where nobody learnt it (P6)."""
    VOIDED = "voided"
    """The model surely did not run."""
    UNKNOWN = "unknown"
    """It was refused, or nobody wrote it down: what it would use is assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """One call, without its text (P10)."""

    request: InvocationRequest
    at: datetime
    """When it asked; aware, in whole milliseconds."""
    duration: timedelta | None = None
    """How long it ran; ``None`` if nobody knows."""
    usage: TokenUsage | None = None
    prompt_tokens: int | None = None
    """As many as the provider counts; ``None`` if nobody knows."""
    end: CallEnd = CallEnd.UNKNOWN
    recorded: Choice | None = None
    """What was decided about it when it was made, where that is on record."""
    repeatable: Repeatable = Repeatable.NEVER
    """Whether an answer that was kept may serve it."""
    is_counted: bool = True
    """Whether it is reported. One that ran when the recorded day began only holds its money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is taken for what calls do not say: the same as the others, all together."""

    input_share: Fraction = Fraction(1)
    """Tokens of the prompt, of those that it is bounded by; 0 to 1."""
    output_share: Fraction = Fraction(1)
    """Tokens of the answer, of the output limit; 0 to 1."""
    duration: timedelta = DURATION_ASSUMED
    usage_unknown: int = 0
    """Calls whose usage is assumed, if they run."""
    duration_unknown: int = 0
    whole_limit: int = 0
    """Calls that used all of their output limit: no cache keeps what is cut short."""
    temperature_unknown: int = 0
    text_unknown: int = 0

    def usage_of(self, held: Reservation) -> TokenUsage:
        """Of a call that holds so much."""
        return TokenUsage(
            input_tokens=ceil(held.input_bound_tokens * self.input_share),
            output_tokens=ceil(held.output_limit_tokens * self.output_share),
        )


def assumed_of(calls: Iterable[SimulatedCall], *, output_tokens_default: int) -> Assumed:
    """The shares and the mean duration of these calls; everything where none of them says it.

    Args:
        calls: all that are simulated.
        output_tokens_default: the output limit of those that name none.
    """
    bounds = limits = prompts = answers = runs = no_usage = no_duration = whole = 0
    ran, repeatable = timedelta(0), Counter[Repeatable]()
    for call in calls:
        repeatable[call.repeatable] += 1
        no_usage += call.end is CallEnd.UNKNOWN
        no_duration += call.duration is None
        if call.duration is not None:
            ran, runs = ran + call.duration, runs + 1
        limit = call.request.max_tokens or output_tokens_default
        whole += call.usage is not None and call.usage.output_tokens >= limit
        if call.usage is not None and call.request.input_bound_tokens < UNBOUNDED_TOKENS:
            bounds += call.request.input_bound_tokens
            limits += limit
            prompts += call.usage.prompt_tokens
            answers += call.usage.output_tokens
    return Assumed(
        input_share=_share(prompts, bounds),
        output_share=_share(answers, limits),
        duration=ran / runs if runs else DURATION_ASSUMED,
        usage_unknown=no_usage,
        duration_unknown=no_duration,
        whole_limit=whole,
        temperature_unknown=repeatable[Repeatable.UNSAID],
        text_unknown=repeatable[Repeatable.NO_TEXT],
    )


def _share(used: int, held: int) -> Fraction:
    return min(Fraction(used, held), Fraction(1)) if held else Fraction(1)


def usage_within(decision: Decision, usage: TokenUsage) -> TokenUsage:
    """What the call would use under this decision: its answer ends where it is cut short."""
    sent, asked = decision.output_limit_sent_tokens, decision.output_limit_asked_tokens
    if sent is None or asked is None or sent >= asked or usage.output_tokens <= sent:
        return usage
    return replace(usage, output_tokens=sent)


def choice_of(decision: Decision) -> Choice:
    """What the caller gets by it."""
    if decision.kind is DecisionKind.REJECT or decision.cached is not None:
        return decision.kind, decision.code, None
    return decision.kind, decision.model_used, decision.output_limit_sent_tokens
