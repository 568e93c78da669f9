"""Admission over a memory ledger, a few models and the budgets that a test names."""

from cost_sentry.application.admit_request import Admission
from cost_sentry.application.answer_cache import AnswerCache
from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.ports import Uncounted
from cost_sentry.application.shadow_budgets import ShadowBudgets
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationPath, InvocationRequest, Needs, Priority
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.spend import WindowTotals
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_answers import MemoryAnswers
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_run_trees import MemoryRunTrees

DEAR, CHEAP, BLIND = "example.dear-v1:0", "example.cheap-v1:0", "example.blind-v1:0"
STRANGER = "stranger.cheap-v1:0"
"""Of another provider than the rest."""
UNPRICED = "example.unpriced-v1:0"
DAY = "2026-11-21"
HERE = "us-east-1"


def arn_of(model_id: str, region: str = HERE) -> str:
    """Another name of the same model in the Region where these models are called."""
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


class SmallBook:
    """Models: all but blind see images; stranger is nobody's rung unless a test says so."""

    version, region = "2026-11-21+test", HERE
    rates = {DEAR: 10, CHEAP: 2, BLIND: 1, STRANGER: 1}  # noqa: RUF012

    def price(self, model_id: str) -> ModelPrice | None:
        base = base_model_id(model_id)
        if base not in self.rates:
            return None
        rate = self.rates[base]
        return ModelPrice(model_id=base, rates=TokenRates(input=rate, output=rate))

    def card(self, model_id: str) -> ModelCard | None:
        model_id = base_model_id(model_id)
        if model_id not in self.rates:
            return None
        modalities = {"text"} if model_id == BLIND else {"text", "image"}
        return ModelCard(
            model_id=model_id,
            context_tokens=10_000,
            output_tokens_max=500,
            modalities=frozenset(modalities),
            tools=model_id != BLIND,
            system=True,
            streaming=True,
            prompt_cache=False,
            count_tokens=model_id != BLIND,
        )


class FixedConfig:
    def __init__(self, config: SentryConfig | None) -> None:
        self.config = config

    def current(self) -> SentryConfig | None:
        return self.config


def config(*budgets, **changes) -> SentryConfig:
    given = {
        "version": "v1",
        "teams": {"search": Team(id="search"), "support": Team(id="support")},
        "models": {
            DEAR: Model(id=DEAR, ladder=(CHEAP, BLIND)),
            CHEAP: Model(id=CHEAP, ladder=()),
            BLIND: Model(id=BLIND, ladder=()),
            STRANGER: Model(id=STRANGER, ladder=()),
            UNPRICED: Model(id=UNPRICED, ladder=()),
        },
        "budgets": budgets,
        "output_tokens_default": 50,
        "output_tokens_max": 400,
    }
    return SentryConfig(**{**given, **changes})


def request(request_id: str = "r1", **changes) -> InvocationRequest:
    given = {
        "request_id": request_id,
        "model_id": DEAR,
        "tags": {"team": "search", "application": "web"},
        "priority": Priority.NORMAL,
        "max_tokens": 100,
        "input_bound_tokens": 100,
        "input_floor_tokens": 10,
        "needs": Needs(),
        "path": InvocationPath.DIRECT,
        "digest": "d1",
        "converse": {"messages": [{"role": "user", "content": [{"text": "hello"}]}]},
    }
    return InvocationRequest(**{**given, **changes})


class Counter:
    """Counts as told, by model; what it was not told it cannot count."""

    def __init__(self, **told: int) -> None:
        models = {"dear": DEAR, "cheap": CHEAP}
        self.tokens = {models[name]: tokens for name, tokens in told.items()}
        self.asked: list[str] = []

    def count(self, model_id: str, converse: object) -> int | Uncounted:
        self.asked.append(model_id)
        return self.tokens.get(model_id, Uncounted("ThrottlingException"))


class PostedTotals:
    """``application.budget_levels.Totals``: as a test says, by budget and window."""

    def __init__(self) -> None:
        self.posted: dict[tuple[str, str], int] = {}
        self.reads, self.is_silent = 0, False
        """Questions."""

    def totals_together(self, windows) -> list[WindowTotals | None]:
        self.reads += 1
        if self.is_silent:
            raise LedgerUnavailable("gone")
        return [self._totals(*window) for window in windows]

    def _totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        posted = self.posted.get((budget_id, window_id))
        if posted is None:
            return None
        return WindowTotals(
            budget_id=budget_id,
            window_id=window_id,
            unit=Unit.USD,
            posted=posted,
            overrun=0,
            estimated=0,
            calls=1,
            first_posted_at=NOON,
        )


class Sentry:
    """An admission over a memory ledger with these budgets defined."""

    def __init__(
        self, *budgets, counter: Counter | None = None, engines=None, complexity=None, **changes
    ) -> None:
        self.clock, self.ledger, self.totals = ManualClock(), MemoryLedger(), PostedTotals()
        self.answers, self.book = MemoryAnswers(), SmallBook()
        self.run_trees = MemoryRunTrees()
        for one in budgets:
            self.ledger.define(one, one.window_at(self.clock.now()).id)
        self.admission = Admission(
            config_source=FixedConfig(config(*budgets, **changes)),
            price_book=self.book,
            ledger=self.ledger,
            clock=self.clock,
            token_counter=counter,
            policy_engines=engines,
            levels=BudgetLevels(lambda: self.totals),
            shadows=ShadowBudgets(lambda: self.ledger),
            answers=AnswerCache(
                reader=lambda: self.answers, price_book=self.book, clock=self.clock
            ),
            complexity=complexity,
            run_trees=lambda: self.run_trees,
        )

    def decide(self, of: InvocationRequest, attempt: str = "execution-1"):
        return self.admission.decide(of, attempt)
