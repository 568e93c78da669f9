"""Where each policy of a Cedar file begins and ends, so that whatever is wrong with it has a line.

Cedar's parser takes a whole text and tells no line. All that decides here is what Cedar calls
lexical: comments from ``//`` to the end of the line, texts in double quotes with backslashes, and
``;`` at the end of each policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One policy, from its first annotation or word to its semicolon."""

    line: int
    column: int
    text: str


def statements(text: str) -> Iterator[Statement]:
    """The policies of a file, in order; what follows the last semicolon is one too."""
    start: int | None = None
    for position, letter in _letters(text):
        if start is None and not letter.isspace():
            start = position
        if letter == ";" and start is not None:
            yield _statement(text, start, position + 1)
            start = None
    if start is not None:
        yield _statement(text, start, len(text))


def _letters(text: str) -> Iterator[tuple[int, str]]:
    """Letters outside of comments; of a text in quotes only the first quote."""
    position, length = 0, len(text)
    while position < length:
        if text.startswith("//", position):
            position = _after_line(text, position)
            continue
        yield position, text[position]
        position = _after_quotes(text, position) if text[position] == '"' else position + 1


def _after_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _after_quotes(text: str, position: int) -> int:
    position += 1
    while position < len(text) and text[position] != '"':
        position += 2 if text[position] == "\\" else 1
    return position + 1


def _statement(text: str, start: int, end: int) -> Statement:
    before = text[:start]
    line, column = before.count("\n") + 1, start - before.rfind("\n")
    return Statement(line=line, column=column, text=text[start:end].strip())
