"""An outage of the ledger: calls go on, and some of them were paid for before it began."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.window import WindowKind
from tests.simulation.draft import EVENING, NOON, Draft, configuration
from tests.simulation.plan import CHEAP, DEAR, TEAM, Caller, Operator, Plan
from tests.simulation.world import outages
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND
from tests.simulation.world.outages import Outage

HEARD = (0.0, 0.0, 0.3, 1.0)
"""In half of the outages nothing is done; in some all is done and nobody hears so."""
JUST_BEFORE = 5 * SECOND
"""Whoever calls then leaves environments behind that have read the configuration."""
AGAIN_AFTER = (5 * MILLISECOND, 3 * SECOND, 2 * MINUTE, 12 * MINUTE)
SWEPT_AFTER = 12 * MINUTE
"""Two sweeps, by whoever's clock."""


def outage(random: Random) -> Plan:
    """The ledger is silent for minutes, once or twice; now and then S3 is too."""
    draft = Draft(random)
    _budgets(draft)
    allowances = [_allowance(random, n) for n in range(random.choice((0, 1, 1, 2, 2, 3)))]
    ladder = random.random() < 0.5
    spans = _spans(random)
    lasts = max(span.ends for span in spans) + MINUTE
    callers = [*_callers(draft, spans, lasts)]
    return Plan(
        workload="outage",
        start=random.choice((NOON, NOON, EVENING)),
        config=configuration(draft.budgets, ladder=ladder, allowances=allowances),
        callers=callers,
        operators=_operators(random, draft.budgets, allowances, lasts),
        outages=spans,
        has_store=True,
        runs_into=SWEPT_AFTER,
    )


def _budgets(draft: Draft) -> None:
    """One that all calls share, and sometimes others that not every allowance holds."""
    random = draft.random
    draft.budget("daily", random.randint(6_000, 40_000))
    if random.random() < 0.3:
        draft.budget("web", random.randint(2_000, 9_000), scope={"application": "web"})
    if random.random() < 0.3:
        draft.budget("tokens", random.randint(500, 3_000), unit=Unit.TOKENS)
    if random.random() < 0.3:
        draft.budget("ever", random.randint(8_000, 60_000), scope={}, window=WindowKind.NONE)


def _allowance(random: Random, number: int) -> EmergencyAllowance:
    """Some cover one application only, so that two may cover the same call; some are too dear."""
    scope = {"team": TEAM}
    if random.random() < 0.3:
        scope["application"] = random.choice(("web", "app", "batch"))
    is_too_dear = random.random() < 0.1
    return EmergencyAllowance(
        id=f"calls-{number}",
        scope=scope,
        model_id=random.choice((DEAR, DEAR, CHEAP)),
        calls_per_day=random.randint(1, 5),
        input_tokens_max=random.randint(60, 110) * (100 if is_too_dear else 1),
        output_tokens_max=random.randint(50, 110),
    )


def _spans(random: Random) -> list[Outage]:
    found, at = [], 0
    for _ in range(random.choice((1, 1, 2))):
        at += int(random.uniform(0.05, 4) * MINUTE)
        one = _span(random, outages.DYNAMODB, at, random.uniform(0.3, 8))
        found.append(one)
        if random.random() < 0.2:
            later = at + int(random.uniform(-0.5, 2) * MINUTE)
            found.append(_span(random, outages.S3, max(0, later), random.uniform(0.1, 3)))
        at = one.ends
    return found


def _span(random: Random, service: str, begins: int, minutes: float) -> Outage:
    return Outage(
        service=service,
        begins=begins,
        ends=begins + int(minutes * MINUTE),
        refuses=random.random() < 0.4,
        heard=random.choice(HEARD),
    )


def _callers(draft: Draft, spans: Sequence[Outage], lasts: int) -> list[Caller]:
    """Most call in an outage; some come again with the same id, in it or when it is over."""
    random = draft.random
    silent = [span for span in spans if span.service == outages.DYNAMODB]
    callers: list[Caller] = []
    for number in range(random.randint(4, 10)):
        span = random.choice(silent)
        within = span.begins + int(random.random() * (span.ends - span.begins))
        before = max(0, span.begins - int(random.random() * JUST_BEFORE))
        anywhen = int(random.random() * lasts)
        (at,) = random.choices((within, before, anywhen), (0.6, 0.2, 0.2))
        may_lower = random.random() < 0.8
        callers.append(draft.caller(number, 1, at=at, may_lower=may_lower))
    again = [caller for caller in callers if random.random() < 0.25]
    return [*callers, *(_again(random, caller) for caller in again)]


def _again(random: Random, caller: Caller) -> Caller:
    return replace(
        caller,
        name=f"{caller.name} again",
        at=caller.at + int(random.random() * random.choice(AGAIN_AFTER)),
        content="other" if random.random() < 0.2 else caller.content,
    )


def _operators(
    random: Random,
    budgets: Sequence[Budget],
    allowances: Sequence[EmergencyAllowance],
    lasts: int,
) -> list[Operator]:
    """In half of the seeds nobody changes anything."""
    found = []
    for number in range(random.choice((0, 0, 0, 1, 1, 2))):
        changed = [_changed(random, one) for one in allowances if random.random() < 0.8]
        if random.random() < 0.2:
            changed.append(_allowance(random, 7))
        lowered = [
            replace(one, limit=random.choice((one.limit, one.limit, one.limit // 2)))
            for one in budgets
        ]
        config = configuration(lowered, ladder=random.random() < 0.5, allowances=changed)
        at = int(random.random() * lasts)
        found.append(Operator(name=f"operator {number}", at=at, config=config))
    return found


def _changed(random: Random, one: EmergencyAllowance) -> EmergencyAllowance:
    """Raised, lowered, for another model, of other size, or as it was."""
    model = CHEAP if one.model_id == DEAR else DEAR
    changes: tuple[dict[str, int | str], ...] = (
        {},
        {"calls_per_day": one.calls_per_day + 2},
        {"calls_per_day": max(1, one.calls_per_day - 1)},
        {"model_id": model},
        {"output_tokens_max": one.output_tokens_max + 5},
    )
    return replace(one, **random.choice(changes))  # type: ignore[arg-type]
