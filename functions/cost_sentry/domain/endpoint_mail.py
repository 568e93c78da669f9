"""Mails about endpoints, jobs and notebooks. The first five lines say what a person must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.alert_mail import SUBJECT_CHARACTERS_MAX
from cost_sentry.domain.caller import TEAM_TAG
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is told, before it has an address."""

    what: str
    """One sentence."""
    why: str
    done: str
    """What the sentry did."""
    undo: str
    """What a person does who wants it otherwise."""
    facts: Sequence[tuple[str, str]] = ()


def subject_of(mail: Mail) -> str:
    """Plain ASCII without a line break, as SNS wants it."""
    text = "".join(c if " " <= c <= "~" else "?" for c in f"[cost sentry] {mail.what}")
    return text[:SUBJECT_CHARACTERS_MAX]


def body_of(mail: Mail, tags: Mapping[str, str], at: datetime) -> str:
    """What happened, why, whose it is, what was done, how to undo it; and then the facts."""
    named = ", ".join(f"{name}={value}" for name, value in sorted(tags.items()))
    first = (
        f"What:     {mail.what}",
        f"Why:      {mail.why}",
        f"Whose:    {named or 'nobody is named'}",
        f"Done:     {mail.done}",
        f"Undo:     {mail.undo}",
    )
    facts = [f"{name + ':':<10}{value}" for name, value in (*mail.facts, ("When", at.isoformat()))]
    return "\n".join((*first, "", *facts)) + "\n"


def recipients_of_tags(tags: Mapping[str, str], config: SentryConfig) -> tuple[str, ...]:
    """The owners of the team that the tags name, and those who hear of everything."""
    team = config.teams.get(tags.get(TEAM_TAG, ""))
    return tuple(dict.fromkeys((*(team.owners if team else ()), *config.alert_addresses)))
