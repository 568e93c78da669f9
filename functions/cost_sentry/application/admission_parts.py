"""What an admission is put together from: once for all requests of an environment."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cost_sentry.application.answer_cache import AnswerCache
from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.circuit_ports import RetryRecords
from cost_sentry.application.emergency_ports import WithoutLedger
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import (
    Clock,
    Complexity,
    ConfigSource,
    Ledger,
    PriceBook,
    TokenCounter,
)
from cost_sentry.application.run_tree_ports import RunTrees
from cost_sentry.application.shadow_budgets import ShadowBudgets
from cost_sentry.application.sleep_check_ports import Sleepers


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionParts:
    """The ports, and what is known of budgets, models and answers beside the ledger."""

    config_source: ConfigSource
    price_book: PriceBook
    ledger: Ledger
    clock: Clock
    token_counter: TokenCounter | None = None
    """``None``: every prompt is bounded by its bytes."""
    without_ledger: WithoutLedger | None = None
    """``None``: nothing is set aside for outages."""
    policy_engines: PolicyEngines | None = None
    """``None``: a configuration with policies cannot be used."""
    levels: BudgetLevels = field(default_factory=BudgetLevels)
    shadows: ShadowBudgets = field(default_factory=ShadowBudgets)
    answers: AnswerCache | None = None
    """``None``: no answer is ever kept."""
    circuits: CircuitAdvice = field(default_factory=CircuitAdvice)
    retry_records: RetryRecords | None = None
    """``None``: no call was ever tried again."""
    run_trees: Callable[[], RunTrees] | None = None
    """``None``: a configuration with a budget of children cannot be used."""
    sleepers: Callable[[], Sleepers] | None = None
    """``None``: every endpoint is awake."""
    complexity: Complexity | None = None
    """``None``: no prompt is estimated."""
