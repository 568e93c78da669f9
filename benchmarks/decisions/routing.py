"""Routing on real answers: what each router would have got right, and for how much.

Three ways to meet prompts that were not learned from: random halves of the same data set, all of
the other data set, and the half that the packaged weights have not seen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.decisions.answered import FILES, Answered, answered, is_shown
from benchmarks.decisions.fit import fitted
from benchmarks.decisions.halves import halves
from benchmarks.decisions.plan import Plan
from benchmarks.decisions.routers import (
    SHARES,
    Estimated,
    Router,
    above,
    oracle,
    shortest_first,
)
from benchmarks.decisions.routing_rows import (
    BEST_CONSTANT,
    CHEAP,
    DEAR,
    ORACLE,
    ours,
    ours_with_prices,
    rows_of,
    shortest,
)
from cost_sentry.adapters.packaged_complexity import packaged_quartiles, packaged_weights

Json = dict[str, Any]
Say = Callable[[str], None]
Set = tuple[Answered, ...]
Splits = Sequence[Mapping[str, list[float]]]
"""What each router does with each prompt under test, for each way to learn."""


def routing(plan: Plan, say: Say) -> tuple[Json, Json]:
    """Rows by data set; in the details what else was found of each."""
    figures, details = {}, {}
    for name, prompts, splits in _measured(plan, say):
        say(f"intervals of {name}")
        figures[name], details[name] = rows_of(prompts, splits, plan.resamples)
    return figures, details


def _measured(plan: Plan, say: Say) -> Iterator[tuple[str, Set, Splits]]:
    sets = {name: answered(name)[: plan.prompts_max] for name in FILES}
    for name, prompts in sets.items():
        say(f"routing {name}: {plan.splits} random splits")
        yield name, prompts, _over_halves(prompts, plan.splits)
    for name, other in zip(sets, reversed(sets), strict=True):
        say(f"routing {name}: learned from {other}")
        yield f"{name}, learned from {other}", sets[name], _learned_elsewhere(sets, name, other)
    for name, prompts in sets.items():
        say(f"routing {name}: packaged weights")
        unseen = tuple(prompt for prompt in prompts if not is_shown(prompt.text))
        shown = tuple(prompt for prompt in prompts if is_shown(prompt.text))
        yield f"{name}, packaged weights", unseen, _packaged(shown, unseen)


def _over_halves(prompts: Set, splits: int) -> Splits:
    """For each split what became of each prompt while its half was tested."""
    return [_over_two_halves(prompts, seed) for seed in range(splits)]


def _over_two_halves(prompts: Set, seed: int) -> dict[str, list[float]]:
    routed: dict[str, list[float]] = {}
    for learn_from, test_on in halves(prompts, seed):
        learned = [prompts[place] for place in learn_from]
        tested = [prompts[place] for place in test_on]
        setting = Estimated(learned, fitted([learned]))
        routers = {ours(share): setting.by_estimate(share) for share in SHARES}
        for name, shares in _routed(learned, tested, routers, setting).items():
            column = routed.setdefault(name, [0.0] * len(prompts))
            for place, share in zip(test_on, shares, strict=True):
                column[place] = share
    return routed


def _learned_elsewhere(sets: Mapping[str, Set], name: str, other: str) -> Splits:
    """Set on estimates of the prompts under test; that needs none of their answers."""
    setting = Estimated(sets[name], fitted([sets[other]]))
    routers = {ours(share): setting.by_estimate(share) for share in SHARES}
    return [_routed(sets[other], sets[name], routers, setting)]


def _packaged(shown: Set, unseen: Set) -> Splits:
    """Thresholds are the packaged quartiles, of both data sets together."""
    weights = packaged_weights()
    thresholds = zip(SHARES, reversed(packaged_quartiles()), strict=True)
    routers = {ours(share): above(threshold, weights) for share, threshold in thresholds}
    return [_routed(shown, unseen, routers, Estimated(shown, weights))]


def _routed(
    learned: Sequence[Answered],
    tested: Sequence[Answered],
    routers: Mapping[str, Router],
    setting: Estimated,
) -> dict[str, list[float]]:
    """What every router does with each prompt under test."""
    best = sum(p.dear for p in learned) >= sum(p.cheap for p in learned)
    constant = {CHEAP: False, DEAR: True, BEST_CONSTANT: best}
    found = {name: [float(choice)] * len(tested) for name, choice in constant.items()}
    found |= {name: [float(router(p)) for p in tested] for name, router in routers.items()}
    for share in SHARES:
        router = setting.by_worth(share)
        shares = [float(router(prompt)) for prompt in tested]
        spent = sum(s * p.extra_picodollars for s, p in zip(shares, tested, strict=True))
        found[ours_with_prices(share)] = shares
        found[shortest(share)] = shortest_first(tested, spent)
    found[ORACLE] = [float(oracle(prompt)) for prompt in tested]
    return found
