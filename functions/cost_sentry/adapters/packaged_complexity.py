"""The weights of the complexity estimate that are packaged with this code."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cost_sentry.domain.complexity import ComplexityWeights, FeatureWeight

COMPLEXITY = Path(__file__).parents[1] / "data" / "complexity.json"
"""Written by ``python -m benchmarks.decisions.fit``; it says from what, and when."""


@cache
def packaged_weights() -> ComplexityWeights:
    """Read once, when the first estimate is asked for."""
    document = _document()
    return ComplexityWeights(
        intercept=document["intercept"],
        features={
            name: FeatureWeight(centre=row[0], scale=row[1], weight=row[2])
            for name, row in document["features"].items()
        },
        turn=document["assumed"]["turn"],
        tool=document["assumed"]["tool"],
    )


def packaged_quartiles() -> tuple[int, int, int]:
    """Estimates that one, two and three quarters of the prompts lie below that were learned from.

    Where thresholds may begin, for want of estimates of one's own prompts.
    """
    first, second, third = _document()["quartiles"]
    return first, second, third


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(COMPLEXITY.read_text(encoding="utf-8"))
    return document
