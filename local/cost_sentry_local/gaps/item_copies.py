"""DynamoDB: an update of a large item stays fast.

AWS answers within milliseconds whatever the item holds. The emulator copies the whole item four
times per update with Python's general copier; items are plain JSON, for which a simple one is
several times faster. Texts are shared, so the stream's old and new images stay small.
"""

from types import SimpleNamespace
from typing import Any

from ministack.services import dynamodb


def close() -> None:
    """Give the emulator's DynamoDB a copier for JSON."""
    general = dynamodb.copy

    def deep_copy(value: Any) -> Any:
        # Whole stores are copied only when state is saved; they are no JSON.
        return _copied(value) if type(value) in (dict, list) else general.deepcopy(value)

    dynamodb.copy = SimpleNamespace(copy=general.copy, deepcopy=deep_copy)


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copied(inner) for key, inner in value.items()}
    if kind is list:
        return [_copied(inner) for inner in value]
    return value
