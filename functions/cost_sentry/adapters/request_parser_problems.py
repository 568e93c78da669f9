"""What is wrong with a request, collected without ever quoting its texts (P10)."""

import json
import re
from collections.abc import Iterable, Mapping

from cost_sentry.domain.errors import FieldError, RequestRefused

PROBLEMS_MAX = 20
"""Enough to repair a request; more would crowd the answer."""
PATH_LENGTH_MAX_CHARACTERS = 256
"""Of a field's path in an answer."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9._:/@+=-]{1,64}", re.ASCII)
_BITS_SHOWN_MAX = 128

Path = tuple[str | int, ...]
"""How to get to a field: names of members and positions in lists."""


class Problems:
    """The first things wrong with one request, each field once."""

    def __init__(self) -> None:
        self._by_field: dict[str, FieldError] = {}

    def add(self, path: Path, problem: str, allowed: str) -> None:
        """Note one; what is found beyond ``PROBLEMS_MAX``, or twice at a field, is left out."""
        if len(self._by_field) < PROBLEMS_MAX:
            self.note(FieldError(field=path_text(path), problem=problem, allowed=allowed))

    def note(self, error: FieldError) -> None:
        """Note one that was found elsewhere, unless there is one of its field."""
        self._by_field.setdefault(error.field, error)

    @property
    def enough(self) -> bool:
        """No further problem will be noted."""
        return len(self._by_field) >= PROBLEMS_MAX

    def refuse_if_any(self) -> None:
        """Raise ``RequestRefused`` with all of them."""
        if self._by_field:
            raise RequestRefused(tuple(self._by_field.values()))


def path_text(path: Path) -> str:
    """``messages[0].content[1].text``; ``request`` for the whole of it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{name_text(step)}"
    text = text.removeprefix(".") or "request"
    if len(text) <= PATH_LENGTH_MAX_CHARACTERS:
        return text
    return text[: PATH_LENGTH_MAX_CHARACTERS - 1] + "…"


def name_text(name: str) -> str:
    """A name as it is if it looks like one; else only its length, for it may be prompt text."""
    return (
        name if _IDENTIFIER.fullmatch(name) else f"(a name of {_counted(len(name), 'character')})"
    )


def shown(value: object) -> str:
    """A value of a field that holds no free text, such as an id: itself if it looks like one."""
    if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
        return f'"{value}"'
    return described(value)


def described(value: object) -> str:
    """Type and size of a value; the value itself only if it is a number or a constant."""
    match value:
        case None | bool() | float():
            return json.dumps(value)
        case int():
            bits = value.bit_length()
            return str(value) if bits <= _BITS_SHOWN_MAX else f"an integer of {bits} bits"
        case str():
            return f"a string of {_counted(len(value), 'character')}"
        case list():
            return f"a list of {_counted(len(value), 'item')}"
        case Mapping():
            return f"an object of {_counted(len(value), 'field')}"
        case _:
            return "no JSON value"


def one_of(names: Iterable[str]) -> str:
    """``one of a, b, c``; the name itself if there is only one."""
    listed = tuple(names)
    return f"one of {', '.join(listed)}" if len(listed) > 1 else "".join(listed)


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"
