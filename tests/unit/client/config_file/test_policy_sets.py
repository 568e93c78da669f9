"""Policies as a whole: a set that permits nothing is refused, and one that does nothing is told."""

import pytest

from tests.unit.client.config_file.test_policy_files import PERMIT, folder, forbid, load, problems

__all__ = ["folder"]

SHADOW_PERMIT = PERMIT.replace("\npermit", '\n@mode("shadow") permit')


@pytest.mark.parametrize("others", [(), (SHADOW_PERMIT,)])
def test_a_set_whose_enforced_policies_permit_nothing_is_refused(folder, others):
    """Cedar forbids what nothing permits: every call would be refused."""
    [(file, line, field, problem)] = problems(
        folder, *others, f"// first\n{forbid('when { context.hour > 1 }')}"
    )

    assert (file, line, field) == (f"{len(others)}.cedar", 2, "it")
    assert problem == "no policy that is enforced permits anything, so every call would be refused"


def test_a_set_with_a_policy_that_cannot_be_read_may_have_its_permit_there(folder):
    [(_, _, _, problem)] = problems(folder, forbid(""), "permit (principal;")

    assert "is no Cedar" in problem


def test_a_set_that_permits_something_is_accepted_in_silence(folder):
    assert load(folder, forbid("when { context.hour > 1 }"), PERMIT).warnings == ()
    tried = forbid("when { context.hour > 1 }", mode="shadow")
    assert load(folder, tried, SHADOW_PERMIT).warnings == ()


def test_shadows_that_would_permit_nothing_are_warned_of(folder):
    [warning] = load(folder, forbid("", mode="shadow")).warnings

    assert (warning.file.rpartition("/")[2], warning.line, warning.field) == ("0.cedar", 1, "it")
    assert "all policies are in shadow mode, so every call is permitted" in warning.problem
    assert "would refuse every call" in warning.problem


@pytest.mark.parametrize("text", ["", "\n", "// forbid (principal, action, resource);\n"])
def test_a_file_that_holds_no_policy_is_warned_of(folder, text):
    [warning] = load(folder, PERMIT, text).warnings

    assert (warning.file.rpartition("/")[2], warning.line) == ("1.cedar", 1)
    assert warning.problem == "it holds no policy, so nothing comes of it"
