"""Requests for more in every order of events, through the deployed workflow and signed calls.

Each order has a budget of its own, so that many go on side by side (`local_orders`). Time is real:
nobody waits for a day, and requests whose time is to be over are asked for seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from benchmarks.drill.local_order_desk import ORDERS_AT_ONCE, OVER, POLICIES, OrderDesk
from benchmarks.drill.local_orders import Order, TooSlow, run_step
from benchmarks.drill.local_plan import say
from cost_sentry_client.approval_calls import new_approval_id
from cost_sentry_local.demo.deployment import Stage
from tests.fakes.approval_expectation import Expectation
from tests.fakes.approval_orders import orders

NOT_HERE = frozenset({"look", "a day goes by"})
"""Events of the virtual drill: here the workflow looks by itself."""
IDLE = frozenset({"ask", "approve by who asked", "approve by a stranger"})
"""They change nothing: orders end with them, and none goes on."""
_LONG = timedelta(hours=6)
_SECONDS_A_STEP = 15
_TRIES = (1, 2, 4)
"""Times as many seconds, if the machine is too slow."""
Names = tuple[str, ...]
Expected = Callable[[], Expectation]


def all_orders(length: int) -> list[Names]:
    """Every order of so many events, of which the first is the asking, but for ``IDLE`` amid it."""
    return [
        events
        for events in orders(length)
        if not NOT_HERE & set(events) and not IDLE & set(events[1:-1])
    ]


def batches(each: Sequence[Names]) -> Iterator[list[Names]]:
    """Of those that may run side by side, as many as may wait at once.

    Policies are everybody's, so they change for all at the same places; and whoever is asked for
    seconds is not kept waiting by a crowd.
    """
    for _, group in groupby(sorted(each, key=_company), key=_company):
        alike = list(group)
        for first in range(0, len(alike), ORDERS_AT_ONCE):
            yield alike[first : first + ORDERS_AT_ONCE]


def _company(events: Names) -> tuple[tuple[bool, ...], bool]:
    changes = tuple(name == POLICIES for name in events)
    return changes, OVER in events and not any(changes)


class Approvals:
    """See above.

    Args:
        stage: where all is deployed.
        expected: the rules that each must follow.
    """

    def __init__(self, stage: Stage, expected: Expected = Expectation) -> None:
        self._desk, self._expected = OrderDesk(stage), expected

    def run(self, wanted: Sequence[Names]) -> Mapping[str, int]:
        """``orders``, all of one length, and in how many nothing was wrong."""
        each: list[Order] = []
        for batch in batches(wanted):
            each += self._batch(batch)
            wrong = [one for one in each if one.wrong]
            say(f"{len(each)} orders of approvals, {len(wrong)} wrong")
        for one in wrong:
            say(f"{' > '.join(one.events)}: {one.wrong[0]}")
        self._desk.put_back()
        return {"orders": len(each), "passed": sum(not one.wrong for one in each)}

    def _batch(self, batch: Sequence[Names]) -> list[Order]:
        each: list[Order] = []
        for times in _TRIES:
            each = self._new(batch, times)
            try:
                self._run(each)
            except TooSlow as late:
                say(f"once more, with more time: {late}")
            else:
                return each
        for one in each:
            one.wrong.append("this machine is too slow for it")
        return each

    def _new(self, batch: Sequence[Names], times: int) -> list[Order]:
        self._desk.put_budgets(len(batch))
        now = self._desk.now
        return [
            Order(
                events=events,
                slot=slot,
                id=new_approval_id(now),
                until=now.replace(microsecond=0) + times * _lasts(events),
                expected=self._expected(),
            )
            for slot, events in enumerate(batch)
        ]

    def _run(self, each: Sequence[Order]) -> None:
        """Step by step; at last whatever is open is closed, and all must stand as before."""
        for place in range(len(each[0].events)):
            run_step(self._desk, [(one, one.events[place]) for one in each if not one.wrong])
            late = [one.id for one in each if one.is_over_too_soon(place, self._desk.now)]
            if late:
                raise TooSlow(", ".join(late))
        run_step(self._desk, [(one, one.closing) for one in each if not one.wrong])


def _lasts(events: Names) -> timedelta:
    """How long more is asked for."""
    if OVER not in events:
        return _LONG
    return timedelta(seconds=_SECONDS_A_STEP * events.index(OVER))
