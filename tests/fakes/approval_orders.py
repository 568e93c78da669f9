"""What may happen to a request for more, in any order, and what must hold whatever it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.approval_answers import ApprovalAnswer
from cost_sentry.application.approval_terms import terms_of
from cost_sentry.domain.approval import Approval, ApprovalState
from cost_sentry.domain.errors import CostSentryError, LedgerUnavailable
from cost_sentry.domain.policy import Policies, Policy
from cost_sentry.domain.sentry_config import SentryConfig
from tests.fakes.approval_world import (
    AMOUNT,
    ANNA,
    ASKER,
    BEN,
    BUDGET,
    FIRST,
    LIMIT,
    OWNER_WHO_ASKS,
    STRANGER,
    UNTIL,
    ApprovalWorld,
    other_limit,
)
from tests.fakes.builders import budget

OTHER_LIMIT = 2 * LIMIT
_RULE = Policy(id="all", text="permit (principal, action, resource);", sentence="All may.")
Event = Callable[[ApprovalWorld], ApprovalAnswer | None]


class Died(BaseException):
    """The process ended here; nobody catches it."""


def _has_budget(config: SentryConfig) -> bool:
    return any(one.id == BUDGET for one in config.budgets)


def _turn_limit(world: ApprovalWorld) -> None:
    limits = {one.id: one.limit for one in world.in_force.budgets}
    changed = OTHER_LIMIT if limits.get(BUDGET) == LIMIT else LIMIT
    world.apply(other_limit(world.in_force, changed))


def _turn_policies(world: ApprovalWorld) -> None:
    is_there = bool(world.in_force.policies.rules)
    world.apply(replace(world.in_force, policies=Policies(rules=() if is_there else (_RULE,))))


def _turn_budget(world: ApprovalWorld) -> None:
    """Remove it, or put it back as it was at first."""
    others = tuple(one for one in world.in_force.budgets if one.id != BUDGET)
    here = () if _has_budget(world.in_force) else (budget(BUDGET, LIMIT),)
    world.apply(replace(world.in_force, budgets=(*here, *others)))


def _let_it_expire(world: ApprovalWorld) -> None:
    world.at(world.clock.time + timedelta(hours=24))


def _look(world: ApprovalWorld) -> None:
    world.follow()


EVENTS: Mapping[str, Event] = {
    "ask": lambda world: world.ask(),
    "approve": lambda world: world.answer(Verb.APPROVE, ANNA),
    "approve by another": lambda world: world.answer(Verb.APPROVE, BEN),
    "approve by who asked": lambda world: world.answer(Verb.APPROVE, OWNER_WHO_ASKS),
    "approve by a stranger": lambda world: world.answer(Verb.APPROVE, STRANGER),
    "deny": lambda world: world.answer(Verb.DENY, ANNA),
    "withdraw": lambda world: world.answer(Verb.WITHDRAW, ASKER),
    "end": lambda world: world.answer(Verb.END, BEN),
    "look": _look,
    "limit changes": _turn_limit,
    "policies change": _turn_policies,
    "budget comes or goes": _turn_budget,
    "a day goes by": _let_it_expire,
    "its time is over": lambda world: world.at(UNTIL),
}
"""By what they are called; those that are answered give the answer."""
APPLIES = {"limit changes", "policies change", "budget comes or goes"}
"""Those in which an operator applies a configuration."""


def orders(length: int, first: str = "ask") -> Iterator[tuple[str, ...]]:
    """Every order of so many events of which the first is this one."""
    for rest in product(EVENTS, repeat=length - 1):
        yield (first, *rest)


def cut_off(world: ApprovalWorld, name: str, call: int, *, done: bool, dead: bool) -> bool:
    """Run an event and cut it off at its n-th call of a port; false if it has fewer.

    ``done``: the call took effect and its answer was lost. ``dead``: nobody goes on after it.
    """
    seen = 0

    def trouble(_call: str, is_done: bool) -> None:
        nonlocal seen
        if is_done is done:
            seen += 1
            if seen == call:
                raise Died if dead else LedgerUnavailable("its answer was lost")

    world.trouble = trouble
    try:
        EVENTS[name](world)
    except (Died, CostSentryError):
        pass
    finally:
        world.trouble = lambda _call, _done: None
    return seen >= call


def amid(world: ApprovalWorld, outer: str, call: int, inner: str) -> bool:
    """Run an event, and another as a whole before its n-th call; false if it has fewer."""
    seen, is_inside = 0, False

    def trouble(_call: str, is_done: bool) -> None:
        nonlocal seen, is_inside
        if is_done or is_inside:
            return
        seen += 1
        if seen == call:
            is_inside = True
            run(world, inner)
            is_inside = False

    world.trouble = trouble
    try:
        run(world, outer)
    finally:
        world.trouble = lambda _call, _done: None
    return seen >= call


def run(world: ApprovalWorld, name: str) -> ApprovalAnswer | None:
    """One event; a fault that its caller is told of is none of the world's."""
    try:
        return EVENTS[name](world)
    except CostSentryError:
        return None


