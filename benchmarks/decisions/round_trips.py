"""Round trips of one admission, counted where a real boto3 client sends them. Nothing is timed.

Warm: the environment and its accounts have seen such calls, so what is left is what each call
makes. Request ids are UUIDs of version 7, which need not be asked for. The configuration is looked
at once a second, however many calls there are, and counted by itself. How a call was routed, or why
it was not made as it was asked, is noted for `explain` by the same function before it answers: one
write, which is counted as that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from statistics import median_low
from typing import Any

from benchmarks.budget.bench_sentry import request_id
from benchmarks.budget.virtual_table import VirtualSentry
from benchmarks.budget.wire_meter import WireMeter
from benchmarks.decisions.decision_cpu import REGION
from benchmarks.decisions.decision_world import LADDER, calls, configuration
from benchmarks.decisions.plan import Plan
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.rules_on_demand import complexity, policy_engine
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.note_decision import note_decision
from cost_sentry.domain.budget import Stages
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.policy import NO_POLICIES
from cost_sentry.domain.routing_rules import AUTO, NO_ROUTING
from cost_sentry.domain.sentry_config import SentryConfig

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
BETWEEN_CALLS = timedelta(milliseconds=500)
BARE = "names its model, no policies, no routing"
RULED = "names none: 100 policies, routing, 20 candidates"
_DECIDING, _NOTING = "deciding", "noting"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Calls of one kind, by one configuration."""

    config: SentryConfig
    model_id: str


def kinds() -> dict[str, Kind]:
    """By what is said of them. All have the same budgets, applications and prompts."""
    ruled = configuration()
    bare = replace(ruled, policies=NO_POLICIES, routing=NO_ROUTING)
    organisation, *others = ruled.budgets
    staged = replace(organisation, stages=Stages(prefer_ladder_percent=80))
    return {
        BARE: Kind(config=bare, model_id=LADDER[-1]),
        "names its model, 100 policies": Kind(config=ruled, model_id=LADDER[-1]),
        RULED: Kind(config=ruled, model_id=AUTO),
        "the same, and a budget with stages": Kind(
            config=replace(ruled, budgets=(staged, *others)), model_id=AUTO
        ),
    }


def round_trips(prompts: Sequence[str], plan: Plan, say: Callable[[str], None]) -> Json:
    """Of each kind of call how many, and of how many calls."""
    say("round trips of an admission")
    return {
        "calls": plan.counted_calls,
        "calls a second": round(timedelta(seconds=1) / BETWEEN_CALLS),
        "kinds": {name: _counted(kind, prompts, plan) for name, kind in kinds().items()},
    }


def _counted(kind: Kind, prompts: Sequence[str], plan: Plan) -> Json:
    virtual = VirtualSentry(START, *kind.config.budgets, metered=True, on_projection="projecting")
    log = _put_in_force(kind.config, virtual)
    asked = calls(prompts, seed=4, model_id=kind.model_id)
    for number, request in enumerate(islice(asked, plan.warm_up_trips)):
        _admit(virtual, number, request, log)
    virtual.meter.start_again()
    counts = list(_each(virtual, islice(asked, plan.counted_calls), plan.warm_up_trips, log))
    deciding = [one for one, _ in counts]
    noting = [one for _, one in counts]
    return {
        "deciding": median_low(deciding),
        "deciding, mean": round(sum(deciding) / len(deciding), 2),
        "noting, mean": round(sum(noting) / len(noting), 2),
    }


def _each(
    virtual: VirtualSentry,
    asked: Iterator[InvocationRequest],
    first: int,
    log: DynamoDbDecisionLog,
) -> Iterator[tuple[int, int]]:
    before = (0, 0)
    for number, request in enumerate(asked, first):
        _admit(virtual, number, request, log)
        now = _so_far(virtual.meter)
        yield now[0] - before[0], now[1] - before[1]
        before = now


def _so_far(meter: WireMeter) -> tuple[int, int]:
    return meter.count(_DECIDING).round_trips, meter.count(_NOTING).round_trips


def _admit(
    virtual: VirtualSentry, number: int, request: InvocationRequest, log: DynamoDbDecisionLog
) -> None:
    """As the handler does, and settled before the next: what is counted is the admission."""
    now = START + number * BETWEEN_CALLS
    sentry, request = virtual.at(now), replace(request, request_id=request_id(now, number))
    with virtual.meter.doing(_DECIDING):
        decision = sentry.decide(request)
    with virtual.meter.doing(_NOTING):
        note_decision(decision, request, log=lambda: log, clock=sentry.clock)
    if decision.reservation is not None:
        sentry.settle_in_full(decision)


def _put_in_force(config: SentryConfig, virtual: VirtualSentry) -> DynamoDbDecisionLog:
    """With all that the function has for rules; where it notes decisions."""
    sentry, client = virtual.sentry, virtual.meter.client
    apply_config(config, store=sentry.store, books=sentry.books, clock=sentry.clock)
    calls_of_journal = JournalCalls(client, sentry.table)
    journal = DynamoDbJournal(calls_of_journal, LedgerCalls(client, sentry.table), sentry.pause)
    sentry.admission = replace(
        sentry.admission,
        policy_engines=partial(policy_engine, region=REGION),
        complexity=complexity,
        levels=BudgetLevels(lambda: journal),
        token_counter=None,
    )
    return DynamoDbDecisionLog(calls_of_journal)
