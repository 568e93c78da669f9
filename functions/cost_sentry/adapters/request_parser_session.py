"""The field ``session``: which agent run a call belongs to, and where in it."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.adapters.request_parser_fields import tag_allowed, tag_fault
from cost_sentry.adapters.request_parser_problems import Problems, described, one_of, shown
from cost_sentry.domain.session import (
    PATH_ALLOWED,
    PATH_NAMES_MAX,
    RETRY_MAX,
    Session,
    is_session_id,
)

SESSION_FIELDS = ("id", "path", "retry")
NAME_LENGTH_MAX_CHARACTERS = 64
SESSION_ID_ALLOWED = "a UUID of version 7, the same for all agents of one run"
_RETRY_ALLOWED = f"an integer from 0, the first try of a step, to {RETRY_MAX}"


def check_session(request: Mapping[str, object], problems: Problems) -> None:
    """Note everything wrong with it."""
    if "session" not in request:
        return
    session = request["session"]
    if not isinstance(session, dict):
        problems.add(("session",), f"is {described(session)}", "an object with id, path and retry")
        return
    for name in session:
        if name not in SESSION_FIELDS:
            problems.add(("session", name), "is not a known field", one_of(SESSION_FIELDS))
    _check_id(session, problems)
    _check_path(session.get("path", []), problems)
    retry = session.get("retry", 0)
    if type(retry) is not int or not 0 <= retry <= RETRY_MAX:
        problems.add(("session", "retry"), f"is {described(retry)}", _RETRY_ALLOWED)


def session_of(request: Mapping[str, Any]) -> Session | None:
    """Of a request in which nothing was wrong with it; ``None`` if it names none."""
    given = request.get("session")
    if given is None:
        return None
    path = tuple(given["path"]) if "path" in given else None
    return Session(id=given["id"].lower(), path=path, retry=given.get("retry", 0))


def _check_id(session: Mapping[str, object], problems: Problems) -> None:
    given = session.get("id")
    if "id" not in session:
        problems.add(("session", "id"), "is missing", SESSION_ID_ALLOWED)
    elif not isinstance(given, str) or not is_session_id(given):
        problems.add(("session", "id"), f"is {shown(given)}", SESSION_ID_ALLOWED)


def _check_path(path: object, problems: Problems) -> None:
    if not isinstance(path, list):
        problems.add(("session", "path"), f"is {described(path)}", PATH_ALLOWED)
        return
    if len(path) > PATH_NAMES_MAX:
        problems.add(("session", "path"), f"has {len(path)} names", PATH_ALLOWED)
        return
    for position, name in enumerate(path):
        fault = tag_fault(name, NAME_LENGTH_MAX_CHARACTERS)
        if fault is None and "/" in name:
            fault = f"has / at character {name.index('/')}"
        if fault:
            allowed = f"{tag_allowed(NAME_LENGTH_MAX_CHARACTERS)} and /"
            problems.add(("session", "path", position), fault, allowed)
