"""Requests for more, in every order of asking, answering, expiring and change.

Three kinds of orders, on the real use cases over the fakes that pass the adapters' contract suites:

- events one after the other, each answer and each limit held against plain rules that are written a
  second time (``tests/fakes/approval_expectation.py``);
- one event cut off at one of its calls, which took effect or did not, by a death or a lost answer;
- one event as a whole between any two calls of another.

After each the record must be one that some honest history leaves, and once the workflow has looked
again the ledger must hold what is in force. ``passed`` counts the orders in which nothing is wrong.
"""

from collections.abc import Iterator
from itertools import product

from tests.fakes.approval_expectation import Expectation
from tests.fakes.approval_orders import (
    APPLIES,
    EVENTS,
    amid,
    cut_off,
    orders,
    run,
    wrong_at_last,
    wrong_in_record,
    wrong_limit,
)
from tests.fakes.approval_world import FIRST, ApprovalWorld

LENGTH_MAX = 4
BEFORE: tuple[tuple[str, ...], ...] = (
    (),
    ("ask",),
    ("ask", "look"),
    ("ask", "approve"),
    ("ask", "approve", "look"),
    ("ask", "approve", "look", "end"),
    ("ask", "approve", "look", "budget comes or goes"),
    ("ask", "look", "limit changes"),
)
"""Where a request may stand when two things meet, or one is cut off."""


def measured(_seed: int) -> dict[str, int]:
    """``orders`` and ``passed``; all of them are run, so nothing is left to chance."""
    return all_orders(LENGTH_MAX)


def all_orders(length_max: int) -> dict[str, int]:
    """How many orders were run, and in how many nothing was wrong."""
    found = [bool(wrong) for wrong in _all(length_max)]
    return {"orders": len(found), "passed": found.count(False)}


def _all(length_max: int) -> Iterator[list[str]]:
    for length in range(1, length_max + 1):
        for order in orders(length):
            yield wrong_in_order(order)
    for before, name in product(BEFORE, EVENTS):
        yield from (wrong for _, wrong in cuts(before, name))
        for inner in EVENTS:
            yield from (wrong for _, wrong in meetings(before, name, inner))


def wrong_in_order(order: tuple[str, ...]) -> list[str]:
    """Against the rules as they are written a second time; the first that is wrong ends it."""
    world, expected = ApprovalWorld(), Expectation()
    for place, name in enumerate(order):
        answer, code = run(world, name), expected.after(name)
        standing = world.memory_store.read(FIRST)
        state = standing.state.value if standing else ""
        told = answer.code if answer else None
        is_as_expected = (told, state, world.limit) == (code, expected.state, expected.ledger)
        wrong = [*wrong_in_record(world)]
        if not is_as_expected:
            wrong.append(
                f"{told}, {state!r}, {world.limit}; expected {code}, {expected.state!r},"
                f" {expected.ledger}"
            )
        if wrong:
            return [f"{order[: place + 1]}: {one}" for one in wrong]
    return [f"{order} at last: {one}" for one in wrong_at_last(world)]


def cuts(before: tuple[str, ...], name: str) -> Iterator[tuple[str, list[str]]]:
    """Every way in which this event is cut off once, and what is wrong after each."""
    for done, dead in product((False, True), (False, True)):
        call = 0
        while True:
            call += 1
            world = _world(before)
            if not cut_off(world, name, call, done=done, dead=dead):
                break
            wrong = [*wrong_in_record(world)]
            wrong += wrong_at_last(world, is_apply_cut=name in APPLIES)
            yield f"{before}, {name} cut at call {call} ({done=}, {dead=})", wrong


def meetings(before: tuple[str, ...], outer: str, inner: str) -> Iterator[tuple[str, list[str]]]:
    """One event as a whole before each call of another, and what is wrong after each."""
    call = 0
    while True:
        call += 1
        world = _world(before)
        if not amid(world, outer, call, inner):
            return
        wrong = [*wrong_in_record(world)]
        if "look" in (outer, inner) or not before:
            wrong += wrong_limit(world)
        yield f"{before}, {inner} before call {call} of {outer}", [*wrong, *wrong_at_last(world)]


def _world(before: tuple[str, ...]) -> ApprovalWorld:
    world = ApprovalWorld()
    for name in before:
        run(world, name)
    return world
