"""Puts a mutant in the place of the code that is running, without a new import."""

import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant

_PLAIN = (int, str, tuple, frozenset, dict, timedelta)


def source_of(module: types.ModuleType) -> str:
    """As it stands in its file."""
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def plant(module: types.ModuleType, mutant: Mutant) -> bool:
    """Change the function, the default or the constant everywhere; false if nothing changed."""
    code = compile(mutant.tree(source_of(module)), str(module.__file__), "exec")
    twin = types.ModuleType(module.__name__)
    twin.__file__ = module.__file__
    sys.modules[module.__name__] = twin  # Dataclasses ask for their module while they are made.
    try:
        exec(code, vars(twin))  # noqa: S102 - the project's own module, changed
    finally:
        sys.modules[module.__name__] = module
    return any([_functions(module, twin), _constants(vars(module), vars(twin))])


def _functions(module: types.ModuleType, twin: types.ModuleType) -> bool:
    """Code and defaults of each function as the changed module has them."""
    changed = False
    others = dict(functions_of(twin))
    for name, function in functions_of(module):
        other = others[name]
        was = function.__code__, function.__defaults__, function.__kwdefaults__
        function.__defaults__ = _mixed(function.__defaults__, other.__defaults__)
        function.__kwdefaults__ = _mixed_by_name(function.__kwdefaults__, other.__kwdefaults__)
        if function.__code__ != other.__code__:
            function.__code__ = other.__code__
        changed |= was != (function.__code__, function.__defaults__, function.__kwdefaults__)
    return changed


def _mixed(was: tuple[Any, ...] | None, now: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The new defaults, but what every import makes anew stays the module's own."""
    if was is None or now is None:
        return was
    return tuple(n if isinstance(n, _PLAIN) else w for w, n in zip(was, now, strict=True))


def _mixed_by_name(was: dict[str, Any] | None, now: dict[str, Any] | None) -> dict[str, Any] | None:
    if was is None or now is None:
        return was
    return dict(zip(was, _mixed(tuple(was.values()), tuple(now.values())) or (), strict=True))


def _constants(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """Wherever the project has one by that name, also where it was imported."""
    names = [n for n, value in now.items() if isinstance(value, _PLAIN) and value != was[n]]
    names = [name for name in names if not name.startswith("__")]
    for name in names:
        old = was[name]
        for module_name, module in [*sys.modules.items()]:
            if module_name.startswith("cost_sentry.") and vars(module).get(name) is old:
                setattr(module, name, now[name])
    records = [n for n, value in now.items() if _is_record(value) and repr(value) != repr(was[n])]
    for name in records:
        for field in fields(now[name]):
            object.__setattr__(was[name], field.name, getattr(now[name], field.name))
    return bool(names or records)


def _is_record(value: Any) -> bool:
    """One that the project makes; the same object stays, for others compare it by identity."""
    return (
        is_dataclass(value)
        and not isinstance(value, type)
        and type(value).__module__.startswith("cost_sentry.")
    )


def watch(module: types.ModuleType, called: Callable[[str], None]) -> None:
    """Tell the name of each function that is called from now on."""
    for name, function in functions_of(module):
        if function.__code__.co_filename == module.__file__:
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
    """Under a property, a class method, or the ``__init__`` that a dataclass writes itself."""
    for attribute in ("fget", "func", "__func__", "__wrapped__"):
        value = getattr(value, attribute, None) or value
    if isinstance(value, types.FunctionType):
        own = value.__code__.co_filename == module.__file__
        if own or name.endswith(".__init__"):
            yield name, value


def mentions(function: types.FunctionType, name: str) -> bool:
    """Whether its code, or code inside it, reads this name."""
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        if name in code.co_names:
            return True
        codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
    return False
