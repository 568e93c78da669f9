"""The token usage that a Converse answer reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from cost_sentry.domain.usage import TokenUsage

_TOKENS_MAX = 2**31 - 1
"""Converse counts in 32 bits; a larger number is a broken answer."""
_COUNT_ALLOWED = f"an integer from 0 to {_TOKENS_MAX}"


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
    except UsageBroken:
        return None


def why_broken(usage: Mapping[str, Any]) -> "UsageBroken | None":
    """What of it cannot be believed; ``None`` if all of it can."""
    try:
        _usage(usage)
    except UsageBroken as broken:
        return broken
    return None


class UsageBroken(Exception):  # noqa: N818 - a finding; nobody outside this file meets it raised
    """One value of the usage is not what it has to be."""

    def __init__(
        self, path: Sequence[str | int], value: object, allowed: str, *, is_missing: bool = False
    ) -> None:
        """``path`` within the usage; ``value`` is what was given there."""
        super().__init__(path)
        self.path, self.value, self.allowed = path, value, allowed
        self.is_missing = is_missing


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
        raise UsageBroken(("cacheDetails",), details, "a list of objects")
    for place, detail in enumerate(details):
        at = "cacheDetails", place
        ttl = detail.get("ttl") if isinstance(detail, Mapping) else None
        if not isinstance(ttl, str) or ttl not in by_ttl:
            raise UsageBroken((*at, "ttl"), ttl, "5m or 1h", is_missing=ttl is None)
        by_ttl[ttl] += _count(detail, "inputTokens", within=at)
    return by_ttl


def _count(
    numbers: Mapping[str, Any],
    name: str,
    absent: int | None = None,
    *,
    within: Sequence[str | int] = (),
) -> int:
    number = numbers.get(name)
    if number is None and absent is not None:
        return absent
    if type(number) is not int or not 0 <= number <= _TOKENS_MAX:
        is_missing = name not in numbers
        raise UsageBroken((*within, name), number, _COUNT_ALLOWED, is_missing=is_missing)
    return number
