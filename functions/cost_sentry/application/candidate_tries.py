"""The order in which a request's candidates are offered to the ledger, and how often.

1. The asked model in full, then each rung of its ladder in full: nobody gets a shorter answer while
   a whole one can be paid for.
2. The asked model with a lower output limit, then each rung so: unless the caller declines.

A prompt that is bounded by its bytes and does not fit is counted, where that could make it fit, and
where it may be longer than the model's context window. If it is, nothing is held for that model.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.input_bound import InputBounds
from cost_sentry.application.output_limit import affordable_output, lowered
from cost_sentry.application.ports import Reserved, ReserveResult, SameId, Shortage
from cost_sentry.domain.decision import Decision, DecisionKind, RungOutcome
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.service_tier import STANDARD

Asked = ReserveResult | Decision
"""What came of asking; a decision where a rule refuses the call before the ledger is asked."""
Ended = Reserved | SameId | Decision
LOWERED_TRIES_MAX = 4
"""Reservations with a lower output limit that one admission tries, over all its candidates.

Each of several budgets that are short may need one, for only one is named at a time; another caller
may take what was left. After that the answer is no.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A candidate that was refused in full."""

    candidate: Candidate
    asked: Reservation
    """As it was offered to the ledger."""
    why: Shortage


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """The prompt was counted, and the asked model takes none of that length."""

    tokens: int
    tokens_max: int


@dataclass(slots=True, kw_only=True)
class CandidateTries:
    """What was tried for one request so far, and what the ledger said."""

    reservation: Callable[[Candidate], Reservation]
    """As of now."""
    reserve: Callable[[Reservation], Asked]
    bounds: InputBounds
    floor: int
    """The lowest output limit that may be sent."""
    may_lower: bool
    is_routed: bool = False
    """The request names no model: one that its prompt is too long for is passed over."""
    rungs: list[RungOutcome] = field(default_factory=list)
    short: list[Short] = field(default_factory=list)
    _known: dict[str, Shortage] = field(default_factory=dict)
    _tries_left: int = LOWERED_TRIES_MAX

    @property
    def first_short(self) -> Short:
        """The shortage of the asked model, or else of whichever was tried first."""
        asked = (s for s in self.short if s.candidate.decision is DecisionKind.ALLOW)
        return next(asked, self.short[0])

    def run(self, candidates: Iterable[Candidate | RungOutcome]) -> Ended | TooLong | None:
        """The first reservation that holds; ``None`` if none does."""
        for candidate in candidates:
            if isinstance(candidate, RungOutcome):
                self.rungs.append(candidate)
                continue
            found = self._counted_in_full(self.bounds.before_asking(candidate))
            if found:
                return found
        for short in self.short if self.may_lower else ():
            held = self._lowered(short.candidate)
            if held:
                return held
        return None

    def _counted_in_full(self, candidate: Candidate) -> Ended | TooLong | None:
        tokens, most = self.bounds.too_many_tokens(candidate), candidate.counted_tokens_max
        if tokens is None or most is None:
            return self._in_full(candidate)
        if candidate.decision is DecisionKind.ALLOW and not self.is_routed:
            return TooLong(tokens=tokens, tokens_max=most)
        outcome = f"its context window is {most} tokens, and the prompt has {tokens}"
        self.rungs.append(RungOutcome(model_id=candidate.model_id, outcome=outcome))
        return None

    def _in_full(self, candidate: Candidate) -> Ended | None:
        asked, result = self._reserve(candidate)
        if not isinstance(result, Shortage):
            return result
        floor = self.floor if self.may_lower else candidate.output_limit_tokens
        tighter = self.bounds.after_shortage(candidate, result, floor)
        fits_now = affordable_output(tighter, result) == tighter.output_limit_tokens
        if tighter is not candidate and fits_now:  # At most COUNTS_MAX times.
            asked, again = self._reserve(tighter)
            if not isinstance(again, Shortage):
                return again
            result = again
        self.rungs.append(_refused(tighter, result))
        self.short.append(Short(candidate=tighter, asked=asked, why=result))
        return None

    def _lowered(self, candidate: Candidate) -> Ended | None:
        while self._tries_left:
            lower = lowered(candidate, self._known, self.floor)
            if lower is None:
                return None
            self._tries_left -= 1
            _, result = self._reserve(lower)
            if not isinstance(result, Shortage):
                return result
            self.rungs.append(
                _refused(lower, result, f" at {lower.output_limit_tokens} output tokens")
            )
        return None

    def _reserve(self, candidate: Candidate) -> tuple[Reservation, Asked]:
        asked = self.reservation(candidate)
        result = self.reserve(asked)
        if isinstance(result, Shortage):
            self._known[result.hold.key] = result
        return asked, result


def _refused(candidate: Candidate, shortage: Shortage, lowered_to: str = "") -> RungOutcome:
    return RungOutcome(
        model_id=candidate.model_id,
        outcome=f"refused by budget {shortage.hold.budget_id}{lowered_to}{_at_tier(candidate)}",
        quote_picodollars=candidate.quote_picodollars,
    )


def _at_tier(candidate: Candidate) -> str:
    is_standard = candidate.service_tier == STANDARD
    return "" if is_standard else f" at service tier {candidate.service_tier}"
