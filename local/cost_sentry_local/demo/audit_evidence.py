"""What the auditor is given, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.ledger_view import LedgerView
from cost_sentry_local.demo.list_prices import ListPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One call that reached the provider, from its own log."""

    request_id: str | None
    """As the request's metadata named it."""
    model_id: str
    billed: bool
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int

    @property
    def tokens(self) -> int:
        """Every token of the call."""
        cached = self.cache_read_tokens + self.cache_write_tokens
        return self.input_tokens + self.output_tokens + cached


def bill_of(row: Mapping[str, Any]) -> Bill:
    """From a row of the stand-in's call log."""
    return Bill(
        request_id=row["requestMetadata"].get("requestId"),
        model_id=row["model"],
        billed=row["billed"],
        input_tokens=row["inputTokens"],
        output_tokens=row["outputTokens"],
        cache_read_tokens=row["cacheReadInputTokens"],
        cache_write_tokens=row["cacheWriteInputTokens"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A request id that was sent a second time."""

    first: Answer
    again: Answer
    same_content: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that can be seen from outside, once the run is over."""

    ledger: LedgerView
    samples: tuple[LedgerView, ...]
    """Windows, pools and shards at instants while the run was on."""
    answers: tuple[Answer, ...]
    repeats: tuple[Repeat, ...]
    without_ledger: Answer
    """To the call that was made while the table was out of reach."""
    bills: tuple[Bill, ...]
    prices: ListPrices
    texts: Mapping[str, tuple[str, ...]]
    """Everything that was written down, by place."""
    wakes: Mapping[str, int] = field(default_factory=dict)
    """What wakes of endpoints owe for their instances, in picodollars, by request id."""
    canaries: tuple[str, ...]
    """Text of prompts and answers, which must be in none of them."""

    def billed(self) -> dict[str | None, list[Bill]]:
        """What the provider charges for, by request id."""
        found: dict[str | None, list[Bill]] = {}
        for bill in self.bills:
            if bill.billed:
                found.setdefault(bill.request_id, []).append(bill)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One promise of the design, what was looked at, and every breach."""

    promise: str
    title: str
    checked: str
    broken: tuple[str, ...] = ()
