"""One budget at 50 to 10,000 calls a second: how it admits, and what is left when it runs out.

The budget pays for ten minutes of the load. Both worlds begin with as many running calls as that
makes, and with execution environments that know their shards. In one of them the budget is new, and
calls are measured. In the other somebody spends all that no shard has, and callers come until more
of them are refused than admitted.
"""

import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from benchmarks.budget.hot_world import MODEL_SECONDS, Admission, HotWorld
from benchmarks.budget.plan import Plan
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.window import WindowKind
from tests.simulation.world.latencies import MILLISECOND, SECOND

AMOUNT = 3 * 10**10
"""Three cents."""
MEAN_COST_RATIO = 0.525
"""Costs are drawn evenly from 5 to 100 % of the hold."""
BUDGET_SECONDS = 600
SETTLES_SECONDS = 1
"""Before anything is measured."""
MEASURED_SECONDS = 3
MEASURED_CALLS_MAX = 20_000
"""More of them say nothing new, and take minutes."""
END_SECONDS_MAX = 60
STEP = SECOND // 4
STRANDED_MAX = 100
"""Past eight shards a refusal may leave one part in so many of the limit."""
TOUCHED_MAX = 400_000
"""Items that one world may ask for or write. One that needs more is cut short, and what it would
have measured is unknown: ``None``, never zero.
"""
WORKERS = 2
BEHIND = 19
"""What is added to the workers' niceness."""

Json = dict[str, Any]
Say = Callable[[str], None]
Part = tuple[Json, Json]
Worlds = Mapping[int, "Future[tuple[Part, Part]]"]


@contextmanager
def hot_budgets(plan: Plan) -> Iterator[Callable[[Say], Part]]:
    """Both worlds of each load, two loads at a time and behind everything else that runs here.

    Their time is virtual, so it does not matter how slow they are. Call what this yields to have
    figures and details by load.
    """
    loads = sorted(plan.loads_per_second)
    # Spawned: a fork would inherit clients and threads of whatever runs here.
    with ProcessPoolExecutor(
        WORKERS, mp_context=get_context("spawn"), initializer=os.nice, initargs=(BEHIND,)
    ) as pool:
        worlds = {load: pool.submit(both, load) for load in loads[::-1]}
        try:
            yield lambda say: _collected(worlds, say)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _collected(worlds: Worlds, say: Say) -> Part:
    figures: Json = {}
    details: Json = {}
    for load in sorted(worlds):
        say(f"one budget at {load} calls a second")
        parts = worlds[load].result()
        figures[str(load)] = {name: value for found, _ in parts for name, value in found.items()}
        details[str(load)] = {name: told for _, more in parts for name, told in more.items()}
    return figures, details


def both(load: int) -> tuple[Part, Part]:
    """The first and the last seconds of one budget; its account grows once, and is copied then."""
    world = HotWorld(seed=load, budget=_budget(load), amount=AMOUNT)
    world.define(world.budget)
    world.grow(load * MODEL_SECONDS)
    fork = get_context("fork")
    there, here = fork.Pipe(duplex=False)
    copy = fork.Process(target=lambda: here.send(end(world, load)))
    copy.start()
    here.close()
    first = steady(world, load)
    last: Part = there.recv()
    copy.join()
    last[0]["false_refusals"] += first[1]["steady"]["false_refusals"]
    return first, last


