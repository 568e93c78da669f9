"""Whether a request is JSON that reaches the model unchanged, whatever it means."""

import json
import math
from collections.abc import Iterator

from cost_sentry.adapters.request_parser_problems import Path, Problems, described

REQUEST_SIZE_MAX_BYTES = 212 * 1024
"""Of the request as UTF-8 JSON. Step Functions carries 256 KiB; the rest is the sentry's own.

Ticket, answer block and envelope of a request under forty budgets with the longest names and tags
take about 33 KiB. A request that did not fit with them would be held and never called.
"""
NESTING_MAX_LEVELS = 100
"""Of objects and lists inside each other; the deepest Converse request needs a fifth of it."""
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
INTEGER_MAX = 2**53 - 1
"""JSON numbers are doubles on their way through Step Functions (RFC 8259, section 6)."""


def check_json(request: dict[str, object], problems: Problems) -> None:
    """Note every value that JSON does not have or Step Functions would change, and the size."""
    sound = True
    for path, problem, allowed in _faults((), request, 1):
        sound = False
        problems.add(path, problem, allowed)
        if problems.enough:
            return
    if sound:
        _check_size(request, problems)


def canonical_json(value: object) -> str:
    """One text for equal values: sorted names, no spaces."""
    return _CANONICAL.encode(value)


def _check_size(request: dict[str, object], problems: Problems) -> None:
    size = len(canonical_json(request).encode())
    if size > REQUEST_SIZE_MAX_BYTES:
        allowed = (
            f"at most {REQUEST_SIZE_MAX_BYTES} bytes in all: Step Functions carries 256 KiB, "
            "the sentry's answer included"
        )
        problems.add((), f"is {size} bytes of JSON", allowed)


def _faults(path: Path, value: object, level: int) -> Iterator[tuple[Path, str, str]]:
    match value:
        case str():
            yield from _text_faults(path, value)
        case None | bool():
            pass
        case int() | float():
            yield from _number_faults(path, value)
        case dict() | list() if level > NESTING_MAX_LEVELS:
            yield path, "is nested too deeply", f"at most {NESTING_MAX_LEVELS} levels in all"
        case list():
            for position, item in enumerate(value):
                yield from _faults((*path, position), item, level + 1)
        case dict():
            for name, item in value.items():
                yield from _member_faults(path, name, item, level)
        case _:
            yield path, f"is {described(value)}", "JSON"


def _member_faults(
    path: Path, name: object, item: object, level: int
) -> Iterator[tuple[Path, str, str]]:
    if not isinstance(name, str):
        yield path, "has a name that is not a string", "JSON"
    elif any(_text_faults(path, name)):
        yield path, "has a name with half a surrogate pair", "Unicode text"
    else:
        yield from _faults((*path, name), item, level + 1)


def _text_faults(path: Path, text: str) -> Iterator[tuple[Path, str, str]]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        at = error.start
        yield path, f"has half a surrogate pair at character {at}", "Unicode text"


def _number_faults(path: Path, number: float) -> Iterator[tuple[Path, str, str]]:
    if isinstance(number, float) and not math.isfinite(number):
        yield path, f"is {described(number)}", "a finite number"
    elif isinstance(number, int) and abs(number) > INTEGER_MAX:
        allowed = f"an integer of at most {INTEGER_MAX}, or a string: JSON would lose its digits"
        yield path, f"is {described(number)}", allowed
