"""What the deployment says of itself, read from its sources: nothing here is a copy.

The modules of ``infra`` are read as text, because importing them loads the whole of the CDK.
"""

import ast
import json
import pathlib
from functools import cache
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]


@cache
def state_machine() -> dict[str, Any]:
    """The definition of ``guarded_invocation``."""
    path = ROOT / "statemachines/guarded_invocation.asl.json"
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@cache
def function_timeouts_seconds() -> dict[str, int]:
    """Every function's own time limit, by name."""
    tree = _tree("infra/function_set.py")
    constants = _constants(tree)
    found = {}
    for call in _calls(tree, "FunctionRow"):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        found[_value(given["name"], {})] = _value(given["timeout_seconds"], constants)
    return found


@cache
def trigger(name: str) -> int:
    """A number of ``infra/triggers.py`` by its name."""
    return int(_constants(_tree("infra/triggers.py"))[name])


@cache
def client_limits(made_by: str = "dynamodb_client") -> tuple[int, float]:
    """Attempts and seconds of silence of the client that this function of aws_clients makes."""
    tree = _tree("functions/cost_sentry/adapters/aws_clients.py")
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name == made_by:
            (patience,) = _calls(function, "_twice")
            given = {k.arg: ast.literal_eval(k.value) for k in patience.keywords}
            return _constants(tree)["ATTEMPTS"], given["read_timeout"]
    raise AssertionError(f"aws_clients.{made_by} is gone")


def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    ]


def _constants(tree: ast.Module) -> dict[str, Any]:
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
