"""Decide the same calls by two configurations, each on a ledger of its own, and call nothing.

Time is the calls' own: each holds its money from when it asks until it has run so long, and what
ends before a call asks has given back its rest. Whoever binds the ports binds them to memory; there
is no port here that could write, call a model, or count a prompt.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush

from cost_sentry.application.admit_request import Admission
from cost_sentry.application.budget_levels import BudgetLevels, Totals
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import Ledger, PriceBook, Uncounted
from cost_sentry.application.run_tree_ports import RunTrees
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.application.shadow_budgets import ShadowBudgets
from cost_sentry.application.simulated_answers import SimulatedAnswers
from cost_sentry.application.simulated_call import (
    Assumed,
    CallEnd,
    SimulatedCall,
    usage_within,
)
from cost_sentry.application.void_reservation import void_reservation
from cost_sentry.application.window_use_ports import WindowUse
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.spend import UNNAMED
from cost_sentry.domain.usage import TokenUsage

_NEVER = datetime.min.replace(tzinfo=UTC)
NOT_RUN = "it did not run then either"
"""The reason of a void."""
Spender = tuple[str, str, str]
"""Team, application, and the model that was called."""


@dataclass(slots=True)
class CallClock:
    """``Clock``: it stands where the call or the ending does that is at its turn."""

    time: datetime = _NEVER

    def now(self) -> datetime:
        """See the port."""
        return self.time


@dataclass(slots=True)
class KnownCounts:
    """``TokenCounter``: as many as the call at its turn has, whichever model it is."""

    tokens: int | None = None

    def count(self, _model_id: str, _converse: Mapping[str, object]) -> int | Uncounted:
        """See the port."""
        return self.tokens if self.tokens is not None else Uncounted("it is a simulation")


@dataclass(frozen=True, slots=True)
class FixedConfig:
    """``ConfigSource``."""

    config: SentryConfig

    def current(self) -> SentryConfig:
        """See the port."""
        return self.config


@dataclass(slots=True, kw_only=True)
class SimulatedSentry:
    """One configuration at work.

    Args:
        config: what decides.
        ledger: in memory, empty or with what its windows had posted; knows the budgets.
        totals: what its windows have posted by then.
        window_use: what they have posted and hold.
        price_book: what calls cost.
        policy_engines: understands the policies.
        run_trees: which agents called below which; empty at first.
        assumed: for what calls do not say.
    """

    config: SentryConfig
    ledger: Ledger
    totals: Totals
    window_use: WindowUse
    price_book: PriceBook
    policy_engines: PolicyEngines
    run_trees: RunTrees
    assumed: Assumed
    spent: Counter[Spender] = field(default_factory=Counter)
    """Picodollars, of calls that are counted and have ended."""
    _clock: CallClock = field(default_factory=CallClock)
    _counts: KnownCounts = field(default_factory=KnownCounts)
    _running: list[tuple[datetime, int, "_Running"]] = field(default_factory=list)
    """A heap by when they end, then by their number, which no two share."""
    _answers: SimulatedAnswers = field(init=False)
    _admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        """Bind the admission of production to ports of memory."""
        self._answers = SimulatedAnswers(clock=self._clock)
        self._admission = Admission(
            config_source=FixedConfig(self.config),
            price_book=self.price_book,
            ledger=self.ledger,
            clock=self._clock,
            token_counter=self._counts,
            policy_engines=self.policy_engines,
            levels=BudgetLevels(lambda: self.totals),
            shadows=ShadowBudgets(lambda: self.window_use),
            complexity=_kept_estimate,
            answers=self._answers.cache(self.price_book),
            run_trees=lambda: self.run_trees,
        )

    def decide(self, call: SimulatedCall, number: int) -> Decision:
        """What it answers this call, after all that ended before; no earlier one may follow.

        ``number`` names the execution: the same request id from another one is a repetition.
        """
        self.end_until(call.at)
        self._clock.time = call.at
        self._counts.tokens = call.prompt_tokens
        self._answers.repeatable = call.repeatable
        decision = self._admission.decide(self._asked(call), attempt=f"call-{number}")
        held, price = decision.reservation, decision.price
        if held is not None and price is not None:  # A repeated call has no price: nothing runs.
            usage = self._usage(call, decision, held)
            running = _Running(call=call, decision=decision, held=held, price=price, usage=usage)
            ends_at = call.at + self.assumed.duration_of(call, usage)
            heappush(self._running, (ends_at, number, running))
        return decision

    def end_until(self, now: datetime | None) -> None:
        """Settle or void every call that has run by then; ``None``: all that still run."""
        while self._running and (now is None or self._running[0][0] <= now):
            self._clock.time, _, running = heappop(self._running)
            self._end(running)

    def _end(self, one: "_Running") -> None:
        if one.call.end is CallEnd.VOIDED:
            void_reservation(one.held, NOT_RUN, ledger=self.ledger, clock=self._clock)
            return
        ended = settle_reservation(
            one.held, one.price, one.usage, ledger=self.ledger, clock=self._clock
        )
        if one.decision.keep_at is not None:
            self._answers.take(one.decision.keep_at, ended.resolved, is_cut=_is_cut(one))
        if one.call.is_counted:
            self.spent[_spender(one.decision)] += ended.resolved.resolution.cost_picodollars

    def _asked(self, call: SimulatedCall) -> InvocationRequest:
        """An application with a cache has it by its workflow, which is taken to be its own."""
        caller = self.config.caller_of(call.request.tags)
        has_cache = self.config.answer_cache_of(caller) is not None
        return replace(call.request, caller=caller) if has_cache else call.request

    def _usage(
        self, call: SimulatedCall, decision: Decision, held: Reservation
    ) -> TokenUsage | None:
        asked = decision.output_limit_asked_tokens or held.output_limit_tokens
        usage = self.assumed.usage_of(call, held, asked)
        return None if usage is None else usage_within(decision, usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    call: SimulatedCall
    decision: Decision
    held: Reservation
    price: ModelPrice
    usage: TokenUsage | None
    """``None``: nobody will learn it."""


def simulate(
    calls: Iterable[SimulatedCall], before: SimulatedSentry, after: SimulatedSentry
) -> Iterator[tuple[SimulatedCall, Decision, Decision]]:
    """Each call with what both decide, in order; when it is through, all calls have ended.

    ``calls`` in order of their times.
    """
    for number, call in enumerate(calls):
        yield call, before.decide(call, number), after.decide(call, number)
    before.end_until(None)
    after.end_until(None)


def _kept_estimate(request: InvocationRequest) -> int | None:
    """What was estimated when there was a text."""
    return request.complexity_thousandths


def _is_cut(one: _Running) -> bool:
    """Whether its answer ends at its limit; one that nobody knows is taken to end by itself."""
    usage = one.call.usage
    return usage is not None and usage.output_tokens >= one.held.output_limit_tokens


def _spender(decision: Decision) -> Spender:
    tags = decision.tags
    model = decision.model_used or decision.model_asked
    return tags.get("team", UNNAMED), tags.get("application", UNNAMED), model
