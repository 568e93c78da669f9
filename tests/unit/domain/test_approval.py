"""The states of a request for more, and what it is bound to."""

from itertools import product

import pytest

from cost_sentry.domain.approval import Approval, ApprovalState, changed_terms
from cost_sentry.domain.approval_deed import deed
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.policy import classes_up_to
from tests.contract.test_approvals_contract import approval
from tests.fakes.builders import NOON

LEGAL = {
    ("asked", "approved"),
    ("asked", "denied"),
    ("asked", "withdrawn"),
    ("asked", "expired"),
    ("asked", "void"),
    ("approved", "ended"),
}


def standing(state: ApprovalState) -> Approval:
    one = approval()
    if state is ApprovalState.ENDED:
        one = one.moved(ApprovalState.APPROVED, by="a", at=NOON)
    return one if state is ApprovalState.ASKED else one.moved(state, by="b", at=NOON)


@pytest.mark.parametrize(("before", "after"), [*product(ApprovalState, ApprovalState)])
def test_only_what_is_open_changes_and_only_so(before, after):
    one = standing(before)

    if (before.value, after.value) in LEGAL:
        changed = one.moved(after, by="c", at=NOON, why="so")
        assert (changed.state, changed.revision) == (after, one.revision + 1)
        assert (changed.changed_by, changed.why) == ("c", "so")
    else:
        with pytest.raises(InvariantViolated):
            one.moved(after, by="c", at=NOON)


def test_who_approved_is_known_after_the_end():
    assert standing(ApprovalState.ENDED).answered_by == "a"


@pytest.mark.parametrize(
    ("then", "now", "what"),
    [
        ({"limit": "1"}, {"limit": "1"}, None),
        ({"limit": "1"}, {"limit": "1", "more": "2"}, None),
        ({"limit": "1"}, {"limit": "2"}, "limit was 1 and is 2"),
        ({"limit": "1"}, {}, "limit was 1 and is not there any more"),
    ],
)
def test_what_changed_is_told_in_words(then, now, what):
    assert changed_terms(then, now) == what


def test_a_grant_gives_its_price_class_and_what_is_cheaper():
    assert classes_up_to("middle") == ("low", "middle")
    assert classes_up_to("premium")[-1] == "premium"


def test_a_deed_names_all_that_is_asked_for_and_no_order_of_keys():
    one = deed("topic", "approve", {"a": 1, "b": 2})

    assert one == deed("topic", "approve", {"b": 2, "a": 1})
    others = [
        deed("other", "approve", {"a": 1, "b": 2}),
        deed("topic", "deny", {"a": 1, "b": 2}),
        deed("topic", "approve", {"a": 1, "b": 3}),
    ]
    assert one not in others
