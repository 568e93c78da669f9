"""The token usage that a Converse answer reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from cost_sentry.domain.usage import TokenUsage

_TOKENS_MAX = 2**31 - 1
"""Converse counts in 32 bits; a larger number is a broken answer."""


def parse_usage(response: Mapping[str, Any]) -> TokenUsage | None:
    """The usage of a camelCase answer; ``None`` if it is missing or cannot be believed.

    Cache writes that ``cacheDetails`` does not explain are taken for 1-hour writes, the dearer
    kind, when the answer explains some of its writes; when it explains none they are 5-minute
    writes, the only kind of the models that report no details.
    """
    usage = response.get("usage")
    if not isinstance(usage, Mapping):
        return None
    try:
        return _usage(usage)
    except _UsageBroken:
        return None


class _UsageBroken(Exception):  # noqa: N818 - never leaves this file
    """One number of the usage is not a count of tokens."""


def _usage(usage: Mapping[str, Any]) -> TokenUsage:
    written = _count(usage, "cacheWriteInputTokens", absent=0)
    by_ttl = _writes_by_ttl(usage.get("cacheDetails"))
    unexplained = max(0, written - sum(by_ttl.values()))
    to = "1h" if any(by_ttl.values()) else "5m"
    by_ttl[to] += unexplained
    return TokenUsage(
        input_tokens=_count(usage, "inputTokens"),
        output_tokens=_count(usage, "outputTokens"),
        cache_read_tokens=_count(usage, "cacheReadInputTokens", absent=0),
        cache_write_5m_tokens=by_ttl["5m"],
        cache_write_1h_tokens=by_ttl["1h"],
    )


def _writes_by_ttl(details: object) -> dict[str, int]:
    """Cache writes by time to live; one that has no known price breaks the usage (P6)."""
    by_ttl = {"5m": 0, "1h": 0}
    if details is None:
        return by_ttl
    if not isinstance(details, Sequence):
        raise _UsageBroken
    for detail in details:
        ttl = detail.get("ttl") if isinstance(detail, Mapping) else None
        if not isinstance(ttl, str) or ttl not in by_ttl:
            raise _UsageBroken
        by_ttl[ttl] += _count(detail, "inputTokens")
    return by_ttl


def _count(numbers: Mapping[str, Any], name: str, absent: int | None = None) -> int:
    number = numbers.get(name)
    if number is None and absent is not None:
        return absent
    if type(number) is not int or not 0 <= number <= _TOKENS_MAX:
        raise _UsageBroken
    return number
