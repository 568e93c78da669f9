"""The sentry under measurement: real use cases, price book and DynamoDB adapters on a new table."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.system_clock import SystemClock, pause
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.ports import BudgetBalance, Clock, Ledger
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.shard import stamp_of
from cost_sentry.domain.token_bound import counted_bound_tokens
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_local.stand_in.prompt import prompt_tokens
from tests.fakes.dynamodb_table import create_table

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
"""The model that both sides ask for."""
MODELS = (
    MODEL,
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us.anthropic.claude-opus-4-5-20251101-v1:0",
)
"""All of one family, from the cheapest."""
PROMPT = "hello"
TEAMS = ("search", "support", "growth", "research")
TAGS: Mapping[str, str] = {"team": "search", "application": "web"}
_tables = itertools.count(1)

BOOK = PackagedPriceBook()


class StandInCounter:
    """``application.ports.TokenCounter``: counts as the stand-in for Bedrock bills."""

    def count(self, _model_id: str, converse: Mapping[str, object]) -> int:
        """See the port."""
        return prompt_tokens({**converse})


def request_id(moment: datetime, number: int) -> str:
    """A version 7 UUID, as the client makes them, but the same in every run."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | number))


def raw_request(
    request_id: str,
    max_tokens: int,
    tags: Mapping[str, str] = TAGS,
    text: str = PROMPT,
    model: str = MODEL,
) -> dict[str, Any]:
    """As an application sends it."""
    return {
        "requestId": request_id,
        "modelId": model,
        "tags": dict(tags),
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": max_tokens},
    }


def request(
    request_id: str,
    max_tokens: int,
    tags: Mapping[str, str] = TAGS,
    text: str = PROMPT,
    model: str = MODEL,
) -> InvocationRequest:
    """The same, parsed by the real parser."""
    raw = raw_request(request_id, max_tokens, tags, text, model)
    return parse_request(raw, default_request_id=request_id)


PROMPT_TOKENS = prompt_tokens(raw_request("prompt", 1))
"""Of ``PROMPT``, as the stand-in bills it."""


def quote_of(max_tokens: int, *, counted: bool = False) -> int:
    """Picodollars that such a request holds; ``counted``: once its prompt is counted."""
    of = request("quote", max_tokens)
    bound = of.input_bound_tokens
    if counted:
        bound = min(bound, counted_bound_tokens(StandInCounter().count(MODEL, of.converse)))
    price = BOOK.price(MODEL)
    if price is None:
        raise KeyError(MODEL)
    return quote_picodollars(
        price,
        input_bound_tokens=bound,
        output_limit_tokens=max_tokens,
        writes_cache=False,
    )


def config_of(*budgets: Budget) -> SentryConfig:
    """Every team may call the model; these budgets."""
    return SentryConfig(
        version="",
        teams={team: Team(id=team) for team in TEAMS},
        models={model: Model(id=model) for model in MODELS},
        budgets=budgets,
    )


@dataclass(kw_only=True)
class BenchSentry:
    """Budgets in force on a table of their own.

    Args:
        client: low-level boto3 client of a DynamoDB-compatible store.
        budgets: all of them.
        clock: time, real or virtual.
        pause: waits after the n-th meeting with another writer.
        creates_table: the model of DynamoDB is one table, and has it already.
    """

    client: Any
    budgets: tuple[Budget, ...]
    clock: Clock = field(default_factory=SystemClock)
    pause: Callable[[int], None] = pause
    creates_table: bool = True

    def __post_init__(self) -> None:
        """Create the table and apply the configuration."""
        self.table = f"benchmark-{next(_tables)}"
        if self.creates_table:
            create_table(self.client, self.table)
        calls = LedgerCalls(self.client, self.table)
        self.books = DynamoDbBooks(calls, self.pause, self.clock)
        self.store = DynamoDbConfigStore(calls, self.clock)
        apply_config(config_of(*self.budgets), store=self.store, books=self.books, clock=self.clock)
        self.ledger: Ledger = DynamoDbLedger(calls, self.pause)
        self.admission = Admission(
            config_source=CachedConfigSource(self.store, self.clock),
            price_book=BOOK,
            ledger=self.ledger,
            clock=self.clock,
            token_counter=StandInCounter(),
        )

    def decide(self, of: InvocationRequest) -> Decision:
        """Admit or refuse; the attempt is named as the handler names it."""
        return self.admission.decide(of, attempt=stamp_of(f"execution of {of.request_id}"))

    def settle(
        self, decision: Decision, output_tokens: int, input_tokens: int | None = None
    ) -> int:
        """The call has read and written so many tokens; what it cost, in picodollars.

        Without ``input_tokens`` it has read ``PROMPT``.
        """
        if decision.reservation is None or decision.price is None:
            raise ValueError(f"{decision.request_id} was not admitted: {decision.message}")
        read = PROMPT_TOKENS if input_tokens is None else input_tokens
        usage = TokenUsage(input_tokens=read, output_tokens=output_tokens)
        result = settle_reservation(
            decision.reservation, decision.price, usage, ledger=self.ledger, clock=self.clock
        )
        return result.resolved.resolution.cost_picodollars

    def settle_in_full(self, decision: Decision) -> int:
        """The call has used all that is held for it; what that cost."""
        held = decision.reservation
        if held is None:
            raise ValueError(f"{decision.request_id} was not admitted: {decision.message}")
        return self.settle(decision, held.output_limit_tokens, held.input_bound_tokens)

    def balance(self, budget: Budget) -> BudgetBalance:
        """Of the window that is now."""
        return self.books.balance(budget, budget.window_at(self.clock.now()).id)
