"""All that a configuration says must fit into one item, policies included."""

from cost_sentry.application.config_size import DOCUMENT_BYTES_MAX
from tests.fakes.sentry_files import GOOD, load, problems
from tests.unit.client.conftest import cost_sentry

POLICY = '@id("p{0}") @sentence("No.") forbid (principal, action, resource) when {{ {1} }};\n'
PERMIT = '@id("all") @sentence("The rest.") permit (principal, action, resource);\n'
LONG = " && ".join(["context.hour > 1"] * 50)
NAMED = GOOD + "policies: {files: ['*.cedar']}\n"


def write(file, number):
    each = [POLICY.format(n, LONG) for n in range(number)]
    for start in range(0, number, 100):
        text = "".join(each[start : start + 100])
        (file.parent / f"{start}.cedar").write_text(text, encoding="utf-8")
    (file.parent / "all.cedar").write_text(PERMIT, encoding="utf-8")


def test_more_policies_than_can_be_stored_are_told_by_line_and_with_what_is_largest(file):
    write(file, 400)

    [found] = problems(file, NAMED)

    assert (found.line, found.field) == (19, "policies")
    assert "bytes in the ledger's table (most of them: policies 45" in found.problem
    assert found.allowed == f"at most {DOCUMENT_BYTES_MAX} fit: write fewer or shorter policies"


def test_as_many_as_can_be_stored_are_accepted(file):
    write(file, 300)

    assert len(load(file, NAMED).config.policies.rules) == 301


def test_apply_of_too_much_says_what_stays_in_force_and_changes_no_limit(desk, file):
    before = desk.operator.books.limits()
    write(file, 400)
    file.write_text(NAMED, encoding="utf-8")

    ended = cost_sentry("config", "apply", str(file))

    assert ended.code == 1
    assert "stays in force" in " ".join(ended.stderr.split())
    assert desk.operator.books.limits() == before
