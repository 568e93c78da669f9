"""What Cedar cannot read is told by the line of the word at which it stumbles."""

import pytest

from cost_sentry_client.config_file import ConfigFileInvalid
from cost_sentry_client.config_file.cedar_text import statements
from cost_sentry_client.config_file.policy_checks import read_policy
from tests.unit.client.config_file.test_policy_files import folder, forbid, load, problems

__all__ = ["folder"]

POLICY = """\
// A comment; and more.

@id("it")
@sentence("No;
really.")
forbid (principal, action, resource)
when {
  context.hour > 3 &&
  context.depth > 2
};
"""


def told(text):
    [statement] = statements(text)
    return read_policy("a.cedar", statement)


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "problem"),
    [
        ("depth > 2", "depth > ", 10, 1, "unexpected token `}`"),
        ("hour > 3 &&", "hour > > 3 &&", 8, 3, "unexpected token `>`"),
        ("when {", "wen {", 7, 1, "invalid policy condition: wen"),
        ("forbid", "forbids", 6, 1, "invalid policy effect: forbids"),
        ("context.depth > 2", "deep(context.depth)", 9, 3, "`deep` is not a valid function"),
        ("depth > 2", "depth = 2", 9, 3, "'=' is not a valid operator"),
        ('@id("it")', '@id("it") @id("it")', 3, 1, "duplicate annotation: @id"),
        ("hour > 3", "hour # 3", 8, 3, "invalid token"),
        ('@id("it")', '@id("it"', 4, 1, "unexpected token `@`"),
        ('@id("it")', '@@id("it")', 3, 1, "unexpected token `@`"),
        ("};", "}", 3, 1, "unexpected end of input"),
    ],
)
def test_the_line_of_the_word_is_told(before, after, line, column, problem):
    found = told(POLICY.replace(before, after, 1))

    assert (found.line, found.column) == (line, column)
    assert problem in found.problem


def test_the_lines_before_it_in_the_file_count(folder):
    broken = POLICY.replace("depth > 2", "depth > ")

    [(file, line, _, problem)] = problems(folder, forbid("") + broken)

    assert (file, line) == ("0.cedar", 13)
    assert problem == "is no Cedar: unexpected token `}`"


@pytest.mark.parametrize(
    ("before", "after", "place", "word"),
    [
        ("context.hour", "context.ours", (7, 3), "attribute `ours`"),
        ("context.depth > 2", "context.maxTokens > 2", (8, 3), "optional attribute `maxTokens`"),
        ("hour > 3", 'priority == CostSentry::Priority::"lw"', (7, 3), '"lw"'),
        ("hour > 3", 'hour == "3"', (3, 1), "types Long and String"),
    ],
)
def test_what_the_schema_does_not_know_is_told_by_the_line_of_its_word(
    folder, before, after, place, word
):
    text = POLICY.replace(before, after, 1).replace("No;\nreally", "No")

    with pytest.raises(ConfigFileInvalid) as caught:
        load(folder, text)

    [found] = [one for one in caught.value.problems if word in one.problem]
    assert (found.line, found.column) == place


def test_a_policy_of_very_many_lines_is_told_by_where_it_begins():
    assert told(POLICY.replace("when {", "\n" * 500 + "when when {")).line == 3
