"""The page of all fields of ``sentry.yaml``, made from its JSON Schema and its models."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from cost_sentry_client.config_file.field_types import WORDS
from cost_sentry_client.config_file.sections import SECTIONS
from cost_sentry_client.config_file.shapes import API_VERSION, SentryFile

_TABLE_HEAD = ("| field | value | default | meaning |", "| --- | --- | --- | --- |")
_INTRODUCTION = f"""# sentry.yaml

Who may call which models, and for how much. `examples/sentry.yaml` is a whole one.

- `cost-sentry config check` finds what is wrong with a file and names line, field and what is
  allowed; `config diff` says what applying it would change; `config apply` puts it in force.
- The first line of the example gives editors the JSON Schema beside this page.
- Amounts may be quoted or not: they are read as digits and never pass through a floating point
  number.
- Days, weeks (from Monday), months, quarters and years are those of the budget's `timeZone`, and
  hours begin when clocks there show them. Minutes are the same everywhere.
- `apiVersion` is `{API_VERSION}`.
- A request is charged to every budget whose scope it matches; each of them must be able to pay.
  A request that no budget covers is refused; a cap on calls in flight alone covers none.
- A budget keeps its unit, window and time zone for good; with another one it is another budget.

This page is made by `python -m cost_sentry_client.config_file.schema` from the same models that
check the file.
"""


def reference_page(schema: Mapping[str, Any]) -> str:
    """All fields as a table, in Markdown; ``schema`` is ``json_schema()``."""
    definitions = {**schema["$defs"], SentryFile.__name__: schema}
    rows = [row for prefix, shape in SECTIONS for row in _rows(prefix, shape, definitions)]
    return "\n".join((_INTRODUCTION, *_TABLE_HEAD, *rows, ""))


def _rows(prefix: str, shape: type[BaseModel], definitions: Mapping[str, Any]) -> Iterator[str]:
    properties = definitions[shape.__name__]["properties"]
    for field in shape.model_fields.values():
        name = str(field.alias)
        default = (
            "required"
            if field.is_required()
            else _shown(field.get_default(call_default_factory=True))
        )
        value = _value(properties[name], definitions)
        yield f"| `{prefix}{name}` | {value} | {default} | {field.description} |"


def _shown(default: object) -> str:
    return "as below" if isinstance(default, BaseModel) else f"`{json.dumps(default)}`"


def _value(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """The kind of value in words: its type and its bounds."""
    match field:
        case {"$ref": str(name)}:
            text = _value(definitions[name.rsplit("/", 1)[-1]], definitions)
        case {"const": value}:
            text = f"`{value}`"
        case {"enum": list(values)}:
            text = ", ".join(f"`{value}`" for value in values)
        case {"anyOf": [first, *_]}:
            text = _value(first, definitions)
        case {"type": "boolean"}:
            text = "`true` or `false`"
        case {"pattern": pattern}:
            text = WORDS[pattern]
        case {"minimum": least, "maximum": most}:
            text = f"{least} to {most}"
        case {"items": item, "maxItems": most}:
            text = f"list of at most {most}: {_value(item, definitions)}"
        case {"maxProperties": most, "patternProperties": patterns}:
            names = ", ".join(WORDS[pattern] for pattern in patterns)
            text = f"mapping of at most {most}; names: {names}"
        case _:
            text = "mapping"
    return text
