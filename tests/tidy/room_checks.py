"""Rules about files in company: nothing dead, nothing without its twin."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping

SOURCE_ROOTS = ("functions/", "client/", "local/", "")
README_LINES_MAX = 80
DECISION_LINES_MAX = 100

Texts = Mapping[str, str]
"""Content by path."""


def module_name(path: str) -> str:
    """``functions/cost_sentry/domain/money.py`` as it is imported: ``cost_sentry.domain.money``."""
    for root in SOURCE_ROOTS:
        if path.startswith(root):
            return path.removeprefix(root).removesuffix(".py").replace("/", ".")
    raise AssertionError(path)


def imported_modules(text: str) -> set[str]:
    """Every module that this source may import, at any depth; ``from a import b`` names ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def dead_files(modules: Texts, others: Texts) -> Iterator[str]:
    """Modules that nothing imports and no command names.

    Args:
        modules: Python files that could be dead; what one says of another counts.
        others: files that may name a module in full, or by its path, such as the Makefile.
    """
    imports = {path: imported_modules(text) for path, text in modules.items()}
    everything = {**modules, **others}
    for path in modules:
        name = module_name(path).removesuffix(".__main__")
        if name.endswith("__init__"):
            continue
        whole_name = re.compile(rf"{re.escape(name)}(?!\w|\.\w)|{re.escape(path)}")
        used = any(name in names for importer, names in imports.items() if importer != path)
        named = any(whole_name.search(text) for p, text in everything.items() if p != path)
        if not used and not named:
            yield f"{path}: nothing imports {name} and no command names it"


def unmatched_handlers(handlers: Collection[str], rows: Collection[str]) -> Iterator[str]:
    """A handler without a function, or a function without a handler."""
    for name in sorted(set(handlers) - set(rows)):
        yield f"handlers/{name}.py has no row in infra/function_set.py"
    for name in sorted(set(rows) - set(handlers)):
        yield f"infra/function_set.py has a row {name} without handlers/{name}.py"


def untested(modules: Collection[str], tests: Texts) -> Iterator[str]:
    """Modules, by dotted name, that no test imports."""
    tested = {name for text in tests.values() for name in imported_modules(text)}
    for name in sorted(modules):
        if name not in tested:
            yield f"no test imports {name}"


def long_pages(pages: Texts, lines_max: int) -> Iterator[str]:
    """Pages that do not fit on one."""
    for path, text in pages.items():
        lines = len(text.splitlines())
        if lines > lines_max:
            yield f"{path}: {lines} lines, at most {lines_max}"
