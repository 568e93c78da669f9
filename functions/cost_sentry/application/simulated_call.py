"""A call that is decided again: what was asked, when, and what became of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

from cost_sentry.application.answer_lengths import AnswerLengths, share_of
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
    output_limit_sent_tokens: int | None = None
    """That its answer had, where that is on record."""
    is_lowered: bool = False
    """Whether that is less than was asked for."""
    repeatable: Repeatable = Repeatable.NEVER
    """Whether an answer that was kept may serve it."""
    is_counted: bool = True
    """Whether it is reported. One that ran when the recorded day began only holds its money."""

    @property
    def cut_at_tokens(self) -> int | None:
        """Where its answer ended for a limit that was not the caller's own; ``None``: nowhere.

        With more room it is longer, and nobody knows how long.
        """
        limit, is_own = self.output_limit_sent_tokens, self.request.max_tokens is not None
        if limit is None or self.usage is None or (is_own and not self.is_lowered):
            return None
        return limit if self.usage.output_tokens >= limit else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is taken for what calls do not say: the same as the others, all together."""

    input_share: Fraction = Fraction(1)
    """Tokens of the prompt, of those that it is bounded by; 0 to 1."""
    answers: AnswerLengths = field(default_factory=AnswerLengths)
    duration: timedelta = DURATION_ASSUMED
    usage_unknown: int = 0
    """Calls whose usage is assumed, if they run."""
    answer_cut: int = 0
    """Calls whose answer is assumed to be longer, if it has more room."""
    duration_unknown: int = 0
    whole_limit: int = 0
    """Calls that used all of their output limit: no cache keeps what is cut short."""
    temperature_unknown: int = 0
    text_unknown: int = 0

    @property
    def output_share(self) -> Fraction:
        """Tokens of the answer, of the output limit that was asked for; 0 to 1."""
        return self.answers.share()

    def usage_of(self, call: SimulatedCall, held: Reservation, asked: int) -> TokenUsage | None:
        """What it would use under its output limit of ``asked`` tokens, were that not lowered.

        ``None``: it ended, and nobody learnt it.
        """
        if call.end is CallEnd.UNKNOWN:
            return TokenUsage(
                input_tokens=ceil(held.input_bound_tokens * self.input_share),
                output_tokens=ceil(asked * self.output_share),
            )
        cut_at = call.cut_at_tokens
        if call.usage is None or cut_at is None or cut_at >= asked:
            return call.usage
        longer = ceil(asked * self.answers.share(longer_than=Fraction(cut_at, asked)))
        return replace(call.usage, output_tokens=max(longer, call.usage.output_tokens))

    def duration_of(self, call: SimulatedCall, usage: TokenUsage | None) -> timedelta:
        """How long it runs if it uses so much: one that writes more takes no less than others."""
        if call.duration is None:
            return self.duration
        more = usage and call.usage and usage.output_tokens > call.usage.output_tokens
        return max(call.duration, self.duration) if more else call.duration


def assumed_of(calls: Iterable[SimulatedCall], *, output_tokens_default: int) -> Assumed:
    """The shares and the mean duration of these calls; everything where none of them says it.

    Args:
        calls: all that are simulated.
        output_tokens_default: the output limit of those that name none.
    """
    bounds = prompts = runs = no_usage = no_duration = whole = cut = 0
    ran, repeatable, answers = timedelta(0), Counter[Repeatable](), AnswerLengths()
    for call in calls:
        repeatable[call.repeatable] += 1
        no_usage += call.end is CallEnd.UNKNOWN
        cut += call.cut_at_tokens is not None
        no_duration += call.duration is None
        if call.duration is not None and not call.is_lowered:
            ran, runs = ran + call.duration, runs + 1
        limit = call.request.max_tokens or output_tokens_default
        whole += call.usage is not None and call.usage.output_tokens >= limit
        if call.usage is not None and call.request.input_bound_tokens < UNBOUNDED_TOKENS:
            bounds += call.request.input_bound_tokens
            prompts += call.usage.prompt_tokens
            if not call.is_lowered:
                answers.add(call.usage.output_tokens, limit)
    return Assumed(
        input_share=share_of(prompts, bounds),
        answers=answers,
        duration=ran / runs if runs else DURATION_ASSUMED,
        usage_unknown=no_usage,
        answer_cut=cut,
        duration_unknown=no_duration,
        whole_limit=whole,
        temperature_unknown=repeatable[Repeatable.UNSAID],
        text_unknown=repeatable[Repeatable.NO_TEXT],
    )


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
