"""The closed loop: callers that use 5 to 100 % of what they declare, until nobody gets anything.

The loop is the one that measured LiteLLM's holds. Ours goes through the real use cases and adapters
on a local DynamoDB; the model uses 5 to 100 % of the output limit that was sent. A refusal
of ours is false if the budget could have paid for the least that the sentry may send: a counted
prompt and the lowest output limit. LiteLLM's is false if it could have paid for the whole hold.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.budget.bench_sentry import BenchSentry, quote_of, request
from benchmarks.budget.litellm_process import LiteLlm
from benchmarks.budget.loop_watch import LoopWatch
from benchmarks.budget.plan import Plan
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.sentry_config import OUTPUT_TOKENS_MIN
from cost_sentry.domain.window import WindowKind

DECLARED_TOKENS = 4_096
RESERVATIONS = 20
"""The budget pays for so many whole reservations."""
LITELLM_MODES = {"litellm_default": False, "litellm_strict": True}

Json = dict[str, Any]
Run = Mapping[str, float]


def closed_loops(
    client: object, litellm: LiteLlm | None, plan: Plan, say: Callable[[str], None]
) -> tuple[Json, Json]:
    """All seeds, both sides in turn; the figures, and every run."""
    runs: dict[str, list[Run]] = {"ours": [], **{name: [] for name in LITELLM_MODES}}
    for seed in range(plan.seeds):
        say(f"closed loop {seed + 1} of {plan.seeds}")
        runs["ours"].append(our_loop(client, seed, plan))
        for name, strict in LITELLM_MODES.items():
            if litellm is not None:
                runs[name].append(_their_loop(litellm, strict, seed, plan))
    return {name: _figures(of) for name, of in runs.items()}, {**runs}


def our_loop(client: object, seed: int, plan: Plan) -> Run:
    """One loop of threads on one budget."""
    quote, least = quote_of(DECLARED_TOKENS), quote_of(OUTPUT_TOKENS_MIN, counted=True)
    budget = Budget(
        id="closed-loop",
        scope={"team": "search"},
        unit=Unit.USD,
        window=WindowKind.NONE,
        limit=quote * RESERVATIONS,
    )
    sentry = BenchSentry(client=client, budgets=(budget,))
    watch = LoopWatch(budget=budget.limit, callers=plan.callers)

    def ask(name: str, chance: random.Random) -> bool:
        entered = watch.enter()
        decision = sentry.decide(request(name, DECLARED_TOKENS))
        held = decision.reservation
        if held is None:
            watch.refused(entered, least)
            return False
        watch.admitted(entered, held.quote_picodollars)
        used = max(1, round(held.output_limit_tokens * chance.uniform(0.05, 1.0)))
        time.sleep(chance.uniform(0.002, 0.030))
        watch.settled(held.quote_picodollars, sentry.settle(decision, used))
        return True

    def caller(number: int) -> None:
        chance, asked = random.Random(seed * 1000 + number), 0
        while not watch.is_quiet(plan.quiet_seconds):
            asked += 1
            if not ask(f"seed-{seed}-caller-{number}-{asked}", chance):
                time.sleep(chance.uniform(0.005, 0.010))

    with ThreadPoolExecutor(plan.callers) as pool:
        list(pool.map(caller, range(plan.callers)))
    ask(f"seed-{seed}-last", random.Random(seed))  # all is quiet: refused only if it must be
    posted = sentry.balance(budget).posted
    return {
        "spent_over_budget": posted / budget.limit,
        "calls": watch.calls,
        "refusals": watch.refusals,
        "false_refusals": watch.false_refusals(),
    }


def _their_loop(litellm: LiteLlm, strict: bool, seed: int, plan: Plan) -> Run:  # noqa: FBT001
    answer: Run = litellm.ask(
        "closed_loop",
        strict=strict,
        seed=seed,
        callers=plan.callers,
        quiet_seconds=plan.quiet_seconds,
    )
    return answer


def _figures(runs: Sequence[Run]) -> Json:
    if not runs:
        return {}
    return {
        "runs": len(runs),
        "runs_over_budget": sum(run["spent_over_budget"] > 1 for run in runs),
        "refusals": sum(int(run["refusals"]) for run in runs),
        "false_refusals": sum(int(run["false_refusals"]) for run in runs),
        "used_mean": round(statistics.fmean(run["spent_over_budget"] for run in runs), 4),
    }
