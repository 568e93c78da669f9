"""Who wants an endpoint, from whatever was sent; and what is answered.

An alarm names an inference component and not its endpoint, so SageMaker is asked whose it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cost_sentry.application.wake_endpoint import WakeAnswer, WakeState
from cost_sentry.domain.endpoint import WAKE_ALARM_PREFIX

_NAME_CHARACTERS_MAX = 63


class Wanted(NamedTuple):
    """An endpoint, and why it is wanted."""

    endpoint: str | None
    """``None``: the event names none, or wants nothing."""
    why: str
    is_by_hand: bool = False
    """A person asks, who has perhaps just raised a budget."""


def wanted_endpoint(event: Mapping[str, Any], owner_of: Callable[[str], str | None]) -> Wanted:
    """Of ``{"endpoint": name, "byHand": …}``, or of an alarm's event as EventBridge delivers it.

    Args:
        event: as it came; malformed ones want nothing.
        owner_of: the endpoint of an inference component; ``None`` if there is none of this name.
    """
    if isinstance(name := event.get("endpoint"), str):
        return _named(name, "somebody asked for it")._replace(
            is_by_hand=event.get("byHand") is True
        )
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        return Wanted(None, 'the event names no endpoint; send {"endpoint": name}')
    alarm, state = detail.get("alarmName"), detail.get("state")
    if not isinstance(alarm, str) or not alarm.startswith(WAKE_ALARM_PREFIX):
        return Wanted(None, "this is no alarm of a sleeping endpoint")
    if not isinstance(state, Mapping) or state.get("value") != "ALARM":
        return Wanted(None, "the alarm does not say that it was called")
    component = alarm.removeprefix(WAKE_ALARM_PREFIX)
    owner = owner_of(component)
    if owner is None:
        return Wanted(None, f"there is no inference component {component} any more")
    return _named(owner, f"inference component {component} was called in vain")


def wake_answer(told: WakeAnswer | None, wanted: Wanted) -> dict[str, Any]:
    """``endpoint``, ``state`` and ``reason``; ``instead`` and ``expectedBy``, which may be null."""
    if told is None:
        reason = wanted.why if wanted.endpoint is None else "sentry.yaml says nothing of endpoints"
        told = WakeAnswer(endpoint=wanted.endpoint or "", state=WakeState.UNKNOWN, reason=reason)
    return {
        "endpoint": told.endpoint,
        "state": told.state.value,
        "reason": told.reason,
        "instead": told.instead,
        "expectedBy": None if told.expected_by is None else told.expected_by.isoformat(),
    }


def _named(name: str, why: str) -> Wanted:
    if not 0 < len(name) <= _NAME_CHARACTERS_MAX:
        return Wanted(None, f"an endpoint's name has 1 to {_NAME_CHARACTERS_MAX} characters")
    return Wanted(name, why)
