"""A request held against the service model: every difference, in the caller's words."""

from collections.abc import Sequence

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from cost_sentry.adapters.converse_codec import decode_base64
from cost_sentry.adapters.converse_shapes import is_document, is_union, members_of
from cost_sentry.adapters.request_parser_problems import (
    Path,
    Problems,
    described,
    name_text,
    one_of,
    shown,
)

_INT32_MAX = 2**31 - 1
_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}
_EXPECTED = {
    "structure": "an object",
    "map": "an object of strings",
    "list": "a list",
    "string": "a string",
    "blob": "bytes as base64 text",
    "boolean": "true or false",
    "integer": "an integer",
    "long": "an integer",
    "float": "a number",
    "double": "a number",
}


def check_shape(path: Path, shape: Shape, value: object, problems: Problems) -> None:
    """Note every place where ``value`` is not what ``shape`` takes; documents may be anything."""
    if problems.enough or (is_document(shape) and value is not None):
        return
    if not _has_type(shape, value):
        problems.add(path, f"is {described(value)}", _EXPECTED[shape.type_name])
        return
    match value:
        case dict() if all(isinstance(name, str) for name in value):
            _check_object(path, shape, value, problems)
        case list() if isinstance(shape, ListShape):
            _check_list(path, shape, value, problems)
        case str():
            _check_text(path, shape, value, problems)
        case int() | float() if not isinstance(value, bool):
            _check_range(path, shape, value, "", problems)


def check_enum(path: Path, value: object, allowed: Sequence[str], problems: Problems) -> None:
    """Note a value that is none of ``allowed``."""
    if value not in allowed:
        problems.add(path, f"is {shown(value)}", one_of(allowed))


def _has_type(shape: Shape, value: object) -> bool:
    """A bool is no number here, though Python says so."""
    is_bool_as_asked = isinstance(value, bool) == (shape.type_name == "boolean")
    return is_bool_as_asked and isinstance(value, _TYPES[shape.type_name])


def _check_object(path: Path, shape: Shape, value: dict[str, object], problems: Problems) -> None:
    if isinstance(shape, StructureShape):
        _check_structure(path, shape, value, problems)
    elif isinstance(shape, MapShape):
        _check_map(path, shape, value, problems)


def _check_text(path: Path, shape: Shape, value: str, problems: Problems) -> None:
    if shape.type_name == "blob":
        _check_blob(path, shape, value, problems)
    elif isinstance(shape, StringShape) and shape.enum:
        check_enum(path, value, shape.enum, problems)
    else:
        _check_range(path, shape, len(value), "characters", problems)


def _check_structure(
    path: Path, shape: StructureShape, value: dict[str, object], problems: Problems
) -> None:
    members = members_of(shape)
    for name in shape.required_members:
        if name not in value:
            problems.add((*path, name), "is missing", _EXPECTED[members[name].type_name])
    for name, item in value.items():
        if name in members:
            check_shape((*path, name), members[name], item, problems)
        else:
            problems.add((*path, name), "is not a known field", one_of(members) or "no field")
    if is_union(shape):
        _check_union(path, shape, value, problems)


def _check_union(
    path: Path, shape: StructureShape, value: dict[str, object], problems: Problems
) -> None:
    members = members_of(shape)
    if not value:
        problems.add(path, "is an empty object", f"exactly {one_of(members)}")
    elif len(value) > 1:
        names = ", ".join(name_text(name) for name in list(value)[:5])
        problems.add(path, f"has {len(value)} fields: {names}", f"exactly {one_of(members)}")


def _check_map(path: Path, shape: MapShape, value: dict[str, object], problems: Problems) -> None:
    _check_range(path, shape, len(value), "fields", problems)
    for name, item in value.items():
        _check_range((*path, name), shape.key, len(name), "characters in its name", problems)
        check_shape((*path, name), shape.value, item, problems)


def _check_list(path: Path, shape: ListShape, value: list[object], problems: Problems) -> None:
    _check_range(path, shape, len(value), "items", problems)
    for position, item in enumerate(value):
        if problems.enough:
            return
        check_shape((*path, position), shape.member, item, problems)


def _check_blob(path: Path, shape: Shape, value: str, problems: Problems) -> None:
    try:
        size = len(decode_base64(value))
    except ValueError:
        allowed = "standard base64 with padding and no line breaks"
        problems.add(path, f"is {described(value)} that is not base64", allowed)
        return
    _check_range(path, shape, size, "bytes", problems)


def _check_range(path: Path, shape: Shape, size: float, what: str, problems: Problems) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "integer":
        high = _INT32_MAX if high is None else high
    if (low is not None and size < low) or (high is not None and size > high):
        problems.add(path, _size_text(size, what), _range_text(low, high, what))


def _size_text(size: float, what: str) -> str:
    return f"has {size} {what}" if what else f"is {described(size)}"


def _range_text(low: float | None, high: float | None, what: str) -> str:
    if high is None:
        text = f"at least {low}"
    else:
        text = f"at most {high}" if low is None else f"from {low} to {high}"
    return f"{text} {what}".rstrip()
