"""What two configurations decided about the same calls, counted: what changes, and for whom."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cost_sentry.application.policy_check import UNSPOKEN
from cost_sentry.application.simulated_call import SimulatedCall, choice_of
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.spend import UNNAMED

EXAMPLES_MAX = 3
"""Calls that a change names."""
Shadow = tuple[Literal["budget", "policy"], str]
"""What is in shadow mode, by its id."""


_NO_MONEY = frozenset(
    {
        ReasonCode.REROUTED_BY_CIRCUIT,
        ReasonCode.REROUTED_TO_RETRY,
        ReasonCode.REROUTED_BY_FREEZE,
        ReasonCode.REROUTED_WHILE_ASLEEP,
    }
)
"""Another model is called for none, though a budget may not pay for a third."""


class Outcome(StrEnum):
    """What a caller makes of a decision; the first is what was asked for."""

    AS_ASKED = "allowed as asked"
    LOWERED = "shortened"
    REROUTED = "rerouted"
    REJECTED = "refused"
    CACHED = "answered from a cache"
    REPEATED = "answered before"


def outcome_of(decision: Decision) -> Outcome:
    """Of a decision; a rerouted answer that is shorter too counts as rerouted."""
    if decision.replayed:
        return Outcome.REPEATED
    if decision.cached is not None:
        return Outcome.CACHED
    if decision.kind is DecisionKind.ALLOW:
        lowered = decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
        return Outcome.LOWERED if lowered else Outcome.AS_ASKED
    return Outcome.REROUTED if decision.kind is DecisionKind.REROUTE else Outcome.REJECTED


def decided_by(decision: Decision) -> str:
    """The budget or the policy that stood in the way, or the reason code where neither did.

    Both, where a policy chose the model and a budget cut its answer short.
    """
    code, budget = decision.code, _budget_named(decision)
    if code in (ReasonCode.REROUTED_BY_POLICY, ReasonCode.FORBIDDEN_BY_POLICY):
        return _policy_named(decision)
    if budget is None:
        return code
    is_lowered = code is ReasonCode.OUTPUT_LIMIT_LOWERED
    policy = f"{_policy_named(decision)}, " if is_lowered and _policy_struck_first(decision) else ""
    return f"{policy}budget {budget}"


def _budget_named(decision: Decision) -> str | None:
    """Of the code; where that names none, the one that could not pay, if money decided."""
    if decision.decided_by_budget is not None:
        return decision.decided_by_budget
    if decision.code in _NO_MONEY:
        return None
    short = decision.short or next((view for view in decision.budgets if view.binding), None)
    return short.budget_id if short else None


def _policy_named(decision: Decision) -> str:
    return f"policy {decision.policies[0].policy_id}" if decision.policies else UNSPOKEN


def _policy_struck_first(decision: Decision) -> bool:
    """Whether the first model of all was forbidden."""
    first = decision.rungs[0] if decision.rungs else None
    if first is None or first.outcome == UNSPOKEN:
        return first is not None
    told = decision.policies[:1]
    return any(note.model_id == base_model_id(first.model_id) for note in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKey:
    """Calls of one application that are decided otherwise in the same way."""

    team: str
    application: str
    before: Outcome
    after: Outcome
    by: str
    """What stands in the way after the change; where nothing does, what did before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One call that is decided otherwise."""

    request_id: str
    at: datetime
    before: Decision
    after: Decision


@dataclass(slots=True)
class Change:
    """How many, and the first of them."""

    calls: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Counts of everything that was compared."""

    calls: int = 0
    changed: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    before: Counter[tuple[Outcome, ReasonCode]] = field(default_factory=Counter)
    after: Counter[tuple[Outcome, ReasonCode]] = field(default_factory=Counter)
    changes: dict[ChangeKey, Change] = field(default_factory=dict)
    shadow_budgets: Collection[str] = ()
    """Ids of the budgets of the new configuration that are in shadow mode."""
    shadow: Counter[Shadow] = field(default_factory=Counter)
    """Calls that they, or its policies in shadow mode, would decide otherwise if enforced."""
    avoided_before: int = 0
    """Picodollars that calls answered from a cache would have cost."""
    avoided_after: int = 0
    recorded: int = 0
    recorded_alike: int = 0
    """Of the recorded ones, those that the configuration before decides as it was recorded."""

    def note(self, call: SimulatedCall, before: Decision, after: Decision) -> None:
        """Count one call; in order of time."""
        self.calls += 1
        self.first_at, self.last_at = self.first_at or call.at, call.at
        self.before[outcome_of(before), before.code] += 1
        self.after[outcome_of(after), after.code] += 1
        self.avoided_before += _avoided(before)
        self.avoided_after += _avoided(after)
        self.shadow.update({self._shadow_of(note) for note in after.shadow if note.is_known})
        if call.recorded is not None:
            self.recorded += 1
            self.recorded_alike += call.recorded == choice_of(before)
        if _gist(before) != _gist(after):
            self._note_change(call, before, after)

    def _shadow_of(self, note: PolicyNote) -> Shadow:
        is_budget = note.policy_id in self.shadow_budgets
        return ("budget" if is_budget else "policy"), note.policy_id

    def _note_change(self, call: SimulatedCall, before: Decision, after: Decision) -> None:
        self.changed += 1
        change = self.changes.setdefault(_key(call, before, after), Change())
        change.calls += 1
        if len(change.examples) < EXAMPLES_MAX:
            name = call.request.request_id
            change.examples.append(Example(request_id=name, at=call.at, before=before, after=after))

    @property
    def hits(self) -> tuple[int, int]:
        """Calls that are answered from a cache, before and after."""
        code = Outcome.CACHED, ReasonCode.ANSWERED_FROM_CACHE
        return self.before[code], self.after[code]

    def moved(self, *, to: Outcome) -> int:
        """Calls that come to this outcome and did not have it before."""
        return sum(
            change.calls
            for key, change in self.changes.items()
            if key.after is to and key.before is not to
        )

    def moved_within(self, outcome: Outcome) -> int:
        """Calls that have it before and after, and yet another model, output limit or code."""
        return sum(
            change.calls
            for key, change in self.changes.items()
            if key.after is key.before is outcome
        )


def _avoided(decision: Decision) -> int:
    return decision.cached.avoided_picodollars if decision.cached else 0


def _gist(decision: Decision) -> tuple[object, ...]:
    return decision.code, decision.replayed, *choice_of(decision)


def _key(call: SimulatedCall, before: Decision, after: Decision) -> ChangeKey:
    tags, then, now = call.request.tags, outcome_of(before), outcome_of(after)
    return ChangeKey(
        team=tags.get("team", UNNAMED),
        application=tags.get("application", UNNAMED),
        before=then,
        after=now,
        by=decided_by(before if now is Outcome.AS_ASKED else after),
    )
