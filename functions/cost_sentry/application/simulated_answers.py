"""Answers that a simulation keeps: no text, and only what tells whether one would have served.

Two calls of an application are the same if their digests are, which are of everything sent but the
request id. So a call that asks to refresh an answer is the same as others that ask so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cost_sentry.application.answer_cache import AnswerCache, is_cacheable
from cost_sentry.application.keep_answer import keep_answer
from cost_sentry.application.ports import Clock, PriceBook
from cost_sentry.domain.answer_cache import AnswerCaching, AnswerPlace, KeptAnswer
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import ResolvedReservation


class Repeatable(StrEnum):
    """Whether the same call may be given the same answer, as far as is known without its text."""

    ALWAYS = "always"
    """At temperature 0."""
    IF_ASKED = "if asked"
    """Where answers of any temperature are kept."""
    UNSAID = "unsaid"
    """Nobody wrote its temperature down; taken for one that is not 0."""
    NEVER = "never"
    NO_TEXT = "no text"
    """What it asks is not known, so no other call is known to be the same."""


_KEPT_BY = {True: frozenset(Repeatable) - {Repeatable.NEVER, Repeatable.NO_TEXT}}
_KEPT_BY[False] = frozenset({Repeatable.ALWAYS})
_OF_ITSELF, _AT_LIMIT = {"stopReason": "end_turn"}, {"stopReason": "max_tokens"}


def repeatable_of(request: InvocationRequest) -> Repeatable:
    """Of a request that has its text yet."""
    if is_cacheable(request, AnswerCaching(ttl_seconds=1)):
        return Repeatable.ALWAYS
    asked = is_cacheable(request, AnswerCaching(ttl_seconds=1, any_temperature=True))
    return Repeatable.IF_ASKED if asked else Repeatable.NEVER


@dataclass(slots=True, kw_only=True)
class SimulatedAnswers:
    """``AnswerReader`` and ``AnswerKeeper``, in memory; empty at first.

    Args:
        clock: of the simulation.
        repeatable: of the call that is at its turn.
    """

    clock: Clock
    repeatable: Repeatable = Repeatable.NEVER
    _kept: dict[str, KeptAnswer] = field(default_factory=dict)

    def cache(self, price_book: PriceBook) -> AnswerCache:
        """The cache of production over these."""
        return AnswerCache(
            reader=self._itself,
            price_book=price_book,
            clock=self.clock,
            may_repeat=lambda _request, caching: (
                self.repeatable in _KEPT_BY[caching.any_temperature]
            ),
        )

    def key(self, request: InvocationRequest, output_limit_tokens: int) -> str:
        """See the port. No secret: nobody sees it."""
        of = (request.account, request.digest, request.model_id, str(output_limit_tokens))
        return "\n".join(of)

    def find(self, key: str) -> KeptAnswer | None:
        """See the port."""
        return self._kept.get(key)

    def keep(self, place: AnswerPlace, kept: KeptAnswer) -> None:
        """See the port."""
        self._kept[place.key] = kept

    def take(self, place: AnswerPlace, ended: ResolvedReservation, *, is_cut: bool) -> None:
        """Keep the answer of a call that has ended, unless it is cut short."""
        answer = _AT_LIMIT if is_cut else _OF_ITSELF
        keep_answer(place, answer, ended, keeper=self._itself, clock=self.clock)

    @property
    def _itself(self) -> Callable[[], "SimulatedAnswers"]:
        return lambda: self
