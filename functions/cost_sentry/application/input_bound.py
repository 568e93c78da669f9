"""When an exact count of the prompt is worth a round trip, and what it makes of a candidate."""

from dataclasses import dataclass, field

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.output_limit import affordable_output
from cost_sentry.application.ports import Shortage, TokenCounter, Uncounted
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.token_bound import counted_bound_tokens

COUNT_FROM_PICODOLLARS = 2 * 10**9
"""0.2 cents for the prompt, bounded by its bytes: almost every prompt of the models that count.

A count costs no money, but some 70 to 150 ms of a call that takes seconds, and has a quota of its
own; what it frees comes back after the call anyway. Below this, a thousand calls in flight hold at
most two dollars too much, and a prompt is counted only where its bytes do not fit and its tokens
may. Above, the conversations of the trace in examples/ hold in all 1.3 times (Claude Sonnet) to 1.4
times (Haiku) what they cost. Counted from a cent on they would hold 1.5 to 3.0 times that, and by
their bytes alone 3.5 times (``tests/unit/application/test_reserved_over_real.py``).
"""
COUNTS_MAX = 2
"""In one admission: the asked model's and one rung's. Each may be silent for a second."""


@dataclass(slots=True, kw_only=True)
class InputBounds:
    """Counts for one request, each model's once."""

    request: InvocationRequest
    counter: TokenCounter | None
    uncounted: list[str] = field(default_factory=list)
    """Why there was no count, by model, in words that may be logged."""
    _counts: dict[str, int | None] = field(default_factory=dict)

    def before_asking(self, candidate: Candidate) -> Candidate:
        """The candidate with its prompt counted if that is dear enough, or may be too long."""
        if not candidate.counts_tokens:
            return candidate
        prompt = quote_picodollars(
            candidate.price,
            input_bound_tokens=candidate.input_bound_tokens,
            output_limit_tokens=0,
            writes_cache=candidate.writes_cache,
        )
        worth_it = prompt >= COUNT_FROM_PICODOLLARS or self._may_be_too_long(candidate)
        return self._counted(candidate) if worth_it else candidate

    def too_many_tokens(self, candidate: Candidate) -> int | None:
        """How many tokens were counted, if the model takes no prompt of so many.

        ``None`` if it does, and if nobody counted: then Bedrock may decide, unbilled.
        """
        most, count = candidate.counted_tokens_max, self._counts.get(_model(candidate))
        return count if count is not None and most is not None and count > most else None

    def _may_be_too_long(self, candidate: Candidate) -> bool:
        most = candidate.counted_tokens_max
        return most is not None and self.request.input_bound_tokens > most

    def after_shortage(self, candidate: Candidate, shortage: Shortage, floor: int) -> Candidate:
        """The candidate with its prompt counted, if fewer tokens could make it fit."""
        least = candidate.within(input_bound_tokens=self.request.input_floor_tokens)
        affordable = affordable_output(least, shortage)
        needed = min(floor, candidate.output_limit_tokens)
        if affordable is None or affordable < needed:
            return candidate
        return self._counted(candidate)

    def brought_within(self, candidate: Candidate, tokens_max: int) -> Candidate:
        """The candidate with its prompt counted, if only that can show that it is short enough."""
        fits = candidate.input_bound_tokens <= tokens_max
        hopeless = self.request.input_floor_tokens > tokens_max
        return candidate if fits or hopeless else self._counted(candidate)

    def _counted(self, candidate: Candidate) -> Candidate:
        count = self._count(candidate)
        if count is None:
            return candidate
        bound = min(candidate.input_bound_tokens, counted_bound_tokens(count))
        return candidate.within(input_bound_tokens=bound)

    def _count(self, candidate: Candidate) -> int | None:
        model = _model(candidate)
        if model in self._counts:
            return self._counts[model]
        if self.counter is None or not candidate.counts_tokens or len(self._counts) >= COUNTS_MAX:
            return None
        found = self.counter.count(candidate.model_id, self.request.converse)
        if isinstance(found, Uncounted):
            self.uncounted.append(f"{model}: {found.why}")
        self._counts[model] = None if isinstance(found, Uncounted) else found
        return self._counts[model]


def _model(candidate: Candidate) -> str:
    """The same behind every profile of it."""
    return base_model_id(candidate.model_id)
