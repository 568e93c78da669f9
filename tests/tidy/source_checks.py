"""Rules about one Python file. Each takes its path and text and yields what is wrong."""

import ast
from collections.abc import Iterator

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 300
HANDLER_LINES_MAX = 40

_CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})
_THE_CLOCK = "functions/cost_sentry/adapters/system_clock.py"
_PURE = ("functions/cost_sentry/domain/", "functions/cost_sentry/application/")
_RUNS_IN_LAMBDA = "functions/"
_HANDLERS = "functions/cost_sentry/handlers/"


def too_long(path: str, text: str) -> Iterator[str]:
    """Files that do not fit on a few screens, handlers that do more than pass on."""
    most = HANDLER_LINES_MAX if path.startswith(_HANDLERS) else FILE_LINES_MAX
    lines = len(text.splitlines())
    if lines > most:
        yield f"{path}: {lines} lines, at most {most}"


def long_functions(path: str, text: str) -> Iterator[str]:
    """Functions whose body, without its docstring, does not fit on one screen."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _body_lines(node)
            if lines > FUNCTION_LINES_MAX:
                yield f"{path}: {node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def banned_calls(path: str, text: str) -> Iterator[str]:
    """A clock outside the clock's file, floats where money is, printing where logs are kept."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if _is_banned(path, name):
                yield f"{path}:{node.lineno}: {name}() is not allowed here"


def _is_banned(path: str, name: str) -> bool:
    last_two = ".".join(name.split(".")[-2:])
    if name == "print":
        return path.startswith(_RUNS_IN_LAMBDA)
    if name == "float":
        return path.startswith(_PURE)
    if last_two in _CLOCKS or name == "time.time":
        return path.startswith(_RUNS_IN_LAMBDA) and path != _THE_CLOCK
    return False


def bare_excepts(path: str, text: str) -> Iterator[str]:
    """``except:`` also catches what nobody may catch."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{path}:{node.lineno}: except without a type"


RULES = (too_long, long_functions, banned_calls, bare_excepts)
