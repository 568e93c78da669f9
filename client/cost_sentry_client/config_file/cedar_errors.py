"""In which line of a policy Cedar stumbles: it names the word, and no line.

Of the beginning of a text that is in order so far the parser says that it ends too early. So the
word stands in the line after the longest such beginning. What is read to its end is judged as a
whole; then the word tells the line if it stands in the text once.
"""

import re

import cedarpy

_TOO_EARLY = "unexpected end of input"
_STUMBLES = ("unexpected token", "invalid token")
_WORD = re.compile(r"[`'](?P<quoted>[^`']+)[`']|: (?P<last>\S+)$")
_LINES_MAX = 500
"""Beginnings that are tried; a policy of more lines is told by where it begins."""


def lines_before_error(text: str, error: str) -> int:
    """How many lines of a policy stand before the one with the word; 0 also if nobody knows.

    Args:
        text: the policy, from its first annotation on.
        error: what the parser says of it.
    """
    lines = text.split("\n")
    if not error.startswith(_STUMBLES):
        return lines_before_word(text, error)
    if len(lines) > _LINES_MAX:
        return 0
    beginnings = range(len(lines) - 1, 0, -1)
    return next((n for n in beginnings if _ends_too_early("\n".join(lines[:n]))), 0)


def lines_before_word(text: str, error: str) -> int:
    """How many stand before the word that an error quotes, if it stands in the text once; or 0."""
    found = _WORD.search(error)
    if found is None:
        return 0
    word = re.escape(found["quoted"] or found["last"])
    places = [one.start() for one in re.finditer(rf"(?<!\w){word}(?!\w)", text)]
    return text.count("\n", 0, places[0]) if len(places) == 1 else 0


def _ends_too_early(text: str) -> bool:
    try:
        cedarpy.policies_to_json_str(text)
    except ValueError as error:
        return str(error) == _TOO_EARLY
    return False
