"""Whatever a file holds, it is answered with problems and never with a crash."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry_client.config_file import ConfigFileInvalid, load_config
from tests.fakes.sentry_files import GOOD, problems


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"# nothing but a comment\n", "nothing stands here"),
        (b"- 1\n", "a list stands here"),
        (b"apiVersion: \xff", "the text is not UTF-8"),
        (b"# " + b"x" * 300_000, "the file is too large"),
    ],
)
def test_fails_on_a_file_that_is_no_sentry_yaml(file, content, problem):
    file.write_bytes(content)

    with pytest.raises(ConfigFileInvalid) as caught:
        load_config(file)

    assert caught.value.problems[0].problem == problem


def test_fails_on_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigFileInvalid, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigFileInvalid, match="is a directory"):
        load_config(tmp_path)


def test_a_byte_order_mark_is_no_mistake(file):
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())

    assert load_config(file).config.teams


WORDS = st.sampled_from(
    ["apiVersion", "teams", "models", "budgets", "defaults", "alerts", "id", "scope", "limit", "x"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | WORDS
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | LEAVES, inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES)
def test_no_tree_of_values_is_answered_with_anything_but_problems(file, tree):
    found = problems(file, yaml.safe_dump(tree, allow_unicode=True))

    assert all(p.line >= 1 and p.problem and p.allowed for p in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(GOOD)), noise=st.text(max_size=3), length=st.integers(0, 9))
def test_no_damage_to_a_good_file_is_answered_with_anything_but_problems(
    file, place, noise, length
):
    damaged = (GOOD[:place] + noise + GOOD[place + length :]).encode("utf-8", "surrogatepass")
    file.write_bytes(damaged)

    assert all(p.line >= 1 and p.problem and p.allowed for p in outcome(file))


def outcome(file: Path):
    """What ``load_config`` says, good or bad; anything else it does fails the test."""
    try:
        return load_config(file).warnings
    except ConfigFileInvalid as error:
        return error.problems
