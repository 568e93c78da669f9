"""How many bytes an item has, and how many units that is, as DynamoDB bills them."""

from collections.abc import Mapping
from typing import Any

WRITE_UNIT_BYTES, READ_UNIT_BYTES = 1_024, 4_096


def units(item: Mapping[str, Any] | None, unit_bytes: int) -> int:
    """Units that one item of this size takes; one at least."""
    return max(1, -(-size(item or {}) // unit_bytes))


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item as DynamoDB's developer guide counts them ("Item sizes and formats")."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    (kind, content), *_ = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("-")) + 1) // 2 + 1
        case "SS" | "NS":
            return sum(len(text.encode()) for text in content)
        case "M":
            return 3 + sum(len(k.encode()) + _value_size(v) + 1 for k, v in content.items())
        case "L":
            return 3 + sum(_value_size(v) + 1 for v in content)
        case _:
            return 1
