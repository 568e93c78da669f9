"""A file of requests, one JSON object a line, as calls in the order of their times."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cost_sentry.application.simulated_call import DURATION_ASSUMED, CallEnd, SimulatedCall
from cost_sentry.domain.errors import FieldError, RequestRefused
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.problems import Problem
from cost_sentry_client.simulation.call_line import CallLine, parse_line
from cost_sentry_client.simulation.source import CALLS_MAX, CallSource

LINE_BYTES_MAX = 1024 * 1024
"""A request has at most 212 KiB."""
PROBLEMS_SHOWN_MAX = 20
_PROGRESS_EVERY = 1_000


@dataclass(slots=True)
class CallFile:
    """What was read."""

    path: str
    calls: list[SimulatedCall] = field(default_factory=list)
    untimed: int = 0
    """Lines that do not say when; each comes when the one before it had ended."""
    bad_lines: int = 0
    problems: list[str] = field(default_factory=list)
    """The first of them, ``file:line: field: what; allowed: …``."""
    _tags: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = field(default_factory=dict)
    """Each combination once: a file has few."""

    def add(self, line: CallLine, now: datetime) -> None:
        """Append a call; ``now`` is when the first one comes, if no line says."""
        self.untimed += line.at is None
        tags = self._tags.setdefault(tuple(line.request.tags.items()), line.request.tags)
        self.calls.append(
            SimulatedCall(
                request=replace(line.request, tags=tags),
                at=line.at or self._next(now),
                duration=line.duration,
                usage=line.usage,
                prompt_tokens=line.prompt_tokens,
                end=CallEnd.SETTLED if line.usage else CallEnd.UNKNOWN,
                repeatable=line.repeatable,
            )
        )

    def _next(self, now: datetime) -> datetime:
        if not self.calls:
            return now
        last = self.calls[-1]
        return last.at + (DURATION_ASSUMED if last.duration is None else last.duration)

    def refuse(self, number: int, errors: tuple[FieldError, ...]) -> None:
        """Count a bad line."""
        self.bad_lines += 1
        for error in errors[: PROBLEMS_SHOWN_MAX - len(self.problems)]:
            what = f"{error.field}: {error.problem}; allowed: {error.allowed}"
            self.problems.append(f"{self.path}:{number}: {what}")


def read_calls(
    path: Path, *, now: datetime, skip_bad: bool, progress: Callable[[str], None]
) -> CallFile:
    """Every call of the file, in the order of their times.

    Args:
        path: the file; blank lines are passed over.
        now: when the first call comes, if its line does not say.
        skip_bad: count bad lines and go on without them.
        progress: is told how far it is.

    Raises:
        Problem: The file cannot be read, is empty, or has bad lines that are not to be skipped.
    """
    found = CallFile(path=str(path))
    try:
        with path.open("rb") as file:
            for number, text in _lines(file):
                _take(found, number, text, now)
                if number % _PROGRESS_EVERY == 0:
                    progress(f"{number:,} lines read")
    except OSError as error:
        raise _unreadable(path, error) from error
    if found.problems and not skip_bad:
        raise _invalid(found)
    if not found.calls:
        raise _problem("there is no call in the file", path, "write one JSON object a line")
    found.calls.sort(key=lambda call: call.at)
    return found


def source_of(found: CallFile) -> CallSource:
    """The calls with what was left out and taken for granted while they were read."""
    notes = []
    if found.bad_lines:
        lines = "line" if found.bad_lines == 1 else "lines"
        notes.append(f"Left out: {found.bad_lines:,} bad {lines}.")
    if found.untimed:
        notes.append(
            f"{found.untimed:,} lines do not say when; each comes when the one before it has ended"
            " (after 3 s if it does not say how long it ran)."
        )
    if any(call.prompt_tokens is None for call in found.calls):
        notes.append(
            "Prompts whose tokens nobody tells are held by their bytes; Bedrock would count the"
            " dear ones."
        )
    return CallSource(name=found.path, calls=found.calls, notes=tuple(notes))


def _take(found: CallFile, number: int, text: bytes | None, now: datetime) -> None:
    if text is None:
        allowed = f"at most {LINE_BYTES_MAX} bytes"
        found.refuse(number, (FieldError(field="line", problem="is longer", allowed=allowed),))
        return
    if not text.strip():
        return
    if len(found.calls) == CALLS_MAX:
        fix = f"simulate at most {CALLS_MAX:,} calls at a time, such as one day"
        raise _problem("there are too many calls in the file", Path(found.path), fix)
    try:
        found.add(parse_line(text, default_request_id=f"line-{number}"), now)
    except RequestRefused as refused:
        found.refuse(number, refused.errors)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line; ``None`` for one that is too long, which is passed over."""
    number = 0
    while text := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        is_whole = len(text) <= LINE_BYTES_MAX
        while len(text) > LINE_BYTES_MAX and not text.endswith(b"\n"):
            text = file.readline(LINE_BYTES_MAX + 1)
        yield number, text.removeprefix(b"\xef\xbb\xbf") if is_whole else None


def _unreadable(path: Path, error: OSError) -> Problem:
    why = (error.strerror or type(error).__name__).lower()
    return _problem(f"the file cannot be read: {why}", path, "name a file that can be read")


def _invalid(found: CallFile) -> Problem:
    lines = "1 line is" if found.bad_lines == 1 else f"{found.bad_lines} lines are"
    return Problem(
        f"{lines} not a call; nothing was decided",
        where="\n".join(found.problems),
        fix="correct these places, or leave such lines out with --skip-bad",
        exit_code=ExitCode.REFUSED,
        details={"badLines": found.bad_lines, "problems": found.problems},
    )


def _problem(what: str, path: Path, fix: str) -> Problem:
    return Problem(what, where=str(path), fix=fix, exit_code=ExitCode.REFUSED)
