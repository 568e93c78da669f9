"""A sentry with calls set aside, whose ledger and store fall silent when a test says so."""

from typing import Any

from cost_sentry.application.admit_request import Admission
from cost_sentry.application.config_document import with_version
from cost_sentry.application.emergency_admission import EmergencyAdmission
from cost_sentry.application.keep_emergency_allowances import AllowanceKeeper, Upkeep
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.application.void_reservation import void_reservation
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.admissions import CHEAP, DEAR, SmallBook, config, request
from tests.fakes.builders import ManualClock, allowance, budget
from tests.fakes.memory_emergency_store import MemoryEmergencyStore
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_ledger import MemoryLedger

USAGE = TokenUsage(input_tokens=10, output_tokens=20)
PURSE = budget("search-daily", 10_000)
"""Pays for five calls of ``ALLOWANCE``, whose tokens cost ten each, or 50 of ``CHEAP``'s."""
ALLOWANCE = allowance(model_id=DEAR, calls_per_day=2, input_tokens_max=100, output_tokens_max=100)
ON_CHEAP = allowance(
    "cheap", model_id=CHEAP, calls_per_day=2, input_tokens_max=100, output_tokens_max=100
)


class Source:
    """The configuration in force, unless it cannot be read."""

    def __init__(self, in_force: Any) -> None:
        self.config = in_force
        self.down = False

    def current(self) -> Any:
        if self.down:
            raise LedgerUnavailable("the table did not answer")
        return self.config


class Emergency:
    """The use cases over fakes; ``sweep``, ``decide`` and ``settle`` as the functions call them."""

    def __init__(
        self,
        *budgets: Budget,
        allowances: tuple[EmergencyAllowance, ...] = (ALLOWANCE,),
        **changes: Any,
    ) -> None:
        self.clock, self.ledger = ManualClock(), MemoryLedger()
        self.store, self.log = MemoryEmergencyStore(), MemoryJournal()
        self.book, self.counter, self.runs = SmallBook(), None, 0
        self.source = Source(None)
        self.apply(*(budgets or (PURSE,)), allowances=allowances, **changes)

    def apply(
        self, *budgets: Budget, allowances: tuple[EmergencyAllowance, ...], **changes: Any
    ) -> None:
        """Put another configuration in force."""
        for one in budgets:
            self.ledger.define(one, one.window_at(self.clock.now()).id)
        applied = config(*budgets, emergency_allowances=allowances, **changes)
        self.source.config = with_version(applied)

    def sweep(self, changes_max: int = 100) -> Upkeep:
        """One run of the schedule."""
        self.runs += 1
        keeper = AllowanceKeeper(
            config_source=self.source,
            price_book=self.book,
            ledger=self.ledger,
            store=self.store,
            log=self.log,
            clock=self.clock,
        )
        return keeper.run(f"run-{self.runs}", changes_max)

    def fall_silent(self) -> None:
        """The ledger cannot be asked from now on."""
        self.ledger.down = self.source.down = True

    def recover(self) -> None:
        self.ledger.down = self.source.down = False

    def decide(self, of: InvocationRequest, attempt: str = "e1.i1") -> Decision:
        emergency = EmergencyAdmission(
            store=self.store,
            price_book=self.book,
            clock=self.clock,
            token_counter=self.counter,
        )
        admission = Admission(
            config_source=self.source,
            price_book=self.book,
            ledger=self.ledger,
            clock=self.clock,
            token_counter=self.counter,
            without_ledger=emergency.decide,
        )
        return admission.decide(of, attempt)

    def settle(self, decision: Decision, usage: TokenUsage | None = USAGE) -> Any:
        assert decision.reservation
        assert decision.price
        return settle_reservation(
            decision.reservation,
            decision.price,
            usage,
            ledger=self.ledger,
            clock=self.clock,
            outcomes=lambda: self.store,
        )

    def void(self, decision: Decision) -> Any:
        assert decision.reservation
        return void_reservation(
            decision.reservation,
            "ThrottlingException",
            ledger=self.ledger,
            clock=self.clock,
            outcomes=lambda: self.store,
        )

    def balance(self, of: Budget = PURSE) -> Any:
        return self.ledger.balance(of, of.window_at(self.clock.now()).id)


def called(sentry: Emergency, request_id: str = "r1", attempt: str = "e1.i1") -> Decision:
    """The ledger falls silent, and a slot pays for this call."""
    sentry.fall_silent()
    decision = sentry.decide(request(request_id), attempt)
    assert decision.code is ReasonCode.EMERGENCY_ALLOWANCE
    return decision


def silent(*budgets: Budget, **changes: Any) -> Emergency:
    """Calls were set aside, and then the ledger fell silent."""
    sentry = Emergency(*budgets, **changes)
    assert sentry.sweep().problems == []
    sentry.fall_silent()
    return sentry


def refusal(sentry: Emergency, of: InvocationRequest, attempt: str = "e1.i1") -> str:
    """Why the answer is no."""
    decision = sentry.decide(of, attempt)
    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.LEDGER_UNAVAILABLE)
    assert decision.message.startswith("the ledger could not be asked, so the answer is no")
    return decision.message
