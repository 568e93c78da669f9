"""Every house rule fails on a small bad example, and passes on the good one beside it."""

import pathlib

import pytest

from tests.tidy import page_checks, room_checks, source_checks, text_checks
from tests.tidy.tree import files, texts

IN_DOMAIN = "functions/cost_sentry/domain/x.py"
IN_ADAPTERS = "functions/cost_sentry/adapters/x.py"
THE_CLOCK = "functions/cost_sentry/adapters/system_clock.py"
IN_HANDLERS = "functions/cost_sentry/handlers/x.py"


def function(lines: int, docstring_lines: int = 0) -> str:
    docstring = ['    """' + "\n" * docstring_lines + '    """'] if docstring_lines else []
    return "\n".join(["def f():", *docstring, *["    pass"] * lines])


@pytest.mark.parametrize(("lines", "docstring", "bad"), [(70, 0, 0), (71, 0, 1), (70, 40, 0)])
def test_a_function_may_fill_one_screen_besides_its_docstring(lines, docstring, bad) -> None:
    assert len([*source_checks.long_functions("x.py", function(lines, docstring))]) == bad


@pytest.mark.parametrize(
    ("path", "lines", "bad"),
    [("x.py", 300, 0), ("x.py", 301, 1), (IN_HANDLERS, 40, 0), (IN_HANDLERS, 41, 1)],
)
def test_a_file_is_short_and_a_handler_shorter(path, lines, bad) -> None:
    assert len([*source_checks.too_long(path, "pass\n" * lines)]) == bad


@pytest.mark.parametrize(
    ("path", "source", "bad"),
    [
        (IN_ADAPTERS, "datetime.now(UTC)", 1),
        (IN_ADAPTERS, "datetime.datetime.utcnow()", 1),
        (IN_DOMAIN, "time.time()", 1),
        (THE_CLOCK, "datetime.now(UTC)", 0),
        ("client/x.py", "datetime.now(UTC)", 0),
        (IN_ADAPTERS, "clock.now()", 0),
        (IN_DOMAIN, "float('1.5')", 1),
        ("functions/cost_sentry/application/x.py", "float(x)", 1),
        (IN_ADAPTERS, "float(x)", 0),
        (IN_ADAPTERS, "print(x)", 1),
        ("scripts/x.py", "print(x)", 0),
    ],
)
def test_calls_are_banned_where_they_do_harm(path, source, bad) -> None:
    assert len([*source_checks.banned_calls(path, source)]) == bad


@pytest.mark.parametrize(("clause", "bad"), [("except:", 1), ("except OSError:", 0)])
def test_an_exception_is_caught_by_its_type(clause, bad) -> None:
    source = f"try:\n    pass\n{clause}\n    pass"

    assert len([*source_checks.bare_excepts("x.py", source)]) == bad


@pytest.mark.parametrize(
    ("rule", "path", "text", "bad"),
    [
        (text_checks.unfinished, "x.md", "later " + "TO" + "DO: more", 1),
        (text_checks.unfinished, "x.md", "a to-do list, mastodon", 0),
        (text_checks.machine_paths, "x.md", "see /" + "tmp/spec.md", 1),
        (text_checks.machine_paths, "x.md", "see ${HOME}/work/x, docs/work/x", 0),
        (text_checks.registry_hosts, "x.txt", "index at py" + "pi.org", 1),
        (text_checks.registry_hosts, "x.txt", "npmjs and pypi", 0),
        (text_checks.addresses_in_locks, "requirements/dev.txt", "x @ https://example.com/x", 1),
        (text_checks.addresses_in_locks, "package-lock.json", '"resolved": "https://e/x"', 1),
        (text_checks.addresses_in_locks, "docs/x.md", "https://example.com", 0),
    ],
)
def test_no_text_names_what_is_not_ours(rule, path, text, bad) -> None:
    assert len([*rule(path, text)]) == bad


def test_a_module_is_dead_unless_something_imports_or_names_it() -> None:
    modules = {
        "functions/a/used.py": "",
        "functions/a/uses.py": "from a import used",
        "functions/a/named.py": "",
        "functions/a/named_alike.py": "",
        "functions/a/__init__.py": "",
    }
    others = {"Makefile": "run: \n\tpython -m a.named\n\tpython -m a.uses"}

    assert [*room_checks.dead_files(modules, others)] == [
        "functions/a/named_alike.py: nothing imports a.named_alike and no command names it"
    ]


def test_a_module_that_only_imports_itself_is_dead() -> None:
    assert len([*room_checks.dead_files({"infra/a.py": "import infra.a"}, {})]) == 1


def test_handlers_and_functions_go_in_pairs() -> None:
    assert [*room_checks.unmatched_handlers({"a", "b"}, {"b", "c"})] == [
        "handlers/a.py has no row in infra/function_set.py",
        "infra/function_set.py has a row c without handlers/c.py",
    ]


def test_a_use_case_without_a_test_is_named() -> None:
    tests = {"t.py": "from a.application.tested import f\nfrom a.handlers import h"}

    untested = room_checks.untested(
        {"a.application.tested", "a.handlers.h", "a.application.missed"}, tests
    )

    assert [*untested] == ["no test imports a.application.missed"]


@pytest.mark.parametrize(("lines", "bad"), [(80, 0), (81, 1)])
def test_a_page_is_one_page(lines, bad) -> None:
    assert len([*room_checks.long_pages({"x.md": "x\n" * lines}, 80)]) == bad


def test_a_link_must_lead_to_a_file_and_to_a_heading_of_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "there.md").write_text("# What `it` says, twice\n```\n# not this\n```\n")
    page = """
[a](there.md) [b](there.md#what-it-says-twice) [c](missing.md) [d](there.md#not-this)
[e](https://example.com/x) [f](#here)
```
[g](in-a-block.md)
```
# Here
"""
    (tmp_path / "page.md").write_text(page)

    assert [*page_checks.broken_links("page.md", page, tmp_path)] == [
        "page.md: missing.md leads nowhere",
        "page.md: there.md#not-this names no heading",
    ]


def test_a_page_may_only_name_commands_that_exist() -> None:
    targets = page_checks.make_targets(".PHONY: demo\ndemo: setup  ## show\nVENV := x\n")
    page = "We make room. `make demo`, `make dmo`\n```sh\nmake demo\nmake later\n```\n"

    assert [*page_checks.unknown_make_commands("x.md", page, targets)] == [
        "x.md: make dmo is not in the Makefile",
        "x.md: make later is not in the Makefile",
    ]


def test_what_git_ignores_is_not_looked_at(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\n*.egg-info/\n.coverage\n")
    for name in (".venv/a.py", "b.egg-info/a.py", ".git/a.py", "src/a.py", ".coverage"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".venv/deep/er").mkdir(parents=True)
    (tmp_path / ".venv/deep/er/b.py").write_text("")
    (tmp_path / "src/picture.png").write_bytes(b"\xff\xfe\x00")

    assert [p.name for p in files(".py", root=tmp_path)] == ["a.py"]
    assert [path for path, _ in texts(root=tmp_path)] == [".gitignore", "src/a.py"]
