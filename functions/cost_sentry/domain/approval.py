"""A request for more, and what may become of it. Every state but two is an end.

asked ──▶ approved ──▶ ended      its time was over, or somebody ended it before
  ├─────▶ denied                  by an approver
  ├─────▶ withdrawn               by who asked
  ├─────▶ expired                 nobody answered in time
  └─────▶ void                    what it was bound to changed: ask again
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.unit import Unit, amount_in_words

APPROVAL_ID = re.compile(r"ap-\d{8}t\d{6}-[0-9a-f]{10}")
"""``ap-<day>t<time>-<ten digits by chance>``: newer ids sort after older ones."""
REASON_CHARACTERS_MAX = 300


class ApprovalState(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    ENDED = "ended"


_NEXT: Mapping[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.ASKED: frozenset(
        {
            ApprovalState.APPROVED,
            ApprovalState.DENIED,
            ApprovalState.WITHDRAWN,
            ApprovalState.EXPIRED,
            ApprovalState.VOID,
        }
    ),
    ApprovalState.APPROVED: frozenset({ApprovalState.ENDED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """More of one budget: its limit and this amount, in each of its windows until the end."""

    budget_id: str
    budget_kind: str
    """What it counted when this was asked (``measure.kind_of``)."""
    unit: Unit
    amount: int
    """In the ledger's unit, above 0."""
    raised_max: int
    """With all other raises of the budget that are in force, at most."""

    @property
    def text(self) -> str:
        """``25.00 usd more of budget search-daily``."""
        return f"{amount_in_words(self.unit, self.amount)} more of budget {self.budget_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Models up to a price class, for the calls that carry these tags."""

    scope: Mapping[str, str]
    price_class: str
    """Of ``policy.PRICE_CLASS_NAMES``."""

    @property
    def text(self) -> str:
        """``models up to price class premium for team=search``."""
        tags = ", ".join(f"{name}={value}" for name, value in sorted(self.scope.items()))
        return f"models up to price class {self.price_class} for {tags}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What was asked for. Never changed."""

    id: str
    more: Raise | Grant
    reason: str
    asked_by: str
    """A principal, proven."""
    asked_at: datetime
    expires_at: datetime
    """Who answers later answers nothing."""
    until: datetime
    """When what is approved ends."""
    terms: Mapping[str, str]
    """What an answer is bound to, by what it is called in words: see ``changed_terms``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request and where it stands; ``revision`` counts its changes."""

    request: ApprovalRequest
    state: ApprovalState = ApprovalState.ASKED
    revision: int = 0
    changed_by: str
    """A principal; ``cost-sentry`` where the clock, or a change elsewhere, decided."""
    changed_at: datetime
    why: str = ""
    """What whoever changed it said, or what changed."""
    answered_by: str | None = None
    """Who approved; kept when it ends."""
    token: str | None = field(default=None, repr=False)
    """Of the workflow that waits for the next change."""

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in _NEXT

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody answered it in time."""
        return self.state is ApprovalState.ASKED and now >= self.request.expires_at

    def holds(self, now: datetime) -> bool:
        """Whether what was approved is to be in force."""
        return self.state is ApprovalState.APPROVED and now < self.request.until

    def is_over(self, now: datetime) -> bool:
        """Whether what was approved has had its time."""
        return self.state is ApprovalState.APPROVED and now >= self.request.until

    @property
    def next_at(self) -> datetime:
        """When time alone changes it, while it is open."""
        is_asked = self.state is ApprovalState.ASKED
        return self.request.expires_at if is_asked else self.request.until

    def moved(self, state: ApprovalState, *, by: str, at: datetime, why: str = "") -> "Approval":
        """In its next state; ``InvariantViolated`` if it has no such."""
        if state not in _NEXT.get(self.state, frozenset()):
            raise InvariantViolated(f"{self.request.id} is {self.state} and cannot be {state}")
        answered_by = by if state is ApprovalState.APPROVED else self.answered_by
        return replace(
            self,
            state=state,
            revision=self.revision + 1,
            changed_by=by,
            changed_at=at,
            why=why,
            answered_by=answered_by,
        )

    def waiting(self, token: str) -> "Approval":
        """With the workflow that waits for it now."""
        return replace(self, token=token, revision=self.revision + 1)


def asked(request: ApprovalRequest) -> Approval:
    """A request that nobody answered yet."""
    return Approval(request=request, changed_by=request.asked_by, changed_at=request.asked_at)


def changed_terms(then: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """What is not any more as it was when somebody asked, in words; ``None``: all is."""
    for name, before in then.items():
        after = now.get(name)
        if after != before:
            return f"{name} was {before} and is {after or 'not there any more'}"
    return None
