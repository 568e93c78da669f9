"""Two runs of an agent: one that repeats its step, and one that starts too many others."""

from collections.abc import Iterable, Iterator, Sequence

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import picodollars
from cost_sentry_client.money_display import spent_text
from cost_sentry_client.request_id import new_session_id
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.rule_calls import Calls, plan, with_members
from cost_sentry_local.demo.traffic import HAIKU, Caller

_AGENT = Caller(team="search", application="agent", model_id=HAIKU)
_LOOP_STEPS = 10
"""It would go on; that is enough to see."""
_BRANCHES = (
    ("planner", "searcher-1"),
    ("planner", "searcher-2"),
    ("planner", "searcher-3"),
    ("planner", "searcher-1", "reader"),
)


def looping(replay: Replay) -> Calls:
    """One step again and again, by an agent that does not look at what it is answered."""
    steps = [("planner",)] * _LOOP_STEPS
    answers = _run(replay, "loop", steps)
    return tuple((_name(answer), answer) for answer in answers)


def branching(replay: Replay) -> Calls:
    """Children one after the other, and then a child of one of them."""
    names = ("/".join(path) for path in _BRANCHES)
    return tuple(zip(names, _run(replay, "branch", _BRANCHES), strict=True))


def spared(calls: Calls) -> str:
    """What the refused steps would have cost, each as much as the last one that ran."""
    costs = [
        picodollars(answer.sentry["costUsd"])
        for _, answer in calls
        if answer.outcome is Outcome.ALLOWED
    ]
    refused = sum(answer.outcome is Outcome.REJECTED for _, answer in calls)
    if not costs or not refused:
        return ""
    saved = spent_text(Unit.USD, refused * costs[-1])
    return f"{refused} steps cost nothing; like the last that ran they would have cost {saved}."


def _name(answer: Answer) -> str:
    is_refused = answer.outcome is Outcome.REJECTED
    return "planner, the same step once more" if is_refused else "planner, a step"


def _run(replay: Replay, name: str, paths: Sequence[Iterable[str]]) -> Iterator[Answer]:
    run = new_session_id()
    for number, path in enumerate(paths):
        planned = plan(f"{name}-{number}", _AGENT)
        session = {"id": run, "path": list(path)}
        yield replay.call(with_members(planned, {"session": session}))
