"""One run of an agent, with all that it starts: what its calls say of themselves.

A run is its caller's: two callers that name the same id have two runs (``SentryConfig.run_of``).
The agents that a run starts use its id, so that they draw from the same budgets. How deep one of
them stands is the length of its path, so nobody can claim a depth that is not its path's.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.request_id import made_at
from cost_sentry.domain.window import WindowKind

SESSION_TAG = "session"
"""Set from the field ``session``; no caller may set it otherwise."""
PATH_NAMES_MAX = 32
PATH_ALLOWED = (
    f"a list of at most {PATH_NAMES_MAX} names from the root down to the agent that calls;"
    " the root says []"
)
CHILDREN_MAX = 1_000
"""Of one agent, by any budget: the set of them is written as a whole."""
RETRY_MAX = 1_000
_DIGEST_BYTES = 9
"""Of two names of one run: they share a digest once in 10²¹ times."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One agent of a run that called right below another."""

    parent: tuple[str, ...]
    """Its path; empty: the root."""
    child: str
    """Its name; one child, however often it calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Which run a call belongs to, and where in it."""

    id: str
    """A version 7 UUID, in small letters: it says when the run began."""
    path: tuple[str, ...] | None = None
    """Names from the root down to the agent that calls; empty: the root itself.

    ``None``: the call does not say. Then it is refused where a budget of depth or children covers
    it, and counts as the root's elsewhere.
    """
    retry: int = 0
    """0 for the first try of a step, n for its n-th repetition."""

    @property
    def depth(self) -> int:
        """How far below the root the agent stands that calls."""
        return len(self.path or ())

    @property
    def edges(self) -> tuple[Edge, ...]:
        """What a call says about the tree of its run, from the root down to the one that calls."""
        path = self.path or ()
        return tuple(Edge(path[:depth], name) for depth, name in enumerate(path))

    @property
    def path_digests(self) -> tuple[str, ...] | None:
        """Of each name on the path: what is kept, for agents are called as their makers like."""
        return None if self.path is None else tuple(map(digest_of, self.path))


def digest_of(text: str) -> str:
    """Twelve characters that stand for a name, or a path, in what is kept of a run."""
    digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES, person=b"run tree").digest()
    return base64.urlsafe_b64encode(digest).decode()


def is_session_id(text: str) -> bool:
    """Whether an agent run may be called so."""
    return made_at(text) is not None


def session_of_tags(tags: Mapping[str, str]) -> Session | None:
    """The run that tags name, wherever in it."""
    session = tags.get(SESSION_TAG)
    return Session(id=session) if session is not None and is_session_id(session) else None


def recorded_session(
    tags: Mapping[str, str], path_digests: Iterable[str] | None, retry: int
) -> Session | None:
    """Of a call that was recorded: digests stand in its path for the names."""
    session = session_of_tags(tags)
    path = None if path_digests is None else tuple(path_digests)
    return session and replace(session, path=path, retry=retry)


def in_run(budgets: Iterable[Budget], run: str | None) -> tuple[Budget, ...]:
    """The same budgets, those that count by session in this run.

    Where there is none these are left out; admission refuses such a call before.

    Args:
        budgets: of any windows.
        run: as ``window_id.run_of_caller`` calls it.
    """
    return tuple(
        replace(budget, session=run) if run and budget.window is WindowKind.SESSION else budget
        for budget in budgets
        if run or budget.window is not WindowKind.SESSION
    )