def steady(world: HotWorld, load: int) -> Part:
    """The first seconds of the budget: admission when as many calls end as begin."""
    grown, units, began = world.model.operations, world.model.items.write_units, _begin(world, load)
    measured_seconds = min(MEASURED_SECONDS, MEASURED_CALLS_MAX // load)
    until = began + (SETTLES_SECONDS + measured_seconds) * SECOND
    world.scheduler.run(until, lambda: _is_enough(world))
    now = world.scheduler.now
    answered = [a for a in world.admissions if a.answered_at >= began + SETTLES_SECONDS * SECOND]
    seconds = max(STEP, now - began - SETTLES_SECONDS * SECOND) / SECOND
    was_measured = seconds >= 1
    took = sorted(_took(a) for a in answered if a.outcome == "held")
    # Who still waits counts with the time so far, or a crowd that waits for ever would look quick.
    waited = sorted([*took, *_waits(world)])
    sizes = _sizes(world)
    calls = max(1, len(world.admissions))
    figures = {
        "admitted_per_second": round(len(took) / seconds) if was_measured else None,
        "shards": len(sizes),
        "item_kb_p99": round(_percentile(sizes, 0.99) / 1024, 2),
        "admit_ms_p50": _milliseconds(waited, 0.5) if was_measured else None,
        "admit_ms_p99": _milliseconds(waited, 0.99) if was_measured else None,
    }
    details = {
        "measured_seconds": seconds,
        "cut_short": now < until,
        "refused": len(answered) - len(took),
        "false_refusals": sum(
            _is_false(a, world.budget.limit, len(sizes)) for a in answered if a.outcome != "held"
        ),
        "item_kb_mean": round(statistics.fmean(sizes) / 1024, 2) if sizes else 0,
        "operations_per_call": round((world.model.operations - grown) / calls, 2),
        "write_units_per_call": round((world.model.items.write_units - units) / calls, 2),
        "environments": world.environments,
    }
    world.scheduler.close()
    return figures, {"steady": details}


def end(world: HotWorld, load: int) -> Part:
    """The last seconds of the budget: who is refused, and what is left by then."""
    budget = world.budget
    world.spend_the_rest()
    grown, began, has_run_out = world.model.operations, _begin(world, load), False
    while not has_run_out and not _is_enough(world):
        before = len(world.admissions)
        world.scheduler.run(world.scheduler.now + STEP, lambda: _is_enough(world))
        lately = world.admissions[before:]
        has_run_out = 2 * sum(a.outcome == "short" for a in lately) > len(lately)
        if world.scheduler.now - began > END_SECONDS_MAX * SECOND:
            break
    refused = [a for a in world.admissions if a.outcome != "held"]
    unused = budget.limit - world.taken + world.asking
    shards = len(_sizes(world))
    waited = sorted([*map(_took, world.admissions), *_waits(world)])
    figures = {
        "false_refusals": sum(_is_false(a, budget.limit, shards) for a in refused),
        "unused_ratio": round(unused / budget.limit, 5) if has_run_out else None,
    }
    details = {
        "calls": len(world.admissions),
        "refused": len(refused),
        "unavailable": sum(a.outcome == "unavailable" for a in refused),
        "seconds": (world.scheduler.now - began) / SECOND,
        "cut_short": not has_run_out,
        "answer_ms_p99": _milliseconds(waited, 0.99),
        "spent_over_limit": max(0, world.spent - budget.limit),
        "operations_per_call": round((world.model.operations - grown) / len(world.admissions), 2),
    }
    world.scheduler.close()
    return figures, {"end": details}


def _budget(load: int) -> Budget:
    limit = round(load * BUDGET_SECONDS * AMOUNT * MEAN_COST_RATIO)
    return Budget(id="hot", scope={}, unit=Unit.USD, window=WindowKind.DAY, limit=limit)


def _is_enough(world: HotWorld) -> bool:
    return world.touched >= TOUCHED_MAX


def _begin(world: HotWorld, load: int) -> int:
    """Calls arrive at random from now on; what time it is."""

    def arrive() -> None:
        chance, number = world.scheduler.current.random, 0
        while True:
            world.scheduler.sleep(round(chance.expovariate(load) * SECOND))
            number += 1
            world.spawn_call(number)

    world.scheduler.spawn("arrivals", arrive)
    return world.scheduler.now


def _sizes(world: HotWorld) -> list[int]:
    """Bytes of every shard that takes calls."""
    return sorted(world.model.items.size(key) for key in world.shards())


def _is_false(refused: Admission, limit: int, shards: int) -> bool:
    """By the bound of P2: none up to eight shards, one per cent of the limit past them."""
    stranded = limit // STRANDED_MAX if shards > 8 else 0
    return refused.room - stranded >= refused.amount


def _took(admission: Admission) -> float:
    return (admission.answered_at - admission.asked_at) / MILLISECOND


def _waits(world: HotWorld) -> Iterator[float]:
    return ((world.scheduler.now - since) / MILLISECOND for since in world.waiting.values())


def _milliseconds(took: Sequence[float], ratio: float) -> float | None:
    return round(_percentile(took, ratio), 1) if took else None


def _percentile(values: Sequence[float], ratio: float) -> float:
    return values[int(len(values) * ratio)] if values else 0.0
