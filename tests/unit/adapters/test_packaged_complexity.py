"""The packaged weights fit the code that uses them."""

import json

from cost_sentry.adapters.packaged_complexity import (
    COMPLEXITY,
    packaged_quartiles,
    packaged_weights,
)
from cost_sentry.domain.complexity import features_of


def test_there_is_a_weight_for_each_feature_and_no_other():
    assert list(packaged_weights().features) == list(features_of(["any text"]))


def test_the_file_says_from_what_it_was_learned_and_when():
    told = json.loads(COMPLEXITY.read_text(encoding="utf-8"))

    assert told["date"] >= "2026-11-29"
    assert "Apache 2.0" in told["source"]
    assert "SHA-256" in told["split"]
    assert set(told["prompts"]) == {"gsm8k", "mmlu"}


def test_quartiles_ascend():
    first, second, third = packaged_quartiles()

    assert 0 < first < second < third < 1000
