"""Any value of any shape of Converse, generated from botocore's own service model."""

import base64
from functools import cache

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

from cost_sentry.adapters.converse_shapes import is_document, is_union, members_of

INTEGERS_SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
JSON_SCALARS = (
    st.none()
    | st.booleans()
    | INTEGERS_SAFE
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        JSON_SCALARS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@cache
def values(shape: Shape) -> st.SearchStrategy:
    """Valid camelCase JSON for this shape: base64 for bytes, one member for a union."""
    if is_document(shape):
        return DOCUMENTS
    match shape:
        case StructureShape() if is_union(shape):
            return st.one_of([arm(shape, name) for name in members_of(shape)])
        case StructureShape():
            return _structures(shape)
        case ListShape():
            low = shape.metadata.get("min", 0)
            return st.lists(values(shape.member), min_size=low, max_size=max(low, 2))
        case MapShape():
            low = shape.metadata.get("min", 0)
            return st.dictionaries(values(shape.key), values(shape.value), min_size=low, max_size=2)
    return _scalars(shape)


def arm(shape: Shape, name: str) -> st.SearchStrategy:
    """Values of a union with this member set."""
    return st.fixed_dictionaries({name: values(members_of(shape)[name])})


def _structures(shape: StructureShape) -> st.SearchStrategy:
    required, optional = {}, {}
    for name, member in members_of(shape).items():
        (required if name in shape.required_members else optional)[name] = values(member)
    return st.fixed_dictionaries(required, optional=optional)


def _scalars(shape: Shape) -> st.SearchStrategy:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(shape, StringShape) and shape.enum:
        return st.sampled_from(list(shape.enum))
    match shape.type_name:
        case "string":
            low = low or 0
            most = low + 12 if high is None else min(high, low + 12)
            return st.text(st.characters(codec="utf-8"), min_size=low, max_size=most)
        case "blob":
            blobs = st.binary(min_size=low or 0, max_size=12)
            return blobs.map(lambda blob: base64.b64encode(blob).decode())
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return st.integers(low or 0, 10**6 if high is None else high)
        case "float" | "double":
            return st.floats(low or 0, 10**6 if high is None else high)
    raise AssertionError(f"no strategy for {shape.type_name}; the codec has no rule for it either")