def wrong_in_record(world: ApprovalWorld, approval_id: str = FIRST) -> Iterator[str]:
    """What no order may ever leave on record."""
    approval, changes = (
        world.memory_store.read(approval_id),
        world.memory_store.history(approval_id),
    )
    if approval is None:
        if changes or world.memory_measures.on_record:
            yield "something is on record of a request that nobody made"
        return
    states = [ApprovalState(str(change["state"])) for change in changes]
    if not states or states[0] is not ApprovalState.ASKED or states[-1] is not approval.state:
        yield f"the record says {states}, and the request is {approval.state}"
    for before, after in pairwise(states):
        if (before, after) not in _LEGAL:
            yield f"{before} became {after}"
    for change in changes:
        yield from _wrong_change(change, approval, world)
    was_approved = ApprovalState.APPROVED in states
    if not was_approved and any(m.id == approval_id and not m.lifted_at for m in _measures(world)):
        yield "a measure is in force that nobody approved"


def _measures(world: ApprovalWorld) -> Sequence[object]:
    return world.memory_measures.on_record


_LEGAL = {
    (ApprovalState.ASKED, ApprovalState.APPROVED),
    (ApprovalState.ASKED, ApprovalState.DENIED),
    (ApprovalState.ASKED, ApprovalState.WITHDRAWN),
    (ApprovalState.ASKED, ApprovalState.EXPIRED),
    (ApprovalState.ASKED, ApprovalState.VOID),
    (ApprovalState.APPROVED, ApprovalState.ENDED),
}
_MAY: Mapping[str, set[str]] = {
    "approved": {ANNA, BEN},
    "denied": {ANNA},
    "withdrawn": {ASKER},
    "expired": {"cost-sentry"},
    "void": {"cost-sentry"},
    "ended": {BEN, "cost-sentry"},
    "asked": {ASKER},
}


def _wrong_change(
    change: Mapping[str, object], approval: Approval, world: ApprovalWorld
) -> Iterator[str]:
    state, by = str(change["state"]), str(change["changedBy"])
    if by not in _MAY[state]:
        yield f"{by} made it {state}"
    if state == "approved":
        judged_by = world.configs[str(change["configVersion"])]
        if terms_of(judged_by, approval.request.more) != approval.request.terms:
            yield "it was approved although what it was bound to had changed"
        if str(change["changedAt"]) >= approval.request.expires_at.isoformat():
            yield "it was approved too late"


def wrong_limit(world: ApprovalWorld) -> Iterator[str]:
    """What the ledger must hold once no use case runs, before the time of the raise is over."""
    if not _has_budget(world.in_force) or world.clock.time >= UNTIL:
        return
    raised = sum(m.amount or 0 for m in world.memory_measures.on_record if not m.lifted_at)
    wanted = next(one.limit for one in world.in_force.budgets if one.id == BUDGET) + raised
    if world.limit != wanted:
        yield f"the ledger holds {world.limit}, and {wanted} is in force"


def wrong_at_last(world: ApprovalWorld, *, is_apply_cut: bool = False) -> Iterator[str]:
    """What must hold once the workflow has looked again, and when all time is over.

    ``is_apply_cut``: an operator who was cut off applies again, as the message says.
    """
    if is_apply_cut:
        world.apply(world.in_force)
    approval = world.memory_store.read(FIRST)
    if approval is None:
        yield from wrong_in_record(world)
        return
    world.follow()
    yield from wrong_in_record(world)
    yield from wrong_limit(world)
    holds = world.approval().holds(world.clock.time)
    in_force = [m for m in world.memory_measures.on_record if m.is_in_force(world.clock.time)]
    if holds != bool(in_force):
        yield f"it is {world.approval().state}, and {len(in_force)} measures are in force"
    if f"approval#{FIRST}#{world.approval().state.value}" not in world.memory_outbox.mails:
        yield f"nobody was told that it is {world.approval().state}"
    if not _has_budget(world.in_force):
        _turn_budget(world)
    world.at(UNTIL)
    if world.follow().is_open:
        yield "it is open after its time"
    if world.limit != next(one.limit for one in world.in_force.budgets if one.id == BUDGET):
        yield f"the ledger holds {world.limit} after all raises ended"
    if world.limit not in (LIMIT, OTHER_LIMIT, LIMIT + AMOUNT, OTHER_LIMIT + AMOUNT):
        yield f"nobody ever wanted a limit of {world.limit}"
    yield from wrong_in_record(world)
