"""What is read row by row: one that cannot be read concerns itself alone, and is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

Row_co = TypeVar("Row_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row that this version cannot read. It is left as it is."""

    name: str
    """Its key, within what was read."""
    problem: str
    """Where it is, and why it cannot be read."""


class Rows(Sequence[Row_co], Generic[Row_co]):
    """Those that can be read, in order; the others beside them, for whoever can tell somebody."""

    def __init__(self, read: Iterable[Row_co] = (), unreadable: Iterable[Unreadable] = ()) -> None:
        self._read = tuple(read)
        self.unreadable = tuple(unreadable)

    @overload
    def __getitem__(self, place: int) -> Row_co: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row_co]: ...

    def __getitem__(self, place: int | slice) -> Row_co | Sequence[Row_co]:
        """Of those that can be read."""
        return self._read[place]

    def __len__(self) -> int:
        """How many can be read."""
        return len(self._read)

    @property
    def problems(self) -> tuple[str, ...]:
        """Of those that cannot be read."""
        return tuple(one.problem for one in self.unreadable)
