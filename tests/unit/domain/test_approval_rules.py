"""Who is an approver, and who may be the one who asked."""

import re

import pytest

from cost_sentry.domain.approval_rules import (
    APPROVER,
    ApprovalRules,
    is_named,
    may_be_same_person,
)
from tests.fakes.approval_world import ANNA, ASKER, BEN, OWNER_WHO_ASKS, session

ACCOUNT = "arn:aws:iam::111122223333"
ANY_OWNER = "arn:aws:sts::111122223333:assumed-role/Owners/*"
SSO = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Own_*"


@pytest.mark.parametrize(
    ("entry", "principal", "named"),
    [
        (f"{ACCOUNT}:user/alice", f"{ACCOUNT}:user/alice", True),
        (f"{ACCOUNT}:user/alice", f"{ACCOUNT}:user/alice2", False),
        (f"{ACCOUNT}:role/Owners", ANNA, True),
        (f"{ACCOUNT}:role/a/path/Owners", ANNA, True),
        (f"{ACCOUNT}:role/Owners", session("Owners2", "anna"), False),
        (f"{ACCOUNT}:role/Own*", ANNA, True),
        ("arn:aws:iam::999922223333:role/Owners", ANNA, False),
        (ANY_OWNER, BEN, True),
        (ANNA, BEN, False),
        (SSO, session("AWSReservedSSO_Own_0123", "anna@example.com"), True),
        (SSO, session("AWSReservedSSO_Other_0123", "anna@example.com"), False),
    ],
)
def test_an_entry_names_a_user_or_the_sessions_of_a_role(entry, principal, named):
    assert is_named(entry, principal) is named
    assert ApprovalRules(approvers=(entry,)).entry_of(principal) == (entry if named else None)


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        f"{ACCOUNT}:role/*",
        f"{ACCOUNT}:user/*",
        "arn:aws:iam::*:role/Owners",
        "Owners",
        "a[b]c",
    ],
)
def test_nobody_is_named_by_an_entry_that_could_be_anybody(entry):
    assert re.fullmatch(APPROVER, entry) is None


@pytest.mark.parametrize(
    "entry", [f"{ACCOUNT}:role/Owners", ANY_OWNER, SSO, ANNA, f"{ACCOUNT}:root"]
)
def test_users_roles_and_sessions_may_be_named(entry):
    assert re.fullmatch(APPROVER, entry)


@pytest.mark.parametrize(
    ("entry", "approver", "asker", "may_be"),
    [
        (ANNA, ANNA, ANNA, True),
        (ANNA, ANNA, session("Developers", "anna"), True),
        (ANY_OWNER, ANNA, ASKER, False),
        (ANY_OWNER, ANNA, OWNER_WHO_ASKS, True),
        (ANNA, ANNA, OWNER_WHO_ASKS, False),
        (
            SSO,
            session("AWSReservedSSO_Own_0", "a@example.com"),
            session("AWSReservedSSO_Own_0", "b@example.com"),
            False,
        ),
        (f"{ACCOUNT}:user/a", f"{ACCOUNT}:user/a", f"{ACCOUNT}:user/b", False),
    ],
)
def test_who_cannot_be_told_apart_from_the_asker_may_be_the_asker(entry, approver, asker, may_be):
    assert may_be_same_person(entry, approver, asker) is may_be
