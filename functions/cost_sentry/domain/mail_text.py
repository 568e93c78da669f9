"""What all mails have in common: plain ASCII in 80 columns, read in every mail program there is.

Names that callers chose are shortened and made harmless, since a mail program turns whatever looks
like an address into a link.
"""

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

COLUMNS = 80
LABEL_COLUMNS = 10
TEXT_COLUMNS = COLUMNS - LABEL_COLUMNS
SUBJECT_CHARACTERS_MAX = 100
"""SNS refuses a longer subject, a line break in it, and anything but ASCII."""
NAME_CHARACTERS_MAX = 46


def row(label: str, text: str) -> Iterator[str]:
    """``What:     …``, wrapped under itself."""
    indent = " " * LABEL_COLUMNS
    start = f"{label + ':':<{LABEL_COLUMNS}}"
    yield from textwrap.wrap(
        text, COLUMNS, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
    )


def moment(at: datetime) -> str:
    """To the minute, in UTC, and saying so."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def harmless(name: str, characters_max: int = NAME_CHARACTERS_MAX) -> str:
    """Printable ASCII on one line, short, and no address that a mail program would link."""
    plain = "".join(c if " " <= c <= "~" else "?" for c in name).replace("://", ":_")
    return plain if len(plain) <= characters_max else f"{plain[: characters_max - 3]}..."
