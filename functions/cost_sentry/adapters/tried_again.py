"""What one attempt hands to the next: ``{"attempt", "error", "refusedBy"}``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.domain.retry import Again


def again_part(again: Again | None) -> dict[str, Any]:
    """The member ``again`` of a ticket, or of what the workflow goes on with; none of ``None``."""
    if again is None:
        return {}
    part = {"attempt": again.attempt, "error": again.error, "refusedBy": list(again.refused_by)}
    return {"again": part}


def started_at(event: Mapping[str, Any]) -> datetime | None:
    """When the execution began; ``None`` if its workflow, of an older version, does not say."""
    told = event.get("startedAt")
    return datetime.fromisoformat(told) if told else None


def again_of(holder: Mapping[str, Any]) -> Again | None:
    """The inverse of ``again_part``."""
    part = holder.get("again")
    if part is None:
        return None
    models = tuple(part["refusedBy"])
    return Again(attempt=int(part["attempt"]), error=part["error"], refused_by=models)
