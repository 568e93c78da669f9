"""Process CPU of policies and routing for one call: 100 policies, 20 candidates, no I/O.

What is timed is two steps of admission and no other: all candidates in order, and policies asked
until one is permitted; beside it, asked about every candidate, as where no budget pays for
any. Warm means that code and configuration are loaded and that such calls have been seen. What is
timed has not: each call is a new one, of the same applications. A call that policies can tell apart
from all before it is asked about anew, and counts as it comes.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from benchmarks.budget.bench_sentry import BOOK
from benchmarks.decisions.decision_world import LADDER, calls, check_prices, configuration
from benchmarks.decisions.plan import Plan
from benchmarks.shared.cpu import microseconds, percentiles
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.application.candidates import Candidate
from cost_sentry.application.offers import offers_for
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.application.policy_ports import PolicyEngine
from cost_sentry.domain.decision import Decision, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import SentryConfig

NOW = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""A Wednesday afternoon."""

REGION = "us-east-1"
"""Of the deployment: the ladder has models without a profile."""

Json = dict[str, Any]
Offered = Iterable[Candidate | RungOutcome]


class _Clock:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, slots=True)
class Decider:
    """Two steps of admission, with the real adapters: models in order, and policies about them.

    Neither sessions, stages, the answer cache nor circuits are asked.
    """

    config: SentryConfig
    engine: PolicyEngine

    def every(self, request: InvocationRequest) -> Sequence[Candidate]:
        """Candidates, estimate, order, and policies about each of them."""
        return list(self.permitted(request, self.offers(request)))

    def whole(self, request: InvocationRequest) -> Candidate | None:
        """The same up to the first that is permitted, which is what the ledger is asked for."""
        return next(self.permitted(request, self.offers(request)), None)

    def offers(self, request: InvocationRequest) -> Offered:
        """Of a request that names a virtual model all twenty, priced and in order."""
        offers = offers_for(request, self.config, BOOK, estimated_complexity)
        if isinstance(offers, Decision):
            raise TypeError(offers.message)
        return offers.each

    def permitted(self, request: InvocationRequest, offered: Offered) -> Iterator[Candidate]:
        """By the policies."""
        check = PolicyCheck(
            request=request,
            policies=self.config.policies,
            engines=lambda _policies: self.engine,
            clock=_Clock(),
            is_pinned=request.model_id in self.config.models,
        )
        return (one for one in check.permitted(offered) if isinstance(one, Candidate))


def decision_cpu(
    prompts: Sequence[str], plan: Plan, say: Callable[[str], None]
) -> tuple[Json, Json]:
    """The whole is the figure; its parts are told beside it."""
    say("policies and routing, CPU")
    check_prices()
    config = configuration()
    decider = Decider(config, CedarPolicies(config.policies, REGION))
    for request in islice(calls(prompts, seed=1), plan.warm_up_calls):
        decider.every(request)
    fresh, named = calls(prompts, seed=2), calls(prompts, seed=3, model_id=LADDER[0])
    details: Json = {
        "calls": plan.cpu_calls,
        "policies": len(config.policies.rules),
        "candidates": len(LADDER),
        "permitted, mean": round(_mean_permitted(decider, islice(fresh, 100)), 1),
    }
    timed: dict[str, tuple[Callable[[InvocationRequest], float], int]] = {
        "all of it": (lambda one: _timed(decider.whole, one), plan.cpu_calls),
        "candidates in order alone": (lambda one: _timed(decider.offers, one), plan.cpu_calls),
        "policies alone": (lambda one: _timed_policies(decider, one), plan.cpu_calls),
        "estimate alone": (lambda one: _timed(estimated_complexity, one), plan.cpu_calls),
        "every candidate": (lambda one: _timed(decider.every, one), plan.cpu_calls),
        "nothing remembered of any call": (
            lambda one: _timed(Decider(config, CedarPolicies(config.policies, REGION)).every, one),
            plan.forgetful_calls,
        ),
    }
    for name, (time_one, count) in timed.items():
        details[name] = _percentiles(time_one, list(islice(fresh, count)))
    of_named = list(islice(named, plan.cpu_calls))
    details["a call that names its model"] = _percentiles(
        lambda one: _timed(decider.whole, one), of_named
    )
    return details.pop("all of it"), details


def _percentiles(
    time_one: Callable[[InvocationRequest], float], asked: Sequence[InvocationRequest]
) -> Json:
    # What the benchmark itself has in memory is none of a function's: it is not walked over.
    gc.collect()
    gc.freeze()
    return percentiles([time_one(one) for one in asked])


def _timed(once: Callable[[InvocationRequest], object], request: InvocationRequest) -> float:
    return microseconds(lambda: once(request))


def _timed_policies(decider: Decider, request: InvocationRequest) -> float:
    offered = list(decider.offers(request))
    return microseconds(lambda: list(decider.permitted(request, offered)))


def _mean_permitted(decider: Decider, some: Iterator[InvocationRequest]) -> float:
    counts = [len(decider.every(one)) for one in some]
    return sum(counts) / len(counts)
