import json
from collections import Counter

import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry_client.config_file.load import load_config
from cost_sentry_local.demo.deployment import CONFIG
from cost_sentry_local.demo.prompts import CANARY, prompt
from cost_sentry_local.demo.trace import SAMPLE, TraceTooShort, read_trace
from cost_sentry_local.demo.traffic import CALLERS, SANDBOX, Content
from cost_sentry_local.demo.workload import planned_calls
from cost_sentry_local.stand_in.prompt import prompt_tokens

CALLS = 600


@pytest.fixture(scope="module")
def trace():
    return read_trace(CALLS)


def test_the_trace_is_read_in_the_order_of_arrival_with_its_own_counts(trace):
    first, second = trace[:2]

    assert (first.row, first.after_seconds) == (1, 0.0)
    assert (first.context_tokens, first.generated_tokens) == (374, 44)
    assert second.after_seconds == pytest.approx(4.314579)
    assert [call.after_seconds for call in trace] == sorted(call.after_seconds for call in trace)


def test_more_calls_than_the_sample_holds_are_refused_with_their_number():
    with pytest.raises(TraceTooShort, match=r"1201 calls were asked for; .* has 1200"):
        read_trace(1_201)


def test_the_sample_says_whose_data_it_is():
    licence = SAMPLE.with_suffix(".LICENSE").read_text(encoding="utf-8")

    for said in ("Azure Public", "CC BY 4.0", "Patel", "Splitwise", "ISCA 2024"):
        assert said in licence


def test_two_runs_make_the_same_calls_and_another_seed_makes_others(trace):
    assert list(planned_calls(trace)) == list(planned_calls(trace))
    assert list(planned_calls(trace, seed=1)) != list(planned_calls(trace))


def test_every_call_is_a_request_that_the_sentry_accepts(trace):
    for call in planned_calls(trace):
        parsed = parse_request(json.loads(json.dumps(call.input)), default_request_id="unnamed")

        assert parsed.request_id == call.request_id
        assert parsed.model_id == call.caller.model_id


def test_every_caller_and_model_is_in_the_example_configuration():
    config = load_config(CONFIG).config

    assert {caller.team for caller in CALLERS} == set(config.teams)
    assert {caller.model_id for caller in CALLERS} <= set(config.models)


def test_every_kind_of_content_and_every_priority_is_sent(trace):
    calls = list(planned_calls(trace))

    assert {call.content for call in calls} == set(Content)
    assert {call.input["priority"] for call in calls} == {"critical", "normal", "low"}


def test_a_few_calls_meet_a_fault_and_none_of_the_sandbox_does(trace):
    faults = Counter(
        (call.caller, call.input["requestMetadata"]["standIn.fault"])
        for call in planned_calls(trace)
        if "standIn.fault" in call.input["requestMetadata"]
    )

    assert {fault for _, fault in faults} == {"throttle", "internal", "unavailable", "disconnect"}
    assert faults.total() < CALLS * 0.05
    assert SANDBOX not in {caller for caller, _ in faults}


def test_answers_replay_the_generated_tokens_and_leave_room_for_them(trace):
    for traced, call in zip(trace, planned_calls(trace), strict=True):
        assert call.input["inferenceConfig"]["maxTokens"] > traced.generated_tokens
        if call.content is not Content.TOOLS:
            said = call.input["requestMetadata"]["standIn.outputTokens"]
            assert said == str(traced.generated_tokens)


@pytest.mark.parametrize("content", [Content.TEXT, Content.SYSTEM, Content.TOOLS])
@pytest.mark.parametrize("tokens", [40, 374, 4_107])
def test_a_prompt_has_about_as_many_tokens_as_the_trace_says(content, tokens):
    assert prompt_tokens(prompt(content, tokens)) == pytest.approx(tokens, abs=120)


@pytest.mark.parametrize("content", list(Content))
def test_every_prompt_carries_the_canary(content):
    sent = prompt(content, 300)

    documents = [
        block["document"]["source"]["bytes"]
        for block in sent["messages"][0]["content"]
        if "document" in block
    ]
    assert CANARY in json.dumps(sent) or documents
    assert all("Y2FuYXJ5LXByb21wd" in encoded for encoded in documents)
