"""Orders of events side by side, step by step, and whether each stands as plain rules say.

What is asked and answered in a step happens at the same time; what changes the configuration is one
``config apply``. The rules are written a second time in ``tests/fakes/approval_expectation.py``;
the workflow looks by itself wherever it is woken.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.drill.local_order_desk import CONFIG_EVENTS, OVER, OrderDesk, budget_of
from cost_sentry.domain.approval import Approval
from tests.fakes.approval_expectation import Expectation

_AT_ONCE = 8
_WITHIN_SECONDS = 30.0
_POLL_SECONDS = 0.5
_SECOND = timedelta(seconds=1)


class TooSlow(Exception):  # noqa: N818 - named as what is so
    """The time of a request was over before its turn came; the order has to be run again."""


@dataclass(slots=True, kw_only=True)
class Order:
    """One order of events on one request."""

    events: tuple[str, ...]
    slot: int
    """Whose budget, and which of the askers."""
    id: str
    until: datetime
    expected: Expectation
    token: str | None = None
    """Of the workflow that waited before this step."""
    is_looked_at: bool = False
    """Whether this step wakes the workflow."""
    wrong: list[str] = field(default_factory=list)

    @property
    def closing(self) -> str:
        """The event that ends it, if it is open."""
        return {"asked": "withdraw", "approved": "end"}.get(self.expected.state, "")

    def is_over_too_soon(self, place: int, now: datetime) -> bool:
        """Whether time has overtaken it before its event of this place."""
        is_to_come = OVER in self.events and self.events.index(OVER) > place
        return is_to_come and now >= self.until


def run_step(desk: OrderDesk, step: Sequence[tuple[Order, str]]) -> None:
    """One event of each order; of an empty name nothing happens. What is wrong is noted.

    Raises:
        TooSlow: see there.
    """
    known = desk.requests()
    for one, _ in step:
        one.token, one.is_looked_at = _token(known.get(one.id)), False
    called = [pair for pair in step if pair[1] and pair[1] not in (*CONFIG_EVENTS, OVER)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda pair: _call(desk, *pair), called))
    if changed := [pair for pair in step if pair[1] in CONFIG_EVENTS]:
        desk.apply((one.slot, name) for one, name in changed)
        for one, name in changed:
            one.expected.after(name)
    over = [one for one, name in step if name == OVER]
    _wait_until_over(desk, over)
    _settle(desk, [one for one, _ in step])


def _token(approval: Approval | None) -> str | None:
    return approval.token if approval else None


def _call(desk: OrderDesk, one: Order, name: str) -> None:
    """Ask or answer; the code must be the expected one."""
    before = one.expected.state
    if name == "ask":
        told = desk.ask(one.slot, one.id, one.until)
    else:
        told = desk.answer(one.slot, one.id, name)
    code = one.expected.after(name)
    if code is None or told != code.value:
        one.wrong.append(f"{name} was answered {told}, and {code} was expected")
    is_answered = told == "DONE" and name != "ask"
    one.is_looked_at = is_answered or one.expected.state != before


def _wait_until_over(desk: OrderDesk, over: Sequence[Order]) -> None:
    for one in over:
        time.sleep(max(0.0, (one.until + _SECOND - desk.now).total_seconds()))
        one.expected.after(OVER)
        one.is_looked_at = True


def _settle(desk: OrderDesk, each: Sequence[Order]) -> None:
    """Until all stand as expected; whoever does not in time is wrong."""
    for one in each:
        if one.is_looked_at:
            one.expected.after("look")
    deadline = time.monotonic() + _WITHIN_SECONDS
    while True:
        requests, limits = desk.requests(), desk.limits()
        amiss = {one.id: why for one in each if (why := _amiss(one, requests, limits))}
        if not amiss or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    for one in each:
        one.wrong += [amiss[one.id]] if one.id in amiss else []


def _amiss(one: Order, requests: Mapping[str, Approval], limits: Mapping[str, int]) -> str | None:
    """What is not as expected, in words."""
    approval = requests.get(one.id)
    state, limit = approval.state.value if approval else "", limits.get(budget_of(one.slot).id)
    if (state, limit) != (one.expected.state, one.expected.ledger):
        return (
            f"it is {state!r} and the limit {limit};"
            f" expected {one.expected.state!r} and {one.expected.ledger}"
        )
    is_waited_for = approval is not None and approval.is_open
    if one.is_looked_at and is_waited_for and _token(approval) in (None, one.token):
        return f"it is {state!r}, and no workflow waits for what comes next"
    return None
