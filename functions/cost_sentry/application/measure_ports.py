"""Where measures are kept: on record beside the configuration, so that one read brings both."""

from dataclasses import dataclass
from typing import Protocol

from cost_sentry.domain.measure import Measure, Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class RestraintsLifted:
    """What ended with one write, and what is left."""

    lifted: Measures
    """All that froze or tightened in that instant."""
    on_record: Measures


class MeasureStore(Protocol):
    """Each change is one conditional write, safe to repeat.

    ``LedgerUnavailable`` where it cannot be asked, ``ConfigurationError`` where no configuration is
    in force, or what is on record is no measures.
    """

    def measures(self) -> Measures:
        """All on record, also those that ended or were lifted a moment ago."""
        ...

    def put(self, measure: Measure) -> Measures:
        """Put it in force, unless it is on record already; ``MeasuresFull`` without any room.

        What is on record now: not the measure, or the measure lifted, where it has ended.
        """
        ...

    def lift(self, measure: Measure) -> Measures:
        """End it, also if it was never put: nobody can put it after this."""
        ...

    def forget_gone(self) -> None:
        """Take those off the record that nobody can need any more."""
        ...

    def lift_restraints(self) -> RestraintsLifted | None:
        """End all that freezes or tightens. What was approved stays: a request has its own end.

        ``None``: what was on record could not be read, and nothing is on record any more.
        """
        ...
