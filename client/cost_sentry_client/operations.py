"""The wiring of the operator's verbs: a boto3 session, the adapters, the use cases."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cost_sentry.adapters.dynamodb_approvals import DynamoDbApprovals
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_circuits import DynamoDbCircuits
from cost_sentry.adapters.dynamodb_config_store import FRESH_FOR, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_recorded_calls import DynamoDbRecordedCalls
from cost_sentry.adapters.dynamodb_runs import DynamoDbRuns
from cost_sentry.adapters.dynamodb_savings import DynamoDbSavings
from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.system_clock import SystemClock, pause
from cost_sentry.application.apply_config import AppliedConfig, apply_config
from cost_sentry.application.ports import BudgetBalance
from cost_sentry.application.raised_limits import measures_on_record, without_raises
from cost_sentry.application.shadow_budgets import balance_told
from cost_sentry.application.stored_config import StoredConfig, stored_config
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind, has_ended
from cost_sentry.domain.window_id import session_and_caller, session_named
from cost_sentry_client.aws_clients import step_functions_client
from cost_sentry_client.deployment import Deployment, find_deployment
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.money_display import seconds_text
from cost_sentry_client.problems import Problem
from cost_sentry_client.sentry_client import SentryClient
from cost_sentry_client.target import Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

_BUDGETS_NAMED_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget of the configuration with one window's money."""

    budget: Budget
    balance: BudgetBalance
    as_of: datetime
    """When it was looked up; the window was the current one then, unless another was asked for."""

    @property
    def resets_at(self) -> datetime | None:
        """When the limit is whole again, if the window is the current one; ``None``: never."""
        current = self.budget.window_at(self.as_of)
        is_current = current.id == self.balance.window_id
        return self.budget.resets_at(self.as_of) if is_current else None

    @property
    def is_of_a_window(self) -> bool:
        """Whether it is one window's; of a budget of agent runs only if one was asked for."""
        return self.budget.window is not WindowKind.SESSION or self.budget.session is not None

    @property
    def is_counted(self) -> bool:
        """Whether its amounts say something: in a window, of what calls hold."""
        return self.budget.unit.is_held and self.is_of_a_window and not self.may_be_forgotten

    @property
    def may_be_forgotten(self) -> bool:
        """Whether it is an agent run that is over, of which the ledger has nothing (any more)."""
        is_over = has_ended(self.balance.window_id, self.as_of)
        is_empty = self.balance.posted == self.balance.pending == 0
        return self.budget.session is not None and is_over and is_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The configuration in force, with its age."""

    stored: StoredConfig
    applied_at: datetime
    as_of: datetime

    @property
    def text(self) -> str:
        """One sentence, and why if it cannot be read."""
        age = seconds_text(max(0, int((self.as_of - self.applied_at).total_seconds())))
        why = f", and cannot be read: {self.stored.fault}" if self.stored.fault else ""
        return f"version {self.stored.version}, applied {age} ago, stays in force{why}"


class Operator:
    """Everything that `cost-sentry` can do to one deployment."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.clock = SystemClock()

    @cached_property
    def deployment(self) -> Deployment:
        """The stack; ``DeploymentNotFound`` if there is none."""
        return find_deployment(self.target.session, self.target.stage, self.target.endpoint_url)

    @cached_property
    def price_book(self) -> PackagedPriceBook:
        """The prices of this package, at this target's Region."""
        return PackagedPriceBook(region=self.target.session.region_name)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """A client of the ledger's service."""
        return self.target.session.client("dynamodb", endpoint_url=self.target.endpoint_url)

    @cached_property
    def books(self) -> DynamoDbBooks:
        """The ledger's read models."""
        return DynamoDbBooks(self._calls, pause, self.clock)

    @cached_property
    def runs(self) -> DynamoDbRuns:
        """Agent runs that may still call."""
        return DynamoDbRuns(self._calls)

    @cached_property
    def sleeps(self) -> DynamoDbSleeps:
        """The last sleep of every endpoint."""
        return DynamoDbSleeps(self._calls)

    @cached_property
    def config_store(self) -> DynamoDbConfigStore:
        """Where the configuration in force lives."""
        return DynamoDbConfigStore(self._calls, self.clock)

    @cached_property
    def journal(self) -> DynamoDbJournal:
        """Every entry that the ledger's stream brought so far, and who spent what."""
        calls = JournalCalls(self.dynamodb, self.deployment.table_name)
        return DynamoDbJournal(calls, self._calls, pause)

    @cached_property
    def savings(self) -> DynamoDbSavings:
        """What caches have spared."""
        return DynamoDbSavings(self._calls)

    @cached_property
    def circuits(self) -> DynamoDbCircuits:
        """Which models are not asked now."""
        return DynamoDbCircuits(self._calls, str(self.target.session.region_name))

    @cached_property
    def recorded_calls(self) -> DynamoDbRecordedCalls:
        """Everything on record about requests, whenever they were made."""
        return DynamoDbRecordedCalls(self.dynamodb, self.deployment.table_name)

    @cached_property
    def approvals(self) -> DynamoDbApprovals:
        """Requests for more, as they stand."""
        return DynamoDbApprovals(self._calls, pause)

    @cached_property
    def _calls(self) -> LedgerCalls:
        return LedgerCalls(self.dynamodb, self.deployment.table_name)

    @cached_property
    def step_functions(self) -> "SFNClient":
        """A client that waits for whole executions."""
        return step_functions_client(self.target.session, self.target.endpoint_url)

    def caller(self, tags: dict[str, str]) -> SentryClient:
        """The drop-in client, with refusals as answers."""
        return SentryClient(
            deployment=self.deployment,
            session=self.target.session,
            step_functions=self.step_functions,
            tags=tags,
            on_reject="return",
        )

    def stored_config(self) -> StoredConfig | None:
        """What was applied last, also if this version cannot read it."""
        return stored_config(self.config_store)

    def config_in_force(self) -> SentryConfig | None:
        """What was applied last; ``ConfigurationError`` if this version cannot read it."""
        stored = self.stored_config()
        return stored.readable() if stored else None

    def standing(self) -> Standing | None:
        """Which configuration is in force, and since when; ``None`` before the first."""
        stored, at = self.stored_config(), self.config_store.applied_at()
        if stored is None or at is None:
            return None
        return Standing(stored=stored, applied_at=at, as_of=self.clock.now())

    def config(self) -> SentryConfig:
        """The same; ``Problem`` before the first."""
        config = self.config_in_force()
        if config is None:
            raise Problem(
                "no configuration is in force, so there are no budgets and every call is refused",
                where=self.target.text,
                fix="write one (examples/sentry.yaml is a start) and put it in force with"
                " `cost-sentry config apply sentry.yaml`",
                exit_code=ExitCode.REFUSED,
            )
        return config

    def without_raises(self, limits: Mapping[str, int], wanted: SentryConfig) -> Mapping[str, int]:
        """Limits of the ledger, less what approvals raise for a while."""
        measures = measures_on_record(self.config_store)
        return without_raises(limits, wanted.budgets, measures, self.clock.now())

    def apply(self, wanted: SentryConfig) -> AppliedConfig:
        """Put ``wanted`` in force; on return nothing decides by what it replaced."""
        applied = apply_config(wanted, store=self.config_store, books=self.books, clock=self.clock)
        if applied.replaced != applied.version:
            # A function that just looked goes on with what it saw for so long.
            time.sleep(FRESH_FOR.total_seconds())
        return applied

    def budgets(self) -> Iterator[BudgetState]:
        """Every budget of the configuration in its current window, one read after the other."""
        now = self.clock.now()
        for budget in self.config().budgets:
            yield self._state(budget, budget.window_at(now).id, now)

    def budget(self, budget_id: str, window_id: str | None = None) -> BudgetState:
        """One budget; ``Problem`` names those that exist."""
        config, now = self.config(), self.clock.now()
        found = next((b for b in config.budgets if b.id == budget_id), None)
        if found is None:
            raise _unknown_budget(budget_id, config, self.target)
        current = found.window_at(now).id
        if window_id is not None and found.window_named(window_id) is None:
            like = f"its windows are called like the current one: {current}"
            of_runs = "its windows are called session- and the id of an agent run"
            raise Problem(
                f"{window_id!r} is no window of budget {budget_id}",
                where="--window",
                fix=of_runs if found.window is WindowKind.SESSION else like,
                exit_code=ExitCode.USAGE,
            )
        window_id = window_id and self._whose(found, window_id)
        return self._state(_in_run(found, window_id), window_id or current, now)

    def _whose(self, budget: Budget, window_id: str) -> str:
        """An agent run may be named by its id alone, if only one caller has such a run."""
        session, caller = session_and_caller(session_named(window_id))
        if budget.window is not WindowKind.SESSION or caller:
            return window_id
        look = self.runs.windows_of if budget.unit.is_held else self.runs.trees_of
        found = look(budget.id, session)
        if len(found) > 1:
            raise Problem(
                f"several callers have a run of this id: {window_id}",
                where="--window",
                fix=f"name one of: {', '.join(found)}",
                exit_code=ExitCode.USAGE,
            )
        return next(iter(found), window_id)

    def newest_runs(self, budget: Budget, runs_max: int) -> list[BudgetState]:
        """Of a budget of agent runs those that began last, of all that may still call."""
        now = self.clock.now()
        ids = self.runs.newest(budget.id, now, runs_max) if budget.unit.is_held else ()
        return [self._state(_in_run(budget, window_id), window_id, now) for window_id in ids]

    def _state(self, budget: Budget, window_id: str, now: datetime) -> BudgetState:
        balance = balance_told(self.books.balance(budget.in_ledger, window_id), budget)
        return BudgetState(budget=budget, balance=balance, as_of=now)

    def client(self, service: str) -> Any:  # noqa: ANN401 - one of boto3's generated clients
        """Any other service at the same place."""
        return self.target.session.client(service, endpoint_url=self.target.endpoint_url)  # type: ignore[call-overload]


def _in_run(budget: Budget, window_id: str | None) -> Budget:
    """Bound to the agent run whose window it is, if it is one's."""
    if window_id is None or budget.window is not WindowKind.SESSION:
        return budget
    return replace(budget, session=session_named(window_id))


def _unknown_budget(budget_id: str, config: SentryConfig, target: Target) -> Problem:
    ids = [budget.id for budget in config.budgets]
    named = ", ".join(ids[:_BUDGETS_NAMED_MAX]) + (" …" if len(ids) > _BUDGETS_NAMED_MAX else "")
    return Problem(
        f"there is no budget {budget_id!r}",
        where=f"configuration {config.version} in force at {target.text}",
        fix=f"name one of: {named}",
        exit_code=ExitCode.REFUSED,
    )
