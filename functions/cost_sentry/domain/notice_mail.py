"""How a notice reads: what happened, whose it is, what the sentry did, and how to undo it, first.

Each of the four takes one line of the mail, so that they are seen where only its beginning is. What
does not fit there stands whole below; a command is never cut, and takes the lines that it needs.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.mail_text import (
    COLUMNS,
    SUBJECT_CHARACTERS_MAX,
    TEXT_COLUMNS,
    command_row,
    fitted,
    harmless,
    row,
)
from cost_sentry.domain.notice import Notice

_SUBJECT_START = "Cost sentry: "
_COMMAND = "cost-sentry "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """What the mail says. Names in it may be anybody's choice; they are made harmless."""

    subject: str
    what: str
    """What happened."""
    whose: str
    """Whom it concerns, and whose money it is."""
    done: str
    """What the sentry did about it, and until when."""
    undo: str
    """What to do to have it otherwise: ``nothing to undo``, a few words, or a command by itself.

    A command stands whole, however long, so that it can be copied into a shell.
    """
    more: Sequence[tuple[str, str]] = ()
    """Further rows, label and text, wrapped where they are long."""
    tail: Sequence[str] = ()
    """Paragraphs and lines at the end; a line that begins with blanks is kept as it is."""


def write_notice(text: NoticeText, *, key: str, recipients: Sequence[str], at: datetime) -> Notice:
    """The notice of this text.

    Args:
        text: what it says.
        key: the same for every delivery of its cause.
        recipients: e-mail addresses; who stands there twice gets it once.
        at: when it was recorded.
    """
    return Notice(
        key=key,
        recipients=tuple(dict.fromkeys(recipients)),
        subject=_SUBJECT_START + fitted(text.subject, SUBJECT_CHARACTERS_MAX - len(_SUBJECT_START)),
        body="\n".join(_lines(text)) + "\n",
        recorded_at=at,
    )


def _lines(text: NoticeText) -> list[str]:
    first = [("What", text.what), ("Whose", text.whose), ("Done", text.done)]
    is_command = text.undo.startswith(_COMMAND)
    if not is_command:
        first.append(("Undo", text.undo))
    lines = [line for label, said in first for line in row(label, fitted(said, TEXT_COLUMNS))]
    lines += command_row("Undo", text.undo) if is_command else ()
    cut = [pair for pair in first if len(pair[1]) > TEXT_COLUMNS]
    for label, said in (*text.more, *cut):
        lines += row(label, harmless(said, len(said)))
    for paragraph in text.tail:
        plain = harmless(paragraph, max(len(paragraph), 1))
        lines += ["", *([plain] if plain.startswith(" ") else textwrap.wrap(plain, COLUMNS))]
    return lines
