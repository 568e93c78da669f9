"""Process CPU of policies and routing for one call: 100 policies, 20 candidates, no I/O.

Warm means that code and configuration are loaded and that such calls have been seen. What is timed
has not: each call is a new one, of the same applications. A call that policies can tell apart from
all before it is asked about anew, and counts as it comes.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from benchmarks.budget.bench_sentry import BOOK
from benchmarks.decisions.decision_world import LADDER, calls, check_prices, configuration
from benchmarks.decisions.plan import Plan
from benchmarks.shared.cpu import microseconds, percentiles
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.application.candidates import Candidate, candidates_for
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.application.policy_ports import PolicyEngine
from cost_sentry.domain.complexity import complexity_thousandths
from cost_sentry.domain.decision import RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.routing import (
    LARGE,
    Place,
    RoutedModel,
    TierThresholds,
    in_order,
    tier_of,
)
from cost_sentry.domain.sentry_config import SentryConfig

NOW = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""A Wednesday afternoon."""
THRESHOLDS = TierThresholds(middle=250, large=400)
TIERS = {model: LARGE - 3 * place // len(LADDER) for place, model in enumerate(LADDER)}
"""As a configuration would name them; thirds of the ladder, for this measures time, not quality."""

Json = dict[str, Any]
Offered = Sequence[Candidate | RungOutcome]


class _Clock:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, slots=True)
class Decider:
    """The parts that a decision goes through, with the real adapters."""

    config: SentryConfig
    engine: PolicyEngine

    def whole(self, request: InvocationRequest) -> tuple[Place, ...]:
        """Candidates, policies, estimate and order."""
        return self.order(request, self.permitted(request, self.candidates(request)))

    def candidates(self, request: InvocationRequest) -> Offered:
        """Priced, all twenty."""
        return list(candidates_for(request, self.config, BOOK))

    def permitted(self, request: InvocationRequest, offered: Offered) -> Sequence[Candidate]:
        """By the policies."""
        check = PolicyCheck(
            request=request,
            policies=self.config.policies,
            engines=lambda _policies: self.engine,
            clock=_Clock(),
        )
        return [one for one in check.permitted(offered) if isinstance(one, Candidate)]

    def estimate(self, request: InvocationRequest) -> int:
        """Of the texts of system and messages."""
        return complexity_thousandths(list(_texts(request)), packaged_weights())

    def order(
        self, request: InvocationRequest, permitted: Sequence[Candidate]
    ) -> tuple[Place, ...]:
        """By the estimate's tier and by quotes, which stand for the expected cost."""
        models = [
            RoutedModel(
                model_id=one.model_id,
                tier=TIERS[one.model_id],
                expected_picodollars=one.quote_picodollars,
                rung=rung,
            )
            for rung, one in enumerate(permitted)
        ]
        return in_order(models, tier_of(self.estimate(request), THRESHOLDS))


def decision_cpu(
    prompts: Sequence[str], plan: Plan, say: Callable[[str], None]
) -> tuple[Json, Json]:
    """The whole is the figure; its parts are told beside it."""
    say("policies and routing, CPU")
    check_prices()
    config = configuration()
    decider = Decider(config, CedarPolicies(config.policies))
    for request in islice(calls(prompts, seed=1), plan.warm_up_calls):
        decider.whole(request)
    fresh = calls(prompts, seed=2)
    details: Json = {
        "calls": plan.cpu_calls,
        "policies": len(config.policies.rules),
        "candidates": len(LADDER),
        "permitted, mean": round(_mean_permitted(decider, islice(fresh, 100)), 1),
    }
    timed: dict[str, tuple[Callable[[InvocationRequest], float], int]] = {
        "all of it": (lambda one: _timed(decider.whole, one), plan.cpu_calls),
        "candidates alone": (lambda one: _timed(decider.candidates, one), plan.cpu_calls),
        "policies alone": (lambda one: _timed_policies(decider, one), plan.cpu_calls),
        "estimate alone": (lambda one: _timed(decider.estimate, one), plan.cpu_calls),
        "nothing remembered of any call": (
            lambda one: _timed(Decider(config, CedarPolicies(config.policies)).whole, one),
            plan.forgetful_calls,
        ),
    }
    for name, (time_one, count) in timed.items():
        asked = list(islice(fresh, count))
        # What the benchmark itself has in memory is none of a function's: it is not walked over.
        gc.collect()
        gc.freeze()
        details[name] = percentiles([time_one(one) for one in asked])
    return details.pop("all of it"), details


def _timed(once: Callable[[InvocationRequest], object], request: InvocationRequest) -> float:
    return microseconds(lambda: once(request))


def _timed_policies(decider: Decider, request: InvocationRequest) -> float:
    offered = decider.candidates(request)
    return microseconds(lambda: decider.permitted(request, offered))


def _mean_permitted(decider: Decider, some: Iterator[InvocationRequest]) -> float:
    counts = [len(decider.permitted(one, decider.candidates(one))) for one in some]
    return sum(counts) / len(counts)


def _texts(request: InvocationRequest) -> Iterator[str]:
    """Of a request as the benchmark makes them: text blocks, and nothing else."""
    converse: Json = dict(request.converse)
    for part in (converse, *converse["messages"]):
        for block in part.get("system") or part.get("content") or ():
            yield block["text"]
