"""One codec between the three spellings of a Converse call, in both directions.

| spelling | names | bytes | who speaks it |
| --- | --- | --- | --- |
| camelCase | ``modelId`` | base64 text | applications, and everything inside the sentry |
| PascalCase | ``ModelId`` | base64 text | Step Functions' ``aws-sdk:bedrockruntime:converse`` |
| boto3 | ``modelId`` | ``bytes`` | ``client.converse`` |

Botocore's service model says which names are members (renamed), which are keys of a map and which
are inside a document (both left alone), so a block type that a botocore upgrade brings is covered.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cost_sentry.adapters.converse_shapes import (
    is_document,
    is_union,
    members_of,
    request_shape,
    response_shape,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    """How one direction reads and writes."""

    read: Callable[[StructureShape, Mapping[str, Any]], Mapping[str, Any]]
    """The members that are set, by their camelCase names."""
    write: Callable[[str], str]
    """How a member's camelCase name is written."""
    blob: Callable[[Any], Any]
    """What becomes of bytes."""


def to_integration(converse: Mapping[str, Any]) -> Json:
    """Arguments for Step Functions' Converse integration, in PascalCase.

    ``converse`` is a checked request with its ``modelId``; ``KeyError`` names a member that the
    service model does not have.
    """
    return _structure(request_shape(), converse, _TO_INTEGRATION)


def from_integration(answer: object) -> Json:
    """What Step Functions' integration answered, as Converse itself would have.

    The integration adds keys that Converse does not have and nulls for the arms of a union that
    are not set. Whatever the service model does not know is dropped, and so is every null that is
    not inside a document. Names are matched without regard to case: an answer's usage must not be
    lost to a spelling. A value of another type than the service model says stays as it is; an
    answer that is no object at all is an empty one.
    """
    if not isinstance(answer, Mapping):
        return {}
    return _structure(response_shape(), answer, _FROM_INTEGRATION)


def to_boto(converse: Mapping[str, Any]) -> Json:
    """Keyword arguments for ``client.converse``: the same request with base64 text as bytes."""
    return _structure(request_shape(), converse, _TO_BOTO)


def from_boto(response: Mapping[str, Any]) -> Json:
    """What ``client.converse`` returned as JSON: bytes as base64, no ``ResponseMetadata``."""
    return _structure(response_shape(), response, _FROM_BOTO)


def decode_base64(text: str) -> bytes:
    """The bytes of strict, padded, standard base64; ``ValueError`` for anything else."""
    return base64.b64decode(text.encode("ascii"), validate=True)


def pascal(name: str) -> str:
    """``s3Location`` as Step Functions spells it: ``S3Location``."""
    return name[:1].upper() + name[1:]


def _convert(shape: Shape, value: Any, spelling: _Spelling) -> Any:  # noqa: ANN401 - any JSON
    if is_document(shape):
        return value
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            return _structure(shape, value, spelling)
        case ListShape() if isinstance(value, list):
            return [_convert(shape.member, item, spelling) for item in value]
        case MapShape() if isinstance(value, Mapping):
            return {key: _convert(shape.value, item, spelling) for key, item in value.items()}
        case _:
            return spelling.blob(value) if shape.type_name == "blob" else value


def _structure(shape: StructureShape, value: Mapping[str, Any], spelling: _Spelling) -> Json:
    members = members_of(shape)
    return {
        spelling.write(name): _convert(members[name], item, spelling)
        for name, item in spelling.read(shape, value).items()
    }


def _as_given(_shape: StructureShape, value: Mapping[str, Any]) -> Mapping[str, Any]:
    return value


def _known(shape: StructureShape, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members that the service model knows and that are set, one at most of a union."""
    camel = {name.casefold(): name for name in members_of(shape)}
    given = ((camel.get(name.casefold()), item) for name, item in value.items())
    known = {name: item for name, item in given if name and _is_known(shape, name, item)}
    if is_union(shape) and len(known) > 1:
        return dict(sorted(known.items(), key=lambda arm: arm[1] in _EMPTY)[:1])
    return known


def _is_known(shape: StructureShape, name: str, item: object) -> bool:
    """Whether this member is set, and says something that Converse itself could have said.

    Step Functions answers ``ToolUse.Type: tool_use``; Converse's own ``type`` knows only
    ``server_tool_use`` and would not take the other back. What is required always stays.
    """
    allowed = getattr(members_of(shape)[name], "enum", None)
    if item is None:
        return False
    return not allowed or item in allowed or name in shape.required_members


def _encode_base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode("ascii")


def _unchanged(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return value


_EMPTY: tuple[object, ...] = ("", [], {})
_TO_INTEGRATION = _Spelling(read=_as_given, write=pascal, blob=_unchanged)
_FROM_INTEGRATION = _Spelling(read=_known, write=_unchanged, blob=_unchanged)
_TO_BOTO = _Spelling(read=_as_given, write=_unchanged, blob=decode_base64)
_FROM_BOTO = _Spelling(read=_known, write=_unchanged, blob=_encode_base64)
