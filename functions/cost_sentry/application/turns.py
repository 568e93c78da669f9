"""Whose turn it is, if a run gets through some of them only."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

One = TypeVar("One")


def in_turn(them: Iterable[One], at: datetime, named: Callable[[One], str] = str) -> list[One]:
    """In another order each second, so that none is always last.

    Made from the time, so that the same world gives the same run.
    """
    run = int(at.timestamp())
    return sorted(them, key=lambda one: hashlib.sha256(f"{run}/{named(one)}".encode()).digest())
