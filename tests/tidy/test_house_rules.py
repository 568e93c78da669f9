"""The house rules, applied to the house. `test_rules_bite.py` shows that each of them can fail."""

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest

from infra.function_set import FUNCTIONS
from tests.tidy import page_checks, room_checks, source_checks, text_checks
from tests.tidy.tree import ROOT, files, texts

APPLICATION = "functions/cost_sentry/application"
HANDLERS = "functions/cost_sentry/handlers"
ROOMS = (
    "functions/cost_sentry/domain",
    "functions/cost_sentry/application",
    "functions/cost_sentry/adapters",
    "functions/cost_sentry/handlers",
    "statemachines",
    "infra",
    "client",
    "local",
    "benchmarks",
    "tests",
)
SHIPPED = ("functions/", "client/", "infra/", "scripts/", "benchmarks/")
"""What only a test imports is dead here."""
FOR_TESTS = ("local/", "tests/fakes/")
COMMANDS_IN = ("Makefile", ".toml", ".json", ".sh", "run", "CONTRIBUTING.md")
"""Where a module may be named in full, to be run or loaded by that name."""

Rule = Callable[[str, str], Iterator[str]]


@pytest.mark.parametrize("rule", source_checks.RULES, ids=lambda rule: rule.__name__)
def test_python_files_keep_to(rule: Rule) -> None:
    broken = [found for path, text in texts(".py") for found in rule(path, text)]

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", text_checks.RULES, ids=lambda rule: rule.__name__)
def test_no_file_holds(rule: Rule) -> None:
    broken = [found for path, text in texts() for found in rule(path, text)]

    assert not broken, "\n".join(broken)


def test_every_file_is_used() -> None:
    python = dict(texts(".py"))
    shipped = {p: t for p, t in python.items() if p.startswith(SHIPPED)}
    handler_strings = [f"cost_sentry.handlers.{row.name}" for row in FUNCTIONS]
    roots = {
        **{p: t for p, t in texts(*COMMANDS_IN) if not p.startswith("docs/")},
        "what the rows of infra/function_set.py load": "\n".join(handler_strings),
        "what app.py imports": "\n".join(room_checks.imported_modules(python["app.py"])),
    }
    tests = {p: t for p, t in python.items() if p.startswith("tests/")}
    for_tests = {p: t for p, t in python.items() if p.startswith(FOR_TESTS)}

    broken = [*room_checks.dead_files(shipped, roots)]
    broken += [
        found
        for found in room_checks.dead_files({**for_tests, **tests}, roots)
        if found.startswith(FOR_TESTS)
    ]

    assert not broken, "\n".join(broken)


def test_every_handler_has_a_function_and_every_function_a_handler() -> None:
    handlers = {p.stem for p in files(".py", under=HANDLERS) if p.stem != "__init__"}

    assert [*room_checks.unmatched_handlers(handlers, {row.name for row in FUNCTIONS})] == []


def test_every_use_case_and_every_handler_is_named_by_a_test() -> None:
    paths = [p for room in (APPLICATION, HANDLERS) for p in files(".py", under=room)]
    modules = {room_checks.module_name(p.relative_to(ROOT).as_posix()) for p in paths}
    parts = {n for p in paths if "application" in p.parts for n in _imports(p)}
    verbs = {name for name in modules - parts if not name.endswith(("__init__", "ports"))}

    broken = [*room_checks.untested(verbs, dict(texts(".py", under="tests")))]

    assert not broken, "\n".join(broken)


def _imports(path: pathlib.Path) -> set[str]:
    """A module that another use case imports is a part of it, and tested through it."""
    return room_checks.imported_modules(path.read_text(encoding="utf-8"))


def test_every_room_has_a_page_that_fits_on_one() -> None:
    missing = [room for room in ROOMS if not (ROOT / room / "README.md").is_file()]
    pages = {path: text for path, text in texts("README.md") if path != "README.md"}

    assert missing == []
    assert [*room_checks.long_pages(pages, room_checks.README_LINES_MAX)] == []


def test_a_decision_takes_a_page_and_is_listed() -> None:
    decisions = dict(texts(".md", under="docs/adr"))
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")

    assert decisions
    assert [*room_checks.long_pages(decisions, room_checks.DECISION_LINES_MAX)] == []
    assert [path for path in decisions if path.removeprefix("docs/") not in index] == []


def test_links_lead_somewhere() -> None:
    broken = [
        found for path, text in texts(".md") for found in page_checks.broken_links(path, text, ROOT)
    ]

    assert not broken, "\n".join(broken)


def test_commands_on_pages_are_commands_of_the_makefile() -> None:
    targets = page_checks.make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    broken = [
        found
        for path, text in texts(".md")
        for found in page_checks.unknown_make_commands(path, text, targets)
    ]

    assert targets
    assert not broken, "\n".join(broken)


def test_every_page_of_the_docs_is_reached_from_their_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#]+)\)", index))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in files(".md", under="docs")}

    assert sorted(pages - linked - {"index.md"}) == []


def test_the_rules_look_at_the_whole_house() -> None:
    seen = {path.relative_to(ROOT).as_posix() for path in files()}
    here = pathlib.Path(__file__).relative_to(ROOT).as_posix()

    assert {"README.md", "Makefile", "app.py", "package-lock.json", here} <= seen
    assert not any("/.venv/" in path or "node_modules" in path for path in seen)
