"""How long answers are, measured by their output limits, for those of which nobody knows it."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

_PERCENTS = 101


@dataclass(slots=True)
class AnswerLengths:
    """What answers used of the limits that were asked for, counted by whole percent.

    Only those count whose limit nobody lowered: of the others the long ones are not known, so that
    the rest would speak for short answers alone.
    """

    _used: list[int] = field(default_factory=lambda: [0] * _PERCENTS)
    _limits: list[int] = field(default_factory=lambda: [0] * _PERCENTS)

    def add(self, used: int, limit: int) -> None:
        """One answer, in tokens; ``limit`` is at least 1."""
        percent = min(used * 100 // limit, 100)
        self._used[percent] += used
        self._limits[percent] += limit

    def share(self, *, longer_than: Fraction = Fraction(0)) -> Fraction:
        """Of a limit, 0 to 1: what those together used that are longer than this part of theirs.

        All of it where there is none. Never less than ``longer_than``.
        """
        first = ceil(longer_than * 100)
        return share_of(sum(self._used[first:]), sum(self._limits[first:]))


def share_of(used: int, held: int) -> Fraction:
    """0 to 1; everything where nothing is known."""
    return min(Fraction(used, held), Fraction(1)) if held else Fraction(1)
