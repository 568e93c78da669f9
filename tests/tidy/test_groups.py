"""Tests that share a server stay on one worker."""

import pytest


@pytest.mark.xdist_group("programs")
def test_the_runner_keeps_the_tests_of_a_group_together(request):
    """It tells by the name; pytest 9.2 lost that without a word (pytest-dev/pytest-xdist#1386)."""
    distributed = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@programs") == distributed
