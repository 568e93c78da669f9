"""What one scheduled run over endpoints did, and what it did not come to."""

from dataclasses import dataclass, field

from cost_sentry.application.endpoint_problems import Problem, ProblemKind
from cost_sentry.domain.endpoint_plan import Action, Planned, kept_as_it_is

LATE = "the time of this run was over before their turn; the next run goes on with them"


@dataclass(slots=True, kw_only=True)
class ScaleReport:
    """What one run did."""

    planned: tuple[Planned, ...] = ()
    """One row for every endpoint that was looked at, with what became of its plan."""
    slept: list[str] = field(default_factory=list)
    """Endpoints whose sleep was begun."""
    woken: list[str] = field(default_factory=list)
    """Endpoints whose wake was begun."""
    went_on: int = 0
    """Sleeps and wakes that were under way already."""
    ended: list[str] = field(default_factory=list)
    """Endpoints whose sleep their owners have ended."""
    problems: list[Problem] = field(default_factory=list)
    """What could not be done now, endpoint by endpoint; it comes again."""
    late: dict[str, None] = field(default_factory=dict)
    """Endpoints whose turn the run did not come to in its time, each once and in order."""

    def of(self, action: Action) -> list[Planned]:
        """The rows of one kind."""
        return [one for one in self.planned if one.action is action]

    def keep(self, names: set[str], reason: str) -> None:
        """These were to sleep or to wake, and were left as they are."""
        self.planned = tuple(
            kept_as_it_is(one.endpoint, reason) if one.endpoint in names else one
            for one in self.planned
        )

    def tell_late(self) -> None:
        """One problem for all of them."""
        if not self.late:
            return
        first, others = next(iter(self.late)), len(self.late) - 1
        of = f"{first} and {others} others" if others else first
        self.problems.append(Problem(of=of, kind=ProblemKind.LATE, words=LATE))
