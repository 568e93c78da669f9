"""What is remembered for many, so that nobody makes the others' be forgotten."""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class FairMemory(Generic[Value]):
    """At most so many values; when it is full, whoever has most in it loses the oldest of them.

    Args:
        most: values.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[Hashable, Value] = {}
        self._of: dict[str, deque[Hashable]] = {}
        self.get: Callable[[Hashable], Value | None] = self._known.get

    def __len__(self) -> int:
        return len(self._known)

    def keep(self, owner: str, key: Hashable, value: Value) -> None:
        """A value that is not known yet, and who asked for it; whoever asks next may have it."""
        if len(self._known) >= self._most:
            self._forget()
        self._known[key] = value
        self._of.setdefault(owner, deque()).append(key)

    def _forget(self) -> None:
        owner = max(self._of, key=lambda one: len(self._of[one]))
        keys = self._of[owner]
        del self._known[keys.popleft()]
        if not keys:
            del self._of[owner]
