"""JSON of a workflow to and from boto3, by the service's own model.

Structure members are PascalCase in a workflow; keys of maps and of free documents (tool schemas,
`AdditionalModelRequestFields`) are the caller's and stay. Blobs travel as UTF-8 text, which is why
images cannot take this way.
"""

from typing import Any

from botocore.model import Shape


class UnknownField(Exception):  # noqa: N818 - named as the message reads
    """A parameter that the service's model does not have; AWS refuses it at run time too."""


def parameters(shape: Shape | None, value: Any) -> Any:  # noqa: PLR0911 - one return per kind of shape
    """A state's arguments as boto3 wants them.

    Raises:
        UnknownField: the message names the field.
    """
    if shape is None or value is None:
        return value
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            return _structure_parameters(shape, value)
        case "list" if isinstance(value, list):
            return [parameters(shape.member, item) for item in value]
        case "map" if isinstance(value, dict):
            return {key: parameters(shape.value, item) for key, item in value.items()}
        case "integer" | "long" if isinstance(value, float) and value.is_integer():
            return int(value)
        case "blob" if isinstance(value, str):
            return value.encode()
        case _:
            return value


def _structure_parameters(shape: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = {_pascal(name): name for name in shape.members}
    for key in value:
        if key not in members:
            raise UnknownField(f"The field '{key}' is not supported by Step Functions")
    return {
        members[key]: parameters(shape.members[members[key]], item) for key, item in value.items()
    }


def answered(shape: Shape | None, value: Any) -> Any:  # noqa: PLR0911 - one return per kind of shape
    """boto3's answer as a state's result."""
    if shape is None or value is None:
        return {} if shape is None else None
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            return _structure_answered(shape, value)
        case "list":
            return [answered(shape.member, item) for item in value]
        case "map":
            return {key: answered(shape.value, item) for key, item in value.items()}
        case "blob":
            content = value.read() if hasattr(value, "read") else value
            return content.decode("utf-8", "replace")
        case "timestamp":
            return value.isoformat()
        case _:
            return value


def _structure_answered(shape: Any, value: dict[str, Any]) -> dict[str, Any]:
    known = {
        _pascal(name): answered(shape.members[name], item)
        for name, item in value.items()
        if name in shape.members
    }
    # Seen in live state machines: a tool call carries a key that Converse's answer does not.
    if shape.name == "ToolUseBlock":
        known.setdefault("Type", "tool_use")
    return known


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
