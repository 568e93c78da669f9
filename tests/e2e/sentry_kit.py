"""The deployed sentry in a test: configure, invoke, break Bedrock, look into the ledger."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import FRESH_FOR, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import SystemClock, pause
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.ports import BudgetBalance
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.window import WindowKind
from cost_sentry_local.cloud import LocalCloud
from tests.fakes.builders import ManualClock

NOVA_PRO, NOVA_LITE = "us.amazon.nova-pro-v1:0", "us.amazon.nova-lite-v1:0"
NOVA_MICRO = "us.amazon.nova-micro-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def usd(budget_id: str, limit: int, **changes: Any) -> Budget:
    """A daily budget of everything, in picodollars."""
    given = {
        "id": budget_id,
        "scope": {},
        "unit": Unit.USD,
        "window": WindowKind.DAY,
        "limit": limit,
        "owners": ("owner@example.com",),
    }
    return Budget(**{**given, **changes})


def prompt(text: str = "Say hello", **changes: Any) -> dict[str, Any]:
    """A request of team search that may cost little."""
    return {
        "modelId": NOVA_PRO,
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 100},
        "tags": {"team": "search", "application": "web"},
        **changes,
    }


SLOTS = 100


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One test's own application with a budget of its own, on a deployment that many share."""

    sentry: "DeployedSentry"
    budget: Budget

    def prompt(self, text: str = "Say hello", **changes: Any) -> dict[str, Any]:
        return prompt(text, **{"tags": {"team": "search", **self.budget.scope}, **changes})

    def balance(self) -> BudgetBalance:
        return self.sentry.balance(self.budget)

    def pending(self) -> list[str]:
        """Ids of what is held."""
        account = f"search/{self.budget.scope['application']}"
        return [r.request_id for r in self.sentry.books.pending(account)]


def _team_of(request: Any) -> str:
    """Whose workflow is started; search's if the request names no team that has one."""
    tags = request.get("tags") if isinstance(request, dict) else None
    team = tags.get("team") if isinstance(tags, dict) else None
    return team if team in ("search", "support") else "search"


def slot_budgets() -> list[Budget]:
    """Budgets of ten dollars, one per slot, under names that no other file's slots have."""
    mine = uuid4().hex[:8]
    names = [f"slot-{mine}-{n}" for n in range(SLOTS)]
    return [usd(name, 10**13, scope={"application": name}) for name in names]


@dataclass
class DeployedSentry:
    """One deployment on an otherwise empty local cloud."""

    cloud: LocalCloud
    outputs: dict[str, str]

    def __post_init__(self) -> None:
        client = self.cloud.client("dynamodb", attempts=3)
        self.calls = LedgerCalls(client, self.outputs["LedgerTableName"])
        self.books = DynamoDbBooks(self.calls, pause, SystemClock())
        self.ledger = DynamoDbLedger(self.calls, pause)

    def configure(self, *budgets: Budget, **changes: Any) -> None:
        """Put a configuration in force, in every environment: one may be as old as `FRESH_FOR`."""
        self.apply(*budgets, **changes)
        sleep(FRESH_FOR.total_seconds())

    def apply(self, *budgets: Budget, **changes: Any) -> None:
        """As `cost-sentry config apply` does."""
        given = {
            "version": "",
            "teams": {"search": Team(id="search"), "support": Team(id="support")},
            "models": {
                NOVA_PRO: Model(id=NOVA_PRO),
                NOVA_LITE: Model(id=NOVA_LITE),
                NOVA_MICRO: Model(id=NOVA_MICRO),
                SONNET: Model(id=SONNET),
            },
            "budgets": budgets,
        }
        config = SentryConfig(**{**given, **changes})
        store = DynamoDbConfigStore(self.calls, SystemClock())
        apply_config(config, store=store, books=self.books, clock=SystemClock())

    def start(self, request: Any) -> dict[str, Any]:
        """``StartSyncExecution`` as AWS answers it."""
        client = self.cloud.client("stepfunctions")
        machine = self.workflow(_team_of(request))
        return client.start_sync_execution(stateMachineArn=machine, input=json.dumps(request))

    def workflow(self, team: str = "search") -> str:
        """The ARN of a team's workflow."""
        return self.outputs["GuardedInvocationArnPrefix"] + team

    def invoke(self, request: Any) -> dict[str, Any]:
        """The workflow's output; fails the test if there is none."""
        answer = self.start(request)
        assert answer["status"] == "SUCCEEDED", (answer.get("error"), answer.get("cause"))
        return json.loads(answer["output"])

    def fail(self, kind: str, times: int = 1, **more: Any) -> None:
        """Break the next calls of the Bedrock stand-in."""
        body = json.dumps({"kind": kind, "times": times, **more}).encode()
        self._stand_in("POST", "faults", body)

    def billed(self) -> dict[str, Any]:
        """What the stand-in would bill."""
        return json.loads(self._stand_in("GET", "calls"))

    def _stand_in(self, method: str, path: str, body: bytes | None = None) -> bytes:
        url = f"{self.cloud.bedrock_endpoint}/_stand_in/{path}"
        with urlopen(Request(url, data=body, method=method), timeout=10) as answer:  # noqa: S310
            return answer.read()

    def balance(self, budget: Budget) -> BudgetBalance:
        """Now; P3 is checked on the way."""
        found = self.books.balance(budget, budget.window_at(datetime.now(tz=UTC)).id)
        assert found.limit == found.unallotted + found.free + found.pending + found.posted
        return found

    def clear_faults(self) -> None:
        self._stand_in("DELETE", "faults")

    def expire_later(self, seconds: int = 421) -> int:
        """What the scheduled run does once every hold is overdue."""
        later = ManualClock(SystemClock().now() + timedelta(seconds=seconds))
        done = expire_reservations(ledger=self.ledger, clock=later, batch_max=100)
        assert done.problems == ()
        return done.expired
