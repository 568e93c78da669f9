"""``python -m benchmarks.decisions.fit --date 2026-11-29``: learn the packaged weights again.

What is learned is whether the cheap model was wrong. Every data set counts as much as any other,
and has an intercept of its own that is not kept: which one a prompt is from must teach nothing. The
same data and the same day always give the same bytes.
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from benchmarks.decisions.answered import FILES, Answered, answered, is_shown
from benchmarks.decisions.learning import learned
from cost_sentry.adapters.packaged_complexity import COMPLEXITY
from cost_sentry.domain.complexity import (
    THOUSAND,
    ComplexityWeights,
    FeatureWeight,
    deviations,
    weighed,
)

RIDGE = 100
ASSUMED_TURN = 50
ASSUMED_TOOL = 50
"""Thousandths of the logit. No prompt with known answers has tools or a second turn: a guess, and
a small one, that such work is a little harder."""
QUARTERS = (1, 2, 3)

Json = dict[str, Any]


def fitted(data_sets: Sequence[Sequence[Answered]]) -> ComplexityWeights:
    """Weights learned from these prompts."""
    prompts = [prompt for some in data_sets for prompt in some]
    counts = [len(prompts) / len(data_sets) / len(some) for some in data_sets for _ in some]
    spreads = {name: _spread(name, prompts, counts) for name in prompts[0].features}
    intercepts = [[float(mine is other) for mine in data_sets for _ in mine] for other in data_sets]
    features = [
        [deviations(prompt.features[name], spread) for prompt in prompts]
        for name, spread in spreads.items()
    ]
    found = learned(
        [*intercepts, *features],
        [1 - prompt.cheap for prompt in prompts],
        counts,
        ridge=RIDGE,
        free=len(data_sets),
    )
    own, shared = found[: len(data_sets)], found[len(data_sets) :]
    return ComplexityWeights(
        intercept=round(THOUSAND * statistics.fmean(own)),
        features={
            name: FeatureWeight(
                centre=spread.centre, scale=spread.scale, weight=round(THOUSAND * weight)
            )
            for (name, spread), weight in zip(spreads.items(), shared, strict=True)
        },
        turn=ASSUMED_TURN,
        tool=ASSUMED_TOOL,
    )


def _spread(name: str, prompts: Sequence[Answered], counts: Sequence[float]) -> FeatureWeight:
    values = [prompt.features[name] for prompt in prompts]
    centre = statistics.fmean(values, counts)
    variance = statistics.fmean([(value - centre) ** 2 for value in values], counts)
    # A feature that never varies teaches nothing, and must not be divided by zero.
    scale = max(round(THOUSAND * variance**0.5), 1)
    return FeatureWeight(centre=round(THOUSAND * centre), scale=scale, weight=0)


def shown_prompts() -> Mapping[str, tuple[Answered, ...]]:
    """What the packaged weights are learned from, by data set."""
    return {name: tuple(p for p in answered(name) if is_shown(p.text)) for name in FILES}


def document(on: date) -> Json:
    """The packaged file."""
    shown = shown_prompts()
    weights = fitted(list(shown.values()))
    estimates = sorted(weighed(p.features, weights) for some in shown.values() for p in some)
    return {
        "date": on.isoformat(),
        "made_by": "python -m benchmarks.decisions.fit",
        "learned": "that Mixtral 8x7B answered wrongly",
        "source": "RouteLLM evaluation data (Apache 2.0); prompts of GSM8K (MIT) and MMLU (MIT):"
        " benchmarks/decisions/data/NOTICE",
        "split": "prompts whose SHA-256 begins with a zero bit; by them, and by no other, were"
        " features chosen too",
        "prompts": {name: len(some) for name, some in shown.items()},
        "ridge": RIDGE,
        "unit": "thousandths; features as [centre, standard deviation, weight in the logit]",
        "intercept": weights.intercept,
        "features": {
            name: [one.centre, one.scale, one.weight] for name, one in weights.features.items()
        },
        "assumed": {"turn": weights.turn, "tool": weights.tool},
        "quartiles": [estimates[len(estimates) * quarter // 4] for quarter in QUARTERS],
    }


def text_of(packaged: Json) -> str:
    """Its JSON, with a feature on each line."""
    indented = json.dumps(packaged, indent=2, ensure_ascii=False)
    return re.sub(r"\n\s+(-?\d+)(,?)(?:\n\s+(?=\]))?", _on_one_line, indented) + "\n"


def _on_one_line(number: re.Match[str]) -> str:
    return f"{number[1]}{', ' if number[2] else ''}"


def main() -> None:
    """Write the packaged file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions.fit", description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="today, ISO 8601")
    COMPLEXITY.write_text(text_of(document(parser.parse_args().date)), encoding="utf-8")
    sys.stdout.write(f"{COMPLEXITY.name}\n")


if __name__ == "__main__":
    main()
