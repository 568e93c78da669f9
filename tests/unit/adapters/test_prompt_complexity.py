"""Which texts of a request are estimated."""

import pytest

from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.domain.complexity import PromptCounts, complexity_thousandths
from tests.fakes.admissions import request

SYSTEM, FIRST, SECOND = "Answer briefly.", "What is 3 times 4?", "And then half of that?"
CONVERSE = {
    "system": [{"text": SYSTEM}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {"role": "user", "content": [{"text": FIRST}, {"image": {"format": "png"}}]},
        {"role": "assistant", "content": [{"text": "12"}]},
        {"role": "user", "content": [{"text": SECOND}]},
    ],
    "toolConfig": {"tools": [{"toolSpec": {}}, {"toolSpec": {}}]},
}


def test_system_and_messages_are_estimated_with_turns_and_tools():
    expected = complexity_thousandths(
        [SYSTEM, FIRST, "12", SECOND], packaged_weights(), PromptCounts(turns=2, tools=2)
    )

    assert estimated_complexity(request(converse=CONVERSE)) == expected


def test_what_was_estimated_before_stands_also_when_the_text_is_gone():
    kept = request(complexity_thousandths=7, converse={})

    assert estimated_complexity(kept) == 7


@pytest.mark.parametrize(
    "converse",
    [{}, {"messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}]}],
)
def test_a_request_without_text_has_no_estimate(converse):
    assert estimated_complexity(request(converse=converse)) is None
