"""Puts a mutant in the place of the code that is running, in this process and without a new import."""

import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.mutation.mutants import Mutant


def plant(module: types.ModuleType, mutant: Mutant) -> bool:
    """Change the function, or the constant, everywhere; false if nothing can be changed."""
    code = compile(mutant.tree, str(module.__file__), "exec")
    if not mutant.function:
        return _plant_constant(module, code)
    found = _codes(code).get(mutant.function)
    functions = [f for name, f in functions_of(module) if name == mutant.function]
    for function in functions:
        if found is None or found.co_freevars != function.__code__.co_freevars:
            return False
        function.__code__ = found
    return bool(functions)


def watch(module: types.ModuleType, called: Callable[[str], None]) -> None:
    """Tell the name of each function that is called from now on."""
    for name, function in functions_of(module):
        _watch(function, lambda name=name: called(f"{module.__name__}:{name}"))


def _watch(function: types.FunctionType, called: Callable[[], None]) -> None:
    """A twin does the work; the function itself only tells of it."""
    twin = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    names = f"_called_{id(function)}", f"_twin_{id(function)}"
    function.__globals__.update(zip(names, (called, twin), strict=True))
    source = f"def f(*a, **k):\n {names[0]}()\n return {names[1]}(*a, **k)"
    space: dict[str, Any] = {}
    exec(source, space)  # noqa: S102 - our own two lines
    function.__defaults__, function.__kwdefaults__ = None, None
    function.__code__ = space["f"].__code__


def functions_of(module: types.ModuleType) -> Iterator[tuple[str, types.FunctionType]]:
    """Functions and methods that the module defines, by qualified name."""
    for name, value in [*vars(module).items()]:
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, type):
            for member, inner in [*vars(value).items()]:
                yield from _named(f"{name}.{member}", inner, module)
        else:
            yield from _named(name, value, module)


def _named(
    name: str, value: Any, module: types.ModuleType
) -> Iterator[tuple[str, types.FunctionType]]:
    for attribute in ("fget", "func", "__func__", "__wrapped__"):
        value = getattr(value, attribute, None) or value
    if isinstance(value, types.FunctionType) and value.__code__.co_filename == module.__file__:
        yield name, value


def _codes(module: types.CodeType) -> Mapping[str, types.CodeType]:
    """The outermost functions' code, by qualified name."""
    found: dict[str, types.CodeType] = {}
    for constant in module.co_consts:
        if isinstance(constant, types.CodeType):
            found[constant.co_name] = constant
            for inner in constant.co_consts:
                if isinstance(inner, types.CodeType):
                    found[f"{constant.co_name}.{inner.co_name}"] = inner
    return found


def _plant_constant(module: types.ModuleType, code: types.CodeType) -> bool:
    """Wherever the project has it by that name, also where it was imported."""
    space = {"__name__": f"{module.__name__}.mutant", "__file__": module.__file__}
    sys.modules[space["__name__"]] = types.ModuleType(space["__name__"])
    exec(code, space)  # noqa: S102 - the project's own module, changed
    changed = False
    for name, was in [*vars(module).items()]:
        now = space.get(name)
        is_plain = isinstance(was, int | str | tuple | frozenset | dict) or hasattr(was, "days")
        if is_plain and not name.startswith("__") and now != was:
            for other in [m for n, m in sys.modules.items() if n.startswith("cost_sentry.")]:
                if vars(other).get(name) is was:
                    setattr(other, name, now)
                    changed = True
    return changed
