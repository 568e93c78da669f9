"""Everybody at once on a budget that pays for a few, for every scope type and unit.

Nobody settles before everybody has an answer, so what is admitted is what was held at one time.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from benchmarks.budget.bench_sentry import MODEL, TEAMS, BenchSentry, quote_of, request
from benchmarks.budget.litellm_process import LiteLlm
from benchmarks.budget.plan import Plan
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.window import WindowKind

DECLARED_TOKENS = 1_000
PAYS_FOR = 10
SCOPES: Mapping[str, Mapping[str, str]] = {
    "organisation": {},
    "team": {"team": "search"},
    "application": {"application": "web"},
    "user": {"user": "ann"},
    "session": {"chat-id": "session-1"},
    "model": {"model": base_model_id(MODEL)},
}

_UNITS = tuple(unit for unit in Unit if not unit.is_of_a_run)

Json = dict[str, Any]


def bursts(
    client: object, litellm: LiteLlm | None, plan: Plan, say: Callable[[str], None]
) -> tuple[Json, Json]:
    """Every scope type on both sides; the figures, and nothing more to tell."""
    ours, theirs = {}, {}
    their_paths = [] if litellm is None else [*_their_paths(litellm)]
    for name, budgets in our_cases():
        say(f"burst on {name}")
        ours[name] = _figure(plan, our_burst(client, budgets, plan.burst_callers))
        if their_paths:
            path, ask = their_paths.pop(0)
            theirs[path] = _figure(plan, ask(plan.burst_callers))
    for path, ask in their_paths:
        theirs[path] = _figure(plan, ask(plan.burst_callers))
    return {"ours": ours, "litellm": theirs}, {}


def our_cases() -> Iterator[tuple[str, tuple[Budget, ...]]]:
    """Every scope type in dollars, every other unit, and all at once."""
    for name in SCOPES:
        yield name, (_budget(name, Unit.USD),)
    for unit in _UNITS:
        if unit is not Unit.USD:
            # A cap on calls in flight does not pay for a call.
            pays = (_PLENTY,) if unit is Unit.IN_FLIGHT else ()
            yield f"team, {unit.value.replace('_', ' ')}", (_budget("team", unit), *pays)
    yield "all scopes at once", tuple(_budget(name, Unit.USD) for name in SCOPES)
    yield "all units at once", tuple(_budget("team", unit) for unit in _UNITS)


def our_burst(client: object, budgets: tuple[Budget, ...], callers: int) -> int:
    """How many are admitted; the ledger's own books must say the same."""
    sentry = BenchSentry(client=client, budgets=budgets)
    together = Barrier(callers)
    requests = [_request(number, budgets) for number in range(callers)]

    def ask(of: InvocationRequest) -> Decision:
        together.wait()
        return sentry.decide(of)

    with ThreadPoolExecutor(callers) as pool:
        decisions = list(pool.map(ask, requests))
    admitted = [d for d in decisions if d.reservation is not None]
    for decision in admitted:
        held = decision.reservation
        sentry.settle(decision, held.output_limit_tokens if held else 0)
    for budget in budgets:
        _check(budget, sentry)
    return len(admitted)


def _request(number: int, budgets: tuple[Budget, ...]) -> InvocationRequest:
    """Callers are spread over teams and applications as far as the budgets' scopes let them."""
    place = number % len(TEAMS)
    tags = {"team": TEAMS[place], "application": f"app-{place}", "user": "bob", "chat-id": "-"}
    for budget in budgets:
        tags |= {name: value for name, value in budget.scope.items() if name != "model"}
    return request(f"burst-{number}", DECLARED_TOKENS, tags)


def _budget(scope: str, unit: Unit) -> Budget:
    prompt = request("size", DECLARED_TOKENS).input_bound_tokens
    of_one = {
        Unit.USD: quote_of(DECLARED_TOKENS),
        Unit.TOKENS: prompt + DECLARED_TOKENS,
        Unit.INPUT_TOKENS: prompt,
        Unit.OUTPUT_TOKENS: DECLARED_TOKENS,
    }
    return Budget(
        id=f"{scope}-{unit.value}".replace("_", "-"),
        scope=SCOPES[scope],
        unit=unit,
        window=WindowKind.NONE,
        limit=PAYS_FOR * of_one.get(unit, 1),
    )


_PLENTY = Budget(id="plenty", scope={}, unit=Unit.USD, window=WindowKind.NONE, limit=10**18)


def _check(budget: Budget, sentry: BenchSentry) -> None:
    found = sentry.balance(budget)
    if found.posted + found.pending > found.limit:
        raise RuntimeError(f"P1: {budget.id} has {found.posted} posted of {found.limit}")


def _their_paths(litellm: LiteLlm) -> Iterator[tuple[str, Callable[[int], int]]]:
    for scope in ("key", "team", "user"):
        for mode, strict in (("default", False), ("strict", True)):
            yield f"{scope}, {mode}", _asking(litellm, "reservation", scope=scope, strict=strict)
    yield "router provider", _asking(litellm, "router_provider")
    yield "agent session", _asking(litellm, "session")
    yield "SDK max_budget", _asking(litellm, "sdk")


def _asking(litellm: LiteLlm, path: str, **given: object) -> Callable[[int], int]:
    def ask(callers: int) -> int:
        return int(litellm.ask(f"burst_{path}", callers=callers, pays_for=PAYS_FOR, **given))

    return ask


def _figure(plan: Plan, admitted: int) -> Json:
    return {"callers": plan.burst_callers, "pays_for": PAYS_FOR, "admitted": admitted}
