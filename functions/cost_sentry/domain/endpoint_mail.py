"""Mails about endpoints, jobs and notebooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.notice_mail import NoticeText, write_notice
from cost_sentry.domain.sentry_config import SentryConfig

_OWNER_TAGS = (TEAM_TAG, APPLICATION_TAG, ENVIRONMENT_TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is told, before it has an address. The first, third and fourth fit on a line."""

    what: str
    why: str
    done: str
    undo: str
    facts: Sequence[tuple[str, str]] = ()


def endpoint_notice(
    mail: Mail, key: str, tags: Mapping[str, str], config: SentryConfig, at: datetime
) -> Notice:
    """To the owners of the team that the tags name, and to those who hear of everything."""
    team = config.teams.get(tags.get(TEAM_TAG, ""))
    named = ", ".join(f"{tag} {tags[tag]}" for tag in _OWNER_TAGS if tag in tags)
    text = NoticeText(
        subject=mail.what,
        what=mail.what,
        whose=named or "its tags name nobody",
        done=mail.done,
        undo=mail.undo,
        more=(("Why", mail.why), *mail.facts),
    )
    recipients = (*(team.owners if team else ()), *config.alert_addresses)
    return write_notice(text, key=key, recipients=recipients, at=at)
