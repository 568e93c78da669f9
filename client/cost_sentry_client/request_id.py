import os
import time
from uuid import UUID

_RANDOM_BITS = 74
_VARIANT_AND_RANDOM_BITS = 62


def new_session_id() -> str:
    """The id of an agent run that begins now; all its agents use it, for 24 hours."""
    return _new_uuid()


def new_request_id() -> str:
    """A fresh id that sorts by time: a version 7 UUID (RFC 9562 §5.7).

    The caller owns the id: make it once per call, keep it for every retry of that call, and the
    sentry answers the same (P5).
    """
    return _new_uuid()


def _new_uuid() -> str:
    chance = int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS)
    high, low = divmod(chance, 1 << _VARIANT_AND_RANDOM_BITS)
    milliseconds = time.time_ns() // 1_000_000
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
