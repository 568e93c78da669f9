"""Which texts of a request are estimated, and how much work that may be."""

import pytest

from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.domain.complexity import (
    TEXTS_MAX,
    TURNS_COUNTED_MAX,
    PromptCounts,
    complexity_thousandths,
)
from tests.fakes.admissions import request
from tests.fakes.work_compared import times_as_long

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


def conversation(*texts):
    """The user and the model in turn."""
    messages = [
        {"role": ("user", "assistant")[n % 2], "content": [{"text": text}]}
        for n, text in enumerate(texts)
    ]
    return {"messages": messages}


MANY = 4_000
"""Short messages, or blocks: as many as a request can carry."""
HOSTILE = {
    "messages": conversation(*["hi"] * MANY),
    "messages without text": {"messages": [{"role": "user", "content": []}] * MANY},
    "blocks of one message": {"messages": [{"role": "user", "content": [{"text": "hi"}] * MANY}]},
    "blocks of the system prompt": {"system": [{"text": "hi"}] * MANY},
    "blocks of many messages": {
        "messages": [{"role": "user", "content": [{"text": "a"}] * 60}] * 60
    },
}
ORDINARY = conversation(*["How many of the 12 apples are left, if Ann sold half of them?"] * 40)
TIMES_MAX = 5


@pytest.mark.parametrize("converse", HOSTILE.values(), ids=HOSTILE)
def test_any_number_of_messages_takes_not_much_longer_than_a_few(converse):
    asked, ordinary = request(converse=converse), request(converse=ORDINARY)

    longer = times_as_long(
        lambda: estimated_complexity(asked), lambda: estimated_complexity(ordinary)
    )

    assert longer <= TIMES_MAX


class Untouched(dict):
    """A message that nobody may look at."""

    def get(self, *_):
        raise AssertionError


def test_of_many_messages_only_the_first_and_the_last_are_touched():
    half = TEXTS_MAX // 2
    few = conversation(*[f"text {n} and then {n}" for n in range(TEXTS_MAX)])["messages"]
    many = {"messages": [*few[:half], *[Untouched()] * MANY, *few[half:]]}

    assert estimated_complexity(request(converse=many)) == estimated_complexity(
        request(converse={"messages": few})
    )


def test_more_turns_than_count_are_seen_in_the_messages_that_are_looked_at():
    assert TEXTS_MAX // 2 > TURNS_COUNTED_MAX
