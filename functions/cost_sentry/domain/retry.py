"""Calls that are tried again after Amazon Bedrock refused them before they ran.

Every attempt has a reservation of its own, under a request id of its own: ``r-1``, then ``r-1~2``.
No caller can choose such an id, for ``~`` is no character of theirs, so whoever finds one in the
ledger knows which request it belongs to.
"""

from dataclasses import dataclass

SEPARATOR = "~"
FIRST = 1
PERCENT_MAX = 10
"""Of calls that may be tried again: more would be a storm of their own."""
ATTEMPTS_MAX = 3
BEGINS_WITHIN_SECONDS = 25
"""Of an execution: a later attempt would leave its model less time than a first one has."""
SAVED_RETRIES_MAX = 10
"""That may be saved up in quiet times: over any span of time so many more than calls earned in it.

A run of the projection counts a hundred calls at once, and at most they earn as much.
"""
PRICE = 100
"""Of one retry. A call earns as much as the configured percentage says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """How often calls are tried again."""

    percent: int = PERCENT_MAX
    """Of the calls that ended, at most so many are tried again; 0 to 10."""
    attempts_max: int = 2
    """Of one request, the first included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What an attempt knows of those before."""

    attempt: int
    """2 for the first that tries again."""
    error: str
    """Why the last one was refused."""
    refused_by: tuple[str, ...]
    """Ids of the models that refused, the last one last."""


def attempt_id(request_id: str, attempt: int) -> str:
    """The request id under which this attempt holds its money."""
    return request_id if attempt == FIRST else f"{request_id}{SEPARATOR}{attempt}"


def request_and_attempt(attempt_id: str) -> tuple[str, int]:
    """The inverse of ``attempt_id``, for any text that names a request."""
    request_id, separator, number = attempt_id.rpartition(SEPARATOR)
    if not separator or not number.isdecimal():
        return attempt_id, FIRST
    return request_id, int(number)


def earned(calls: int, percent: int) -> int:
    """What so many calls earn, in parts of ``PRICE``: never more than may be saved up."""
    return min(calls * percent, SAVED_RETRIES_MAX * PRICE)
