"""The part of JSON Schema that ``sentry.schema.json`` uses, so that a test can be the editor."""

import re
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_KNOWN = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "type", "const", "enum"),
    *("anyOf", "properties", "required", "additionalProperties", "patternProperties", "items"),
    *("minProperties", "maxProperties", "minItems", "maxItems", "maxLength", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum"),
}


def complaints(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "") -> list:
    """Where ``value`` does not fit, as ``(path, keyword)``; ``[]`` if it does."""
    unknown = set(schema) - _KNOWN
    assert not unknown, f"this check does not know {unknown}"
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        fits = any(not complaints(value, option, root, path) for option in schema["anyOf"])
        return [] if fits else [(path, "anyOf")]
    wanted = _TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, wanted) or isinstance(value, bool):
        return [(path, "type")]
    return [(path, keyword) for keyword in _scalar(value, schema)] + [
        complaint
        for name, part, under in _parts(value, schema)
        for complaint in (
            [(f"{path}/{name}", "unknown")]
            if under is None
            else complaints(part, under, root, f"{path}/{name}")
        )
    ]


def _scalar(value: Any, schema: dict[str, Any]) -> list[str]:
    size = len(value) if isinstance(value, dict | list | str) else 0
    tests = {
        "const": lambda bound: value == bound,
        "enum": lambda bound: value in bound,
        "pattern": lambda bound: re.search(bound, value) is not None,
        "minimum": lambda bound: value >= bound,
        "maximum": lambda bound: value <= bound,
        "exclusiveMinimum": lambda bound: value > bound,
        "maxLength": lambda bound: size <= bound,
        "minItems": lambda bound: size >= bound,
        "maxItems": lambda bound: size <= bound,
        "minProperties": lambda bound: size >= bound,
        "maxProperties": lambda bound: size <= bound,
        "required": lambda bound: set(bound) <= set(value),
    }
    return [
        keyword
        for keyword, fits in tests.items()
        if keyword in schema and not fits(schema[keyword])
    ]


def _parts(value: Any, schema: dict[str, Any]) -> list[tuple[Any, Any, dict[str, Any] | None]]:
    if isinstance(value, list):
        return [(i, item, schema["items"]) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return []
    return [(name, part, _under(name, schema)) for name, part in value.items()]


def _under(name: str, schema: dict[str, Any]) -> dict[str, Any] | None:
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    patterns = schema.get("patternProperties", {})
    return next((s for pattern, s in patterns.items() if re.search(pattern, name)), None)
