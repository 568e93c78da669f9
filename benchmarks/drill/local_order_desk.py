"""Whoever asks, answers and applies in the drill of approvals, at the deployed sentry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cost_sentry.application.answer_request import Verb
from cost_sentry.domain.approval import Approval
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.policy import Policies, Policy
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind
from cost_sentry_client import approval_calls
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.people import make_role, person
from tests.fakes.approval_world import LIMIT

AMOUNT_USD = "0.0000000007"
"""``approval_world.AMOUNT`` picodollars."""
ORDERS_AT_ONCE = 40
"""Fewer than may wait for an answer (``ask_for_more.OPEN_MAX``)."""
ASKERS = 10
"""Each has fewer requests than one caller may have (``OPEN_PER_CALLER_MAX``)."""
OWNERS, DEVELOPERS = "Owners", "Developers"
POLICIES = "policies change"
CONFIG_EVENTS = ("limit changes", POLICIES, "budget comes or goes")
OVER = "its time is over"
_RULE = Policy(id="all", text="permit (principal, action, resource);", sentence="All may.")


def budget_of(slot: int, limit: int = LIMIT) -> Budget:
    """Of one order; nothing else is charged to it."""
    return Budget(
        id=f"order-{slot:02d}",
        scope={"team": "search", "application": f"order-{slot:02d}"},
        unit=Unit.USD,
        window=WindowKind.DAY,
        limit=limit,
    )


class OrderDesk:
    """People with their sessions, and the configuration.

    Args:
        stage: where all is deployed.
    """

    def __init__(self, stage: Stage) -> None:
        self._operator, self._first = stage.operator, stage.operator.config()
        for role in (OWNERS, DEVELOPERS):
            make_role(stage.cloud, role)
        names = [f"asker-{number}" for number in range(ASKERS)]
        self._askers = [person(stage.cloud, DEVELOPERS, name) for name in names]
        self._owners_who_ask = [person(stage.cloud, OWNERS, name) for name in names]
        self._anna = person(stage.cloud, OWNERS, "anna")
        self._ben = person(stage.cloud, OWNERS, "ben")
        self._dora = person(stage.cloud, DEVELOPERS, "dora")

    def put_budgets(self, slots: int) -> None:
        """So many budgets at their first limit, and no policy."""
        budgets = (*self._first.budgets, *(budget_of(slot) for slot in range(slots)))
        self._operator.apply(replace(self._first, budgets=budgets))

    def put_back(self) -> None:
        """The configuration as it was."""
        self._operator.apply(self._first)

    def apply(self, events: Iterable[tuple[int, str]]) -> None:
        """Everything that changes the configuration in one step: slots, and what becomes of each.

        ``POLICIES`` is once for all of them.
        """
        config = self._operator.config()
        wanted, turned = config, False
        for slot, name in events:
            if name == POLICIES:
                turned = True
            else:
                wanted = _CHANGES[name](wanted, slot)
        if turned:
            rules = () if config.policies.rules else (_RULE,)
            wanted = replace(wanted, policies=Policies(rules=rules))
        self._operator.apply(wanted)

    def ask(self, slot: int, approval_id: str, until: datetime) -> str:
        """The code of the answer."""
        body: dict[str, object] = {
            "id": approval_id,
            "reason": "release week",
            "budget": budget_of(slot).id,
            "amount": AMOUNT_USD,
            "until": until.isoformat(),
        }
        return _code(lambda: approval_calls.ask(self._asker(slot), body))

    def answer(self, slot: int, approval_id: str, event: str) -> str:
        """The code of the answer to one of the other events."""
        who, verb = self._who(slot, event)
        return _code(lambda: approval_calls.answer(who, verb, approval_id, ""))

    def requests(self) -> Mapping[str, Approval]:
        """Those of the last batch, which are the newest, by id."""
        newest = self._operator.approvals.newest(ORDERS_AT_ONCE)
        return {one.request.id: one for one in newest}

    def limits(self) -> Mapping[str, int]:
        """Of all budgets, as the ledger holds them."""
        return self._operator.books.limits()

    @property
    def now(self) -> datetime:
        """The time."""
        return self._operator.clock.now()

    def _asker(self, slot: int) -> Operator:
        return self._askers[slot % ASKERS]

    def _who(self, slot: int, event: str) -> tuple[Operator, Verb]:
        return {
            "approve": (self._anna, Verb.APPROVE),
            "approve by another": (self._ben, Verb.APPROVE),
            "approve by who asked": (self._owners_who_ask[slot % ASKERS], Verb.APPROVE),
            "approve by a stranger": (self._dora, Verb.APPROVE),
            "deny": (self._anna, Verb.DENY),
            "withdraw": (self._asker(slot), Verb.WITHDRAW),
            "end": (self._ben, Verb.END),
        }[event]


def _code(call: Callable[[], Any]) -> str:
    """``DONE``, or why not; of a fault its words, which nobody expects."""
    try:
        call()
    except Problem as problem:
        return str(problem.details.get("code") or problem)
    return "DONE"


def _turn_limit(config: SentryConfig, slot: int) -> SentryConfig:
    id_ = budget_of(slot).id
    turned = {LIMIT: 2 * LIMIT, 2 * LIMIT: LIMIT}
    budgets = (replace(b, limit=turned[b.limit]) if b.id == id_ else b for b in config.budgets)
    return replace(config, budgets=tuple(budgets))


def _turn_budget(config: SentryConfig, slot: int) -> SentryConfig:
    """Remove it, or put it back as it was at first."""
    mine = budget_of(slot)
    others = tuple(one for one in config.budgets if one.id != mine.id)
    is_here = len(others) < len(config.budgets)
    return replace(config, budgets=others if is_here else (*others, mine))


_CHANGES: Mapping[str, Callable[[SentryConfig, int], SentryConfig]] = {
    "limit changes": _turn_limit,
    "budget comes or goes": _turn_budget,
}
