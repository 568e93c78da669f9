"""Call an endpoint that may be asleep: wake it, and wait, or ask a Bedrock model meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

POLL_SECONDS = 15
"""Between two questions whether it is awake. A wake takes minutes."""

Answer = TypeVar("Answer")


class NextStep(StrEnum):
    """What a caller does who called in vain."""

    CALL = "call"
    """It is awake, or nobody put it to sleep: call it again, and believe its error."""
    WAIT = "wait"
    INSTEAD = "instead"
    """Ask the Bedrock model of its group."""
    GIVE_UP = "give up"


class EndpointAsleep(Exception):  # noqa: N818 - named as what is so
    """It could not be woken in time, and its group has no model that stands in for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a caller waits before it takes another answer."""

    seconds: int = 0
    """0: it asks the model that stands in at once, if there is one."""


def next_step(told: Mapping[str, Any], waited_seconds: float, patience: Patience) -> NextStep:
    """By what ``wake_endpoint`` told. Whoever may not wake it waits for nothing.

    One that sleeps, and is expected all the same, is tried again: its wake failed.
    """
    state = told["state"]
    if state in {"AWAKE", "UNKNOWN"}:
        return NextStep.CALL
    if may_come(told) and waited_seconds < patience.seconds:
        return NextStep.WAIT
    return NextStep.INSTEAD if told.get("instead") else NextStep.GIVE_UP


def may_come(told: Mapping[str, Any]) -> bool:
    """Whether it wakes, or is tried again: whoever waits may be served."""
    return told["state"] in {"AWAKE", "WAKING"} or told.get("expectedBy") is not None


def awaited(
    wake: Callable[[], dict[str, Any]],
    now: Callable[[], datetime],
    pause: Callable[[float], None],
    say: Callable[[str], None],
) -> dict[str, Any]:
    """What ``wake_endpoint`` tells in the end: it is awake, may not wake, or is late.

    It is late after the moment that was told first: wakes that fail are tried again, and whoever
    asks for ever pays for each.

    Args:
        wake: asks ``wake_endpoint`` for it, and gives what that told.
        now: the time, with its offset.
        pause: waits so many seconds.
        say: hears how far it is, whenever it was asked.
    """
    first: datetime | None = None
    while True:
        told = wake()
        expected = told.get("expectedBy")
        if told["state"] == "AWAKE" or not expected:
            return told
        by = datetime.fromisoformat(expected)
        first = first or by
        if min(first, by) < now():
            return told
        say(f"{told['reason']}; expected by {expected}")
        pause(POLL_SECONDS)


def call_endpoint(
    call: Callable[[], Answer | None],
    wake: Callable[[], Mapping[str, Any]],
    ask_instead: Callable[[str], Answer],
    *,
    patience: Patience,
    pause: Callable[[float], None],
) -> Answer:
    """The endpoint's answer, or that of the model that stands in for it.

    Args:
        call: the endpoint; ``None`` says that it is not there, or has no instances.
        wake: asks ``wake_endpoint`` for it, and gives what that told.
        ask_instead: calls this Bedrock model, through the sentry like any call.
        patience: how long to wait for the endpoint itself.
        pause: waits so many seconds.

    Raises:
        EndpointAsleep: There is no answer. Nothing was lost on the way: it may be asked again.
    """
    waited, called_again = 0.0, False
    while (answer := call()) is None:
        told = wake()
        step = next_step(told, waited, patience)
        if step is NextStep.INSTEAD:
            return ask_instead(told["instead"])
        if step is NextStep.GIVE_UP or (step is NextStep.CALL and called_again):
            raise EndpointAsleep(f"{told['endpoint']} is {told['state']}: {told['reason']}")
        called_again = step is NextStep.CALL
        if step is NextStep.WAIT:
            pause(POLL_SECONDS)
            waited += POLL_SECONDS
    return answer
