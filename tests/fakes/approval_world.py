"""The use cases of approvals over fakes, where anything may be cut off between any two calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.application.answer_request import Answer, Verb, answer_request
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.approval_answers import ApprovalAnswer
from cost_sentry.application.approval_record import request_to_document
from cost_sentry.application.ask_for_more import Asked, ask_for_more
from cost_sentry.application.await_answer import await_answer
from cost_sentry.application.config_document import with_version
from cost_sentry.application.follow_request import Follower, Following
from cost_sentry.domain.approval import Approval
from cost_sentry.domain.approval_deed import content_digest
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.measure import Measures
from cost_sentry.domain.sentry_config import SentryConfig
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.memory_approvals import MemoryApprovals, MemoryApprovalWorkflow
from tests.fakes.memory_config_store import MemoryConfigStore
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_measures import MemoryMeasures
from tests.fakes.memory_outbox import MemoryNotices

ACCOUNT = "111122223333"


def session(role: str, name: str) -> str:
    """The principal of a session of a role."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


ANNA, BEN = session("Owners", "anna"), session("Owners", "ben")
ASKER = session("Developers", "carl")
OWNER_WHO_ASKS = session("Owners", "carl")
STRANGER = session("Developers", "dora")
FIRST, SECOND = "ap-20261121t120000-0000000001", "ap-20261121t120000-0000000002"
RULES = ApprovalRules(
    approvers=(f"arn:aws:sts::{ACCOUNT}:assumed-role/Owners/*",),
    mail=("owners@example.com",),
    expires_after_hours=24,
)
BUDGET = "search-daily"
LIMIT, AMOUNT = 1_000, 700
UNTIL = NOON + timedelta(days=7)
Hook = Callable[[str, bool], None]


def config(limit: int = LIMIT, rules: ApprovalRules | None = RULES, **changes: Any) -> SentryConfig:
    """One budget of team search, and another that never changes."""
    budgets = (budget(BUDGET, limit), budget("organisation", 10_000, scope={}))
    return configuration(*changes.pop("budgets", budgets), **{"approvals": rules, **changes})


class LinkedConfigStore(MemoryConfigStore):
    """With the measures that stand beside it."""

    def __init__(self, measures: MemoryMeasures) -> None:
        self._measures = measures
        super().__init__()

    @property  # type: ignore[override]
    def on_record(self) -> Measures:
        return self._measures.on_record

    @on_record.setter
    def on_record(self, _none: Measures) -> None:
        """The base class begins with none."""


class Watched:
    """A port whose every call is told before and after; whoever is told may raise."""

    def __init__(self, target: Any, name: str, hook: Hook) -> None:
        self._target, self._name, self._hook = target, name, hook

    def __getattr__(self, call: str) -> Any:
        method = getattr(self._target, call)

        def watched(*arguments: Any, **named: Any) -> Any:
            self._hook(f"{self._name}.{call}", False)
            answer = method(*arguments, **named)
            self._hook(f"{self._name}.{call}", True)
            return answer

        return watched


class ApprovalWorld:
    """One deployment. ``trouble`` is told of every call to a port."""

    def __init__(
        self, first: SentryConfig | None = None, more: dict[str, Any] | None = None
    ) -> None:
        self.clock = ManualClock()
        self.trouble: Hook = lambda _call, _done: None
        self.memory_measures = MemoryMeasures(self.clock)
        self.memory_config = LinkedConfigStore(self.memory_measures)
        self.memory_store = MemoryApprovals(self.memory_config)
        self.memory_ledger, self.memory_outbox = MemoryLedger(), MemoryNotices()
        self.memory_workflow = MemoryApprovalWorkflow()
        self.configs: dict[str, SentryConfig] = {}
        self.more = more or {"budget_id": BUDGET, "amount": "0.0000000007"}
        self.apply(config() if first is None else first)

    def _port(self, name: str) -> Any:
        target = getattr(self, f"memory_{name}")
        return Watched(target, name, self._tell)

    def _tell(self, call: str, done: bool) -> None:
        self.trouble(call, done)

    def apply(self, wanted: SentryConfig) -> None:
        wanted = with_version(wanted)
        self.configs[wanted.version] = wanted
        store, books = self._port("config"), self._port("ledger")
        apply_config(wanted, store=store, books=books, clock=self.clock)

    def ask(self, approval_id: str = FIRST, by: str = ASKER, **changes: Any) -> ApprovalAnswer:
        given = {
            "id": approval_id,
            "reason": "release week",
            "until": UNTIL,
            **self.more,
            **changes,
        }
        return ask_for_more(
            Asked(**given),
            by,
            config_store=self._port("config"),
            store=self._port("store"),
            workflow=self._port("workflow"),
            clock=self.clock,
        )

    def answer(
        self, verb: Verb, by: str = ANNA, approval_id: str = FIRST, content: str | None = None
    ) -> ApprovalAnswer:
        """By somebody who looked at the request just now."""
        shown = self.memory_store.read(approval_id)
        seen = content_digest(request_to_document(shown.request)) if shown else "nothing"
        return answer_request(
            Answer(verb=verb, approval_id=approval_id, content=content or seen),
            by,
            config_store=self._port("config"),
            store=self._port("store"),
            workflow=self._port("workflow"),
            clock=self.clock,
            pause=lambda _attempt: None,
        )

    def follow(self, approval_id: str = FIRST) -> Following:
        return self.follower().follow(approval_id)

    def follower(self) -> Follower:
        return Follower(
            config_store=self._port("config"),
            store=self._port("store"),
            measures=self._port("measures"),
            books=self._port("ledger"),
            outbox=self._port("outbox"),
            clock=self.clock,
            pause=lambda _attempt: None,
        )

    def wait(self, revision: int, token: str, approval_id: str = FIRST) -> bool:
        store, workflow = self._port("store"), self._port("workflow")
        return await_answer(approval_id, revision, token, store=store, workflow=workflow)

    def at(self, moment: datetime) -> None:
        self.clock.time = max(self.clock.time, moment)

    def approval(self, approval_id: str = FIRST) -> Approval:
        found = self.memory_store.read(approval_id)
        assert found is not None
        return found

    @property
    def in_force(self) -> SentryConfig:
        return self.configs[(self.memory_config.read() or ("",))[0]]

    @property
    def limit(self) -> int | None:
        """Of the budget, as the ledger holds it."""
        return self.memory_ledger.limits().get(BUDGET)


def other_limit(in_force: SentryConfig, limit: int) -> SentryConfig:
    """The same with another limit of the budget."""
    changed = tuple(replace(b, limit=limit) if b.id == BUDGET else b for b in in_force.budgets)
    return replace(in_force, budgets=changed)
