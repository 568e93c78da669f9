"""What can go wrong with SageMaker, its scaling and its metrics, as the ports name it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
)

_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
)
_BUSY = frozenset({"ResourceInUse", "ConcurrentUpdateException", "ConflictException"})
_REFUSED = frozenset(
    {
        "ValidationException",
        "ValidationError",
        "ResourceLimitExceeded",
        "ResourceNotFound",
        "LimitExceededException",
        "ObjectNotFoundException",
    }
)
_CHARACTERS_MAX = 300
_NOT_THERE = ("could not find", "not found", "does not exist")
_BUSY_WORDS = ("cannot update in-progress", "in status", "is in progress", "not in inservice")
"""SageMaker says by ValidationException and words what has no code of its own."""

Answer = TypeVar("Answer")


@contextmanager
def named_faults(what: str) -> Iterator[None]:
    """Errors of botocore as ``EndpointFault``, with what was asked: ``chat: delete_endpoint``."""
    try:
        yield
    except ClientError as error:
        raise fault_of(what, error) from error
    except BotoCoreError as error:
        raise EndpointFault(f"{what}: {type(error).__name__}") from error
    except (KeyError, TypeError, ValueError) as error:
        # Of one thing among many: all others have their turn.
        raise EndpointFault(f"{what}: SageMaker's answer cannot be read: {error!r}") from error


def or_none(ask: Callable[[], Answer]) -> Answer | None:
    """``None`` if what is asked for is not there."""
    try:
        return ask()
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def is_missing(error: ClientError) -> bool:
    """Whether it says that there is no such thing."""
    told = error.response.get("Error", {})
    if told.get("Code") in {"ResourceNotFound", "ObjectNotFoundException"}:
        return True
    words = str(told.get("Message", "")).lower()
    return told.get("Code") in _REFUSED and any(one in words for one in _NOT_THERE)


def fault_of(what: str, error: ClientError) -> EndpointFault:
    """By code and words."""
    told = error.response.get("Error", {})
    code, words = str(told.get("Code", "")), str(told.get("Message", ""))
    message = f"{what}: {code}: {words}"[:_CHARACTERS_MAX]
    if code in _DENIED:
        return EndpointDenied(message)
    if code in _THROTTLED:
        return EndpointThrottled(message)
    if code in _BUSY or any(one in words.lower() for one in _BUSY_WORDS):
        return EndpointBusy(message)
    return EndpointRefused(message) if code in _REFUSED else EndpointFault(message)
