"""What all mails have in common: plain ASCII in 80 columns, read in every mail program there is.

Names that callers chose are shortened and made harmless, since a mail program turns whatever looks
like an address into a link.
"""

import re
import shlex
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

COLUMNS = 80
LABEL_COLUMNS = 10
TEXT_COLUMNS = COLUMNS - LABEL_COLUMNS
SUBJECT_CHARACTERS_MAX = 100
"""SNS refuses a longer subject, a line break in it, and anything but ASCII."""
NAME_CHARACTERS_MAX = 46
_CUT = "..."
_GOES_ON = " \\"
"""At the end of a line of a command, as a shell takes it."""
_NAME_CHARACTERS_MIN = 12
"""Less of a name tells nobody whose it is."""


def row(label: str, text: str) -> Iterator[str]:
    """``What:     …``, wrapped under itself."""
    indent = " " * LABEL_COLUMNS
    start = f"{label + ': ':<{LABEL_COLUMNS}}"
    yield from textwrap.wrap(
        text, COLUMNS, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
    )


def command_row(label: str, command: str) -> Iterator[str]:
    """``Undo:     …``, to copy into a shell: no word is cut, lines end where a shell lets them.

    Args:
        label: what stands before it.
        command: quoted as a shell wants it.
    """
    lines = [""]
    for word in shlex.split(harmless(command, len(command)), posix=False):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and len(longer) > TEXT_COLUMNS - len(_GOES_ON):
            lines[-1] += _GOES_ON
            lines.append(word)
        else:
            lines[-1] = longer
    for place, line in enumerate(lines):
        yield f"{'' if place else label + ': ':<{LABEL_COLUMNS}}{line}"


def moment(at: datetime) -> str:
    """To the minute, in UTC, and saying so."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def fitted(sentence: str, characters_max: int) -> str:
    """Harmless, and short by its longest names: what is said of them is left whole.

    Of a name its beginning and its end are kept, for those tell it from others.
    """
    plain = harmless(sentence, max(len(sentence), 1))
    for name in sorted(dict.fromkeys(plain.split(" ")), key=len, reverse=True):
        over = len(plain) - characters_max
        if over <= 0:
            break
        kept = max(len(name) - over - len(_CUT), _NAME_CHARACTERS_MIN)
        if kept + len(_CUT) < len(name):
            short = f"{name[: kept - kept // 2]}{_CUT}{name[len(name) - kept // 2 :]}"
            plain = plain.replace(name, short, 1)
    return harmless(plain, characters_max)


def unlinked(text: str) -> str:
    """What anybody may have written, with no address in it that a mail program would link."""
    return re.sub(r"\.(?=[A-Za-z])", ". ", text).replace("@", " at ")


def harmless(name: str, characters_max: int = NAME_CHARACTERS_MAX) -> str:
    """Printable ASCII on one line, short, and no address that a mail program would link."""
    plain = "".join(c if " " <= c <= "~" else "?" for c in name).replace("://", ":_")
    plain = re.sub(r"(?i)\bwww\.", "www_", plain)
    return plain if len(plain) <= characters_max else f"{plain[: characters_max - 3]}..."
