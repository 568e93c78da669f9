"""Calls to be simulated, sentries that decide them, and a production whose calls are on record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cost_sentry.application.admit_request import Admission
from cost_sentry.application.answer_lengths import AnswerLengths
from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.note_decision import note_decision
from cost_sentry.application.ports import Uncounted
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.application.simulate_calls import SimulatedSentry
from cost_sentry.application.simulated_call import (
    Assumed,
    CallEnd,
    SimulatedCall,
    usage_within,
)
from cost_sentry.application.void_reservation import void_reservation
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_client.simulation.ledger import SimulatedLedger
from cost_sentry_client.simulation.run_trees import SimulatedRunTrees
from tests.fakes.admissions import FixedConfig, PostedTotals, SmallBook, request
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_run_trees import MemoryRunTrees
from tests.fakes.policies import engines


def usage(prompt: int = 50, answer: int = 20) -> TokenUsage:
    return TokenUsage(input_tokens=prompt, output_tokens=answer)


def lengths(*answers: tuple[int, int]) -> AnswerLengths:
    """Of answers with their output limits, in tokens."""
    found = AnswerLengths()
    for used, limit in answers:
        found.add(used, limit)
    return found


def call(request_id: str = "r1", at: float = 0, **changes: Any) -> SimulatedCall:
    """Asked ``at`` seconds after noon; ran for two seconds, and used 50 tokens and 20."""
    asked = {n: changes.pop(n) for n in tuple(changes) if n in InvocationRequest.__slots__}
    given: dict[str, Any] = {
        "request": request(request_id, converse={}, **asked),
        "at": NOON + timedelta(seconds=at),
        "duration": timedelta(seconds=2),
        "usage": usage(),
        "end": CallEnd.SETTLED,
        **changes,
    }
    used = given["usage"]
    return SimulatedCall(**{"prompt_tokens": used.prompt_tokens if used else None, **given})


def sentry(of: SentryConfig, posted: Mapping[str, int] | None = None, **changes: Any):
    ledger = changes.pop("ledger", None) or SimulatedLedger(posted)
    for one in of.budgets:
        ledger.define(one, one.window_at(NOON).id)
    given = {
        "config": of,
        "ledger": ledger,
        "totals": ledger,
        "window_use": ledger,
        "price_book": SmallBook(),
        "policy_engines": engines,
        "run_trees": SimulatedRunTrees(),
        "assumed": Assumed(),
    }
    return SimulatedSentry(**{**given, **changes})


def decisions(of: SimulatedSentry, calls: Iterable[SimulatedCall]) -> list[Decision]:
    """What it decides about each; all calls have ended then."""
    found = [of.decide(one, number) for number, one in enumerate(calls)]
    of.end_until(None)
    return found


@dataclass(slots=True)
class _Counts:
    tokens: int = 0

    def count(self, _model_id: str, _converse: object) -> int | Uncounted:
        return self.tokens


@dataclass(slots=True)
class RecordedRun:
    """A sentry of production over fakes; whatever it decides leaves the records that it leaves."""

    config: SentryConfig
    clock: ManualClock = field(default_factory=ManualClock)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    totals: PostedTotals = field(default_factory=PostedTotals)
    """What stages go by."""
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def play(self, calls: Sequence[SimulatedCall]) -> None:
        """Every call at its time and every end at its own; of two at once the end comes first."""
        for one in self.config.budgets:
            self.ledger.define(one, one.window_at(NOON).id)
        counts = _Counts()
        admission = Admission(
            config_source=FixedConfig(self.config),
            price_book=SmallBook(),
            ledger=self.ledger,
            clock=self.clock,
            token_counter=counts,
            policy_engines=engines,
            levels=BudgetLevels(lambda: self.totals),
            run_trees=cache(MemoryRunTrees),
        )
        ends: list[tuple[datetime, SimulatedCall]] = []
        for one in sorted(calls, key=lambda c: c.at):
            self._end([e for e in ends if e[0] <= one.at])
            ends = [e for e in ends if e[0] > one.at]
            self.clock.time, counts.tokens = one.at, one.usage.prompt_tokens if one.usage else 70
            name = one.request.request_id
            decision = admission.decide(one.request, attempt=name)
            self.decisions[name] = decision
            note_decision(decision, one.request, log=lambda: self.journal, clock=self.clock)
            if decision.reservation is not None:
                ends.append((one.at + (one.duration or timedelta(0)), one))
        self._end(ends)

    def _end(self, ends: list[tuple[datetime, SimulatedCall]]) -> None:
        for at, one in sorted(ends, key=lambda end: end[0]):
            self.clock.time = at
            decision = self.decisions[one.request.request_id]
            ports = {"ledger": self.ledger, "clock": self.clock}
            if one.end is CallEnd.VOIDED:
                void_reservation(decision.reservation, "ThrottlingException", **ports)
            else:
                used = one.usage and usage_within(decision, one.usage)
                settle_reservation(decision.reservation, decision.price, used, **ports)

    def records(self) -> list[LedgerEntry | RecordedDecision]:
        return [*self.ledger.entries, *self.journal.recorded]
