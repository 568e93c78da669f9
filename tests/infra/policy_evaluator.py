"""Decides whether a role may make a call of DynamoDB or S3, as far as our policies go."""

import fnmatch
from collections.abc import Iterable

from tests.infra.template import Permission

_TABLES = ("<Ledger/Table>", "<Answers/Table>")
"""No partition key of one begins like one of the other."""
_BUCKET = "<Emergency/Bucket>"


def matches(pattern: str, value: str) -> bool:
    """IAM's StringLike, for patterns whose only wildcard is a star."""
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def allows(
    permissions: Iterable[Permission], *, role: str, action: str, keys: frozenset[str]
) -> bool:
    """Whether one permission of the role covers the action and all of the keys.

    Keys are partition keys of the tables, or keys and prefixes of the bucket, as the action says.
    """
    return any(
        permission.role == role and permission.action == action and _covers(permission, keys)
        for permission in permissions
    )


def _covers(permission: Permission, keys: frozenset[str]) -> bool:
    if permission.resource in (*_TABLES, _BUCKET):
        return all(any(matches(pattern, key) for pattern in permission.keys) for key in keys)
    return all(matches(permission.resource, f"{_BUCKET}/{key}") for key in keys)
