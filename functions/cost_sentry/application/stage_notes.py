"""What is said of a stage that is in force: how far its budget is used up, and what follows."""

from collections.abc import Callable

from cost_sentry.application.budget_levels import Level
from cost_sentry.application.candidates import Candidate
from cost_sentry.domain.decision import RungOutcome, StageNote

Told = Callable[[Level], str]


def prefers_ladder(level: Level) -> str:
    """Of ``preferLadder``: ``83 % spent, and from 80 % the ladder comes first``."""
    begins = level.budget.stages.prefer_ladder_percent
    return f"{level.percent} % spent, and from {begins} % the ladder comes first"


def shortens(level: Level) -> str:
    """Of ``lowerOutput``."""
    begins = level.budget.stages.lower_output_percent
    return f"{level.percent} % spent, and from {begins} % answers are shorter"


def keeps(level: Level) -> str:
    """Of ``criticalOnly``."""
    begins = level.budget.stages.critical_only_percent
    return f"{level.percent} % spent, and from {begins} % it serves priority critical only"


def sentence(level: Level, told: Told) -> str:
    """``budget search-daily is 83 % spent, and from 80 % …``."""
    return f"budget {level.budget.id} is {told(level)}"


def stage_note(level: Level, told: Told) -> StageNote:
    """For the record of a decision."""
    return StageNote(budget_id=level.budget.id, what=told(level))


def passed_over(offer: Candidate, level: Level) -> RungOutcome:
    """Of a model that was not tried, for one that comes before it by a stage is called."""
    return RungOutcome(
        model_id=offer.model_id,
        outcome=f"passed over: {sentence(level, prefers_ladder)}",
        quote_picodollars=offer.quote_picodollars,
    )
