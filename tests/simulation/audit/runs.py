"""Checks what is promised of agent runs, and of the windows that leave shards while runs go on."""

from collections.abc import Iterable, Mapping, Sequence

from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationRequest
from tests.simulation import ledger_reader as reader
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Purse, Truth
from tests.simulation.dynamodb.items import Item
from tests.simulation.ledger_records import EXPIRED, Change, Held
from tests.simulation.plan import TEAM
from tests.simulation.world.latencies import SKEW_SECONDS_MAX

RUN = "@session-"
DAY_SECONDS = 86_400
GOES_AFTER_SECONDS = 36 * DAY_SECONDS
"""After a run began: it lasts a day, and what is kept of its windows 35 more."""
TAKES_SECONDS_MAX = 30
"""From a question to its answer, so that both are of one time."""


def check_decision(
    request: InvocationRequest, decision: Decision, held: Held | None, now_seconds: float
) -> None:
    """A call of a run is judged by its time and place in the run, and held in that run alone."""
    if request.session is None:
        return
    age = now_seconds - _made_ms(request.session.id) / 1_000
    if is_of_run_time(decision):
        _check_time(request, age, is_refused=True)
        return
    if decision.kind is DecisionKind.REJECT or decision.replayed or held is None:
        return
    _check_time(request, age, is_refused=False)
    of_runs = [purse for purse, _, _ in held.holds if RUN in purse]
    own = f"{RUN}{request.session.id}.{TEAM}"
    is_other = any(not purse.endswith(own) for purse in of_runs)
    retries = any(unit == "retries" for _, unit, _ in held.holds)
    if is_other or not of_runs or (retries and not request.session.retry):
        detail = f"{request.request_id} of {request.session} holds {held.holds}"
        raise BrokenPromise(broken.RIGHT_RUN, detail)


def is_of_run_time(decision: Decision) -> bool:
    """Whether it was refused because its run is over, or still to come."""
    is_invalid = decision.code is ReasonCode.INVALID_REQUEST
    return is_invalid and any(error.field == "session.id" for error in decision.errors)


def _check_time(request: InvocationRequest, age: float, *, is_refused: bool) -> None:
    """By whichever clock it was judged: all of them are nearly right."""
    off = SKEW_SECONDS_MAX + TAKES_SECONDS_MAX
    is_wrong = off < age < DAY_SECONDS - off if is_refused else not -off < age < DAY_SECONDS + off
    if is_wrong:
        detail = f"{request.session} began {age} s ago, {request.request_id} is judged otherwise"
        raise BrokenPromise(broken.RUN_IN_TIME, detail)


def check_depth(request: InvocationRequest, decision: Decision, deepest: Iterable[int]) -> None:
    """No agent calls that stands below what any configuration of the seed allows."""
    depth = request.session.depth if request.session else 0
    most = max(deepest, default=depth)
    if depth > most and decision.kind is not DecisionKind.REJECT:
        detail = f"{request.request_id} is {depth} below its root, at most {most} are allowed"
        raise BrokenPromise(broken.RIGHT_RUN, detail)


def check_leaving(changes: Sequence[Change], truth: Truth) -> None:
    """A window leaves a shard that holds nothing of it; and who has money is one of its places."""
    for change in changes:
        for purse in change.left:
            if purse in change.bound:
                detail = f"{purse} leaves {change.source}, which holds calls of it"
                raise BrokenPromise(broken.NOTHING_OWED, detail)
        for purse in change.parts if change.source else ():
            kept = truth.purses.get(purse)
            if kept is not None and _is_unseen(kept, change.source):
                detail = f"{change.source} has {kept.free[change.source]} of {purse}, unseen"
                raise BrokenPromise(broken.IN_ITS_PLACE, detail)


def _is_unseen(kept: Purse, source: str) -> bool:
    return bool(kept.free.get(source)) and not kept.is_crowded and source not in kept.direct


def check_at_rest(rows: Iterable[tuple[tuple[str, str], Item]], truth: Truth) -> None:
    """No shard carries a window of a run that nobody uses, and what is kept of runs has an end.

    A window stays a day for a call that expired.
    """
    expired = {
        purse
        for story in truth.stories.values()
        if any(state == EXPIRED for state, _ in story.told)
        for purse, _, _ in story.held.holds
    }
    for key, item in rows:
        _check_goes(key, item)
        found = reader.change(key, None, item)
        for purse, part in found.parts.items():
            if found.source and RUN in purse and part.free >= 0 and purse not in expired:
                detail = f"{found.source} still carries {purse}"
                raise BrokenPromise(broken.RUNS_LEAVE, detail)


def _check_goes(key: tuple[str, str], item: Mapping[str, object]) -> None:
    kind, _, window = key[1].partition("#")
    if not key[0].startswith("BUDGET#") or not window.startswith("session-"):
        return
    made = _made_ms(window.removeprefix("session-")[:36])
    wanted = {"N": str((made + 1_000 * GOES_AFTER_SECONDS) // 1_000)}
    if item.get("delete_after") != wanted:
        detail = f"{kind} of {key[0]} {window} goes at {item.get('delete_after')}, not {wanted}"
        raise BrokenPromise(broken.RUNS_HAVE_AN_END, detail)


def _made_ms(session: str) -> int:
    return int(session.replace("-", "")[:12], 16)
