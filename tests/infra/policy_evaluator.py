"""Decides whether a role's permissions allow a DynamoDB call, as far as our policies go."""

import fnmatch
from collections.abc import Iterable

from tests.infra.template import Permission


def matches(pattern: str, value: str) -> bool:
    """IAM's StringLike, for patterns whose only wildcard is a star."""
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def allows(
    permissions: Iterable[Permission], *, role: str, action: str, keys: frozenset[str]
) -> bool:
    """Whether one permission of the role covers the action on the ledger and all of the keys."""
    return any(
        permission.role == role
        and permission.action == action
        and permission.resource == "<Ledger/Table>"
        and all(any(matches(pattern, key) for pattern in permission.keys) for key in keys)
        for permission in permissions
    )
