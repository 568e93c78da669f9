"""Who may approve, as ``sentry.yaml`` says it, and how much.

A principal is an ARN as AWS STS tells it (``GetCallerIdentity``): of a user, of the account's root,
or of a session of a role, ``arn:aws:sts::111122223333:assumed-role/<role>/<session>``.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

_NAME = "[A-Za-z0-9+=,.@_-]"
APPROVER = (
    r"^arn:aws[a-z-]{0,12}:("
    rf"iam::[0-9]{{12}}:(root|user/({_NAME}{{1,64}}/){{0,8}}{_NAME}{{1,64}}"
    rf"|role/({_NAME}{{1,64}}/){{0,8}}{_NAME}{{1,64}}\*?)"
    rf"|sts::[0-9]{{12}}:assumed-role/{_NAME}{{1,64}}\*?/[A-Za-z0-9+=,.@_*-]{{1,64}})$"
)
"""What the configuration may name; ``*`` stands for any letters."""
_ROLE = re.compile(r"(arn:[\w-]+):iam:(:\d{12}):role/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:[\w-]+:sts::\d{12}:assumed-role/([^/]+)/(.+)")
_IDENTITY_CENTER = "AWSReservedSSO_"
"""Roles whose sessions carry the name of the person who signed in (IAM Identity Center)."""

MAX_RAISE_PERCENT = 100
RAISE_PERCENT_MAX = 1_000
EXPIRES_AFTER_HOURS = 72
EXPIRES_AFTER_HOURS_MAX = 14 * 24
DAYS_MAX = 31
DAYS_MAX_MAX = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    """``approvals`` of ``sentry.yaml``."""

    approvers: tuple[str, ...]
    """ARNs and patterns of them, see ``APPROVER``."""
    mail: tuple[str, ...] = ()
    """E-mail addresses that are asked."""
    max_raise_percent: int = MAX_RAISE_PERCENT
    """Of a budget's limit, all raises in force together."""
    expires_after_hours: int = EXPIRES_AFTER_HOURS
    """A request that nobody answered is over then."""
    days_max: int = DAYS_MAX
    """How long what is approved may hold, from when it was asked for."""
    self_approval: bool = False
    """Whether an approver may approve what it asked for itself."""

    def entry_of(self, principal: str) -> str | None:
        """The first entry that this principal is named by; ``None``: it is no approver."""
        return next((one for one in self.approvers if is_named(one, principal)), None)

    @property
    def expires_after(self) -> timedelta:
        """See ``expires_after_hours``."""
        return timedelta(hours=self.expires_after_hours)

    @property
    def holds_at_most(self) -> timedelta:
        """See ``days_max``."""
        return timedelta(days=self.days_max)


def is_named(entry: str, principal: str) -> bool:
    """Whether an entry of ``approvers`` names this principal; of a role it names every session."""
    return fnmatchcase(principal, _pattern(entry))


def may_be_same_person(entry: str, approver: str, asker: str) -> bool:
    """Whether who approves by this entry may be who asked.

    The same principal; the same name of a session, whatever its role; or two sessions that one
    entry names without telling them apart, in a role whose sessions may call themselves anything.
    """
    if approver == asker:
        return True
    ours, theirs = _SESSION.fullmatch(approver), _SESSION.fullmatch(asker)
    if ours is None or theirs is None:
        return False
    if ours[2] == theirs[2]:
        return True
    is_any_session = "*" in _pattern(entry).rpartition("/")[2]
    is_free = is_any_session and not ours[1].startswith(_IDENTITY_CENTER)
    return is_free and ours[1] == theirs[1]


def _pattern(entry: str) -> str:
    """Of a role: its sessions, which STS names without the role's path."""
    role = _ROLE.fullmatch(entry)
    return f"{role[1]}:sts:{role[2]}:assumed-role/{role[3]}/*" if role else entry
