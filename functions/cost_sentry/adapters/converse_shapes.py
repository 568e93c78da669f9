"""Converse as botocore's own service model describes it, read once and without a client."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape


@lru_cache(maxsize=1)
def converse_operation() -> OperationModel:
    """The Converse operation. The first call costs some 25 ms, a boto3 client ten times that."""
    description = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(description, "bedrock-runtime").operation_model("Converse")


def request_shape() -> StructureShape:
    """What Converse takes, ``modelId`` included."""
    return _structure(converse_operation().input_shape)


def response_shape() -> StructureShape:
    """What Converse answers."""
    return _structure(converse_operation().output_shape)


def is_document(shape: Shape) -> bool:
    """Free JSON: nobody may rename or check what is inside."""
    return isinstance(shape, StructureShape) and bool(shape.is_document_type)


def is_union(shape: Shape) -> bool:
    """A structure of which exactly one member may be set."""
    return isinstance(shape, StructureShape) and bool(shape.is_tagged_union)


def members_of(shape: Shape) -> Mapping[str, Shape]:
    """A structure's members by their camelCase names; a document has none."""
    return shape.members if isinstance(shape, StructureShape) else {}


def parts_of(shape: Shape) -> tuple[Shape, ...]:
    """The shapes directly inside this one."""
    match shape:
        case ListShape():
            return (shape.member,)
        case MapShape():
            return (shape.key, shape.value)
        case _:
            return tuple(members_of(shape).values())


def shapes_within(root: Shape) -> Iterator[Shape]:
    """Every shape that can be reached from ``root``, each once by name."""
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        shape = waiting.pop()
        if shape.name not in seen:
            seen.add(shape.name)
            yield shape
            waiting.extend(parts_of(shape))


def _structure(shape: Shape | None) -> StructureShape:
    if not isinstance(shape, StructureShape):
        raise TypeError("Converse takes and answers structures")
    return shape
