"""A translated prompt says what was said, and is no longer than the bound that it was quoted by."""

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.endpoint_chat import chat_request, converse_answer
from cost_sentry.domain.token_bound import (
    MEMBER_FRAMING_TOKENS,
    REQUEST_FRAMING_TOKENS,
    input_bound_tokens,
)

texts = st.text(min_size=1, max_size=40)
blocks = st.lists(texts.map(lambda text: {"text": text}), min_size=1, max_size=4)
turns = st.fixed_dictionaries({"role": st.sampled_from(("user", "assistant")), "content": blocks})
requests = st.fixed_dictionaries(
    {"messages": st.lists(turns, min_size=1, max_size=4)},
    optional={
        "system": blocks,
        "inferenceConfig": st.fixed_dictionaries(
            {"maxTokens": st.integers(1, 9_999)},
            optional={"temperature": st.floats(0, 1), "topP": st.floats(0, 1)},
        ),
        "requestMetadata": st.dictionaries(texts, texts, max_size=2),
    },
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(requests)
def test_no_tokenizer_makes_more_of_the_translation_than_the_bound_allows(converse):
    """Bytes bound tokens; what a chat template adds to a message is within what is counted."""
    sent = chat_request(converse)["messages"]

    tokens = sum(len(one["content"].encode()) + MEMBER_FRAMING_TOKENS for one in sent)

    assert tokens + REQUEST_FRAMING_TOKENS <= input_bound_tokens(converse)


@given(requests)
def test_every_text_is_sent_in_its_place_and_nothing_else_is(converse):
    sent = chat_request(converse)["messages"]

    system = [("system", converse["system"])] if "system" in converse else []
    said = [*system, *((turn["role"], turn["content"]) for turn in converse["messages"])]
    assert [(one["role"], one["content"]) for one in sent] == [
        (role, "\n".join(block["text"] for block in content)) for role, content in said
    ]


@given(any_json)
def test_whatever_usage_says_it_is_read_whole_or_not_at_all(usage):
    choice = {"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}

    answer = converse_answer({"choices": [choice], "usage": usage}, 1)

    told = parse_usage(answer)
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens")) if told else None
    assert counts == ((told.input_tokens, told.output_tokens) if told else None)
