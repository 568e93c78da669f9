"""What the provider billed, call by call, without any text."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cost_sentry_local.stand_in.usage import NOTHING, TokenUsage

_FIELDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that reached the provider."""

    model: str
    operation: str
    outcome: str
    billed: bool
    usage: TokenUsage = NOTHING
    metadata: dict[str, str]

    def to_json(self) -> dict[str, object]:
        """The call as a row that an auditor can add up."""
        return {
            "model": self.model,
            "operation": self.operation,
            "outcome": self.outcome,
            "billed": self.billed,
            "requestMetadata": self.metadata,
            **_counts(self.usage),
        }


class CallLog:
    """Every call since the last reset; safe to use from many threads."""

    def __init__(self) -> None:
        """Start empty."""
        self.listener: Callable[[Call], None] = lambda _call: None
        """Hears of every call."""
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)
        self.listener(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def to_json(self) -> dict[str, object]:
        """All calls, and what was billed per model."""
        with self._lock:
            calls = list(self._calls)
        models: dict[str, dict[str, int]] = {}
        for call in calls:
            _add(
                models.setdefault(call.model, dict.fromkeys(("calls", "billed", *_FIELDS), 0)), call
            )
        return {"calls": [call.to_json() for call in calls], "models": models}


def _add(total: dict[str, int], call: Call) -> None:
    total["calls"] += 1
    if call.billed:
        total["billed"] += 1
        for field, count in _counts(call.usage).items():
            total[field] += count


def _counts(usage: TokenUsage) -> dict[str, int]:
    kinds = (usage.input, usage.output, usage.cache_read, usage.cache_write)
    return dict(zip(_FIELDS, kinds, strict=True))
