import base64
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings

from cost_sentry.adapters.converse_codec import to_boto
from cost_sentry.adapters.converse_shapes import request_shape
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_json import REQUEST_SIZE_MAX_BYTES
from cost_sentry.domain.errors import FieldError, RequestRefused
from cost_sentry.domain.invocation import InvocationPath, InvocationRequest, Needs, Priority
from tests.fakes.valid_requests import REQUEST, request, valid_requests

PNG = base64.b64encode(b"\x89PNG").decode()
SLOW_TO_DRAW = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def parsed(raw: object) -> InvocationRequest:
    return parse_request(raw, default_request_id="execution-1")


def with_content(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return request(messages=[{"role": "user", "content": list(blocks)}], **changes)


def image(source: dict[str, Any]) -> dict[str, Any]:
    return {"image": {"format": "png", "source": source}}


def errors_of(raw: object) -> dict[str, FieldError]:
    with pytest.raises(RequestRefused) as refused:
        parsed(raw)
    return {error.field: error for error in refused.value.errors}


def test_the_smallest_request_gets_every_default():
    smallest = parsed(REQUEST)

    assert smallest.request_id == "execution-1"
    assert smallest.model_id == REQUEST["modelId"]
    assert smallest.tags == {"team": "search"}
    assert smallest.priority is Priority.NORMAL
    assert smallest.max_tokens is None
    assert smallest.lower_output_limit
    assert smallest.thinking_tokens == 0
    assert smallest.needs == Needs()
    assert smallest.path is InvocationPath.DIRECT
    assert smallest.converse == {"messages": REQUEST["messages"]}
    assert 0 < smallest.input_bound_tokens < 2_000


def test_what_the_caller_names_is_used():
    named = parsed(
        request(
            requestId="r-1",
            priority="low",
            lowerOutputLimit=False,
            inferenceConfig={"maxTokens": 7, "topP": 1},
        )
    )

    assert (named.request_id, named.priority, named.max_tokens) == ("r-1", Priority.LOW, 7)
    assert not named.lower_output_limit
    assert named.converse["inferenceConfig"] == {"maxTokens": 7, "topP": 1}


@SLOW_TO_DRAW
@given(valid_requests())
def test_every_valid_request_is_taken_and_its_content_left_as_it_is(raw):
    taken = parsed(raw)

    own = {"modelId", "requestId", "tags", "priority", "lowerOutputLimit"}
    assert taken.converse == {name: raw[name] for name in raw if name not in own}
    kwargs = to_boto({"modelId": taken.model_id, **taken.converse})
    assert not ParamValidator().validate(kwargs, request_shape()).has_errors()


def test_the_digest_is_of_everything_but_the_request_id():
    digest = parsed(REQUEST).digest

    assert len(digest) == 32
    assert parsed(request(requestId="another")).digest == digest
    assert parsed(dict(reversed(REQUEST.items()))).digest == digest
    changed = (
        request(priority="low"),
        request(lowerOutputLimit=False),
        request(tags={"team": "ads"}),
        request(modelId="meta.llama3-8b-instruct-v1:0"),
        with_content({"text": "Why is the sky red?"}),
        request(inferenceConfig={"maxTokens": 5}),
    )
    assert len({digest, *(parsed(raw).digest for raw in changed)}) == 1 + len(changed)


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, 4096),
        ({"a": [{"reasoning_config": {"budgetTokens": 7}}, {"budget-tokens": 9}]}, 9),
        ({"budget_tokens": "many"}, 0),
        ({"budget_tokens": True}, 0),
        ({"budget_tokens": -5}, 0),
        ({"thinking": {"type": "adaptive"}}, 0),
    ],
)
def test_what_a_caller_sets_aside_for_thinking_is_known(fields, tokens):
    assert parsed(request(additionalModelRequestFields=fields)).thinking_tokens == tokens


@pytest.mark.parametrize("given", [None, 0, 1, "false", [], {}])
def test_only_true_and_false_say_whether_the_output_limit_may_be_lowered(given):
    [error] = errors_of(request(lowerOutputLimit=given)).values()

    assert (error.field, error.allowed) == ("lowerOutputLimit", "true or false")


@pytest.mark.parametrize(
    ("raw", "needs"),
    [
        (with_content(image({"bytes": PNG})), Needs(modalities=frozenset({"text", "image"}))),
        (
            with_content({"toolResult": {"toolUseId": "t", "content": [image({"bytes": PNG})]}}),
            Needs(modalities=frozenset({"text", "image"}), tools=True),
        ),
        (
            with_content({"guardContent": image({"bytes": PNG})}),
            Needs(
                modalities=frozenset({"text", "image"}), converse_parts=frozenset({"guardContent"})
            ),
        ),
        (
            with_content({"document": {"name": "n", "source": {"text": "x"}}}),
            Needs(modalities=frozenset({"text", "document"})),
        ),
        (
            with_content({"video": {"format": "mp4", "source": {"bytes": PNG}}}),
            Needs(modalities=frozenset({"text", "video"})),
        ),
        (
            with_content({"audio": {"format": "mp3", "source": {"bytes": PNG}}}),
            Needs(modalities=frozenset({"text", "audio"})),
        ),
        (request(system=[{"text": "Be brief."}]), Needs(system=True)),
        (
            request(
                messages=[
                    *REQUEST["messages"],
                    {"role": "system", "content": [{"text": "Be brief."}]},
                ]
            ),
            Needs(system=True, system_message=1),
        ),
        (
            with_content({"toolUse": {"toolUseId": "t", "name": "n", "input": {"image": 1}}}),
            Needs(tools=True),
        ),
        (
            request(
                toolConfig={"tools": [{"toolSpec": {"name": "n", "inputSchema": {"json": {}}}}]}
            ),
            Needs(tools=True),
        ),
        (
            with_content({"text": "a"}, {"cachePoint": {"type": "default"}}),
            Needs(prompt_cache=True),
        ),
        (
            request(system=[{"text": "a"}, {"cachePoint": {"type": "default"}}]),
            Needs(prompt_cache=True, system=True),
        ),
        (
            request(additionalModelRequestFields={"x": [{"cache_control": {"type": "ephemeral"}}]}),
            Needs(prompt_cache=True, vendor_parts=frozenset({"additionalModelRequestFields"})),
        ),
    ],
)
def test_what_a_model_must_be_able_to_do_is_read_from_the_content(raw, needs):
    assert parsed(raw).needs == needs


@pytest.mark.parametrize(
    ("block", "path"),
    [
        (image({"bytes": PNG}), InvocationPath.LAMBDA),
        ({"reasoningContent": {"redactedContent": PNG}}, InvocationPath.LAMBDA),
        (
            {"toolResult": {"toolUseId": "t", "content": [image({"bytes": PNG})]}},
            InvocationPath.LAMBDA,
        ),
        (
            {"toolUse": {"toolUseId": "t", "name": "n", "input": {"bytes": PNG}}},
            InvocationPath.DIRECT,
        ),
        ({"text": PNG}, InvocationPath.DIRECT),
    ],
)
def test_only_bytes_take_the_lambda_branch(block, path):
    assert parsed(with_content(block)).path is path


def test_everything_wrong_is_told_at_once_in_the_callers_words():
    errors = errors_of(
        {
            "modelId": "a model",
            "messages": [{"role": "usr", "content": [{"text": 5}, {"txt": "a"}, {}]}],
            "system": "Be brief.",
            "inferenceConfig": {"maxTokens": 0, "temperature": 2},
            "tags": {"application": "we#b"},
            "priority": "urgent",
            "lowerOutputLimit": "no",
            "requestId": "",
            "stream": True,
        }
    )

    assert {(field, error.problem) for field, error in errors.items()} == {
        ("modelId", "is a string of 7 characters"),
        ("messages[0].role", 'is "usr"'),
        ("messages[0].content[0].text", "is 5"),
        ("messages[0].content[1].txt", "is not a known field"),
        ("messages[0].content[2]", "is an empty object"),
        ("system", "is a string of 9 characters"),
        ("inferenceConfig.maxTokens", "is 0"),
        ("inferenceConfig.temperature", "is 2"),
        ("tags.team", "is missing"),
        ("tags.application", "has # at character 2"),
        ("priority", 'is "urgent"'),
        ("lowerOutputLimit", "is a string of 2 characters"),
        ("requestId", "is a string of 0 characters"),
        ("stream", "is not a known field"),
    }
    assert errors["priority"].allowed == "one of critical, normal, low"
    assert errors["lowerOutputLimit"].allowed == "true or false"
    assert errors["system"].allowed == "a list"
    assert errors["inferenceConfig.temperature"].allowed == "from 0 to 1"


def test_a_request_with_everything_wrong_is_told_the_first_twenty():
    content = [{"wrong": 1}] * 1_000

    assert len(errors_of(with_content(*content))) == 20


@pytest.mark.parametrize("max_tokens", [0, -1, 1.5, 2.0, True, "5", None, 10**4_000])
def test_max_tokens_must_be_a_positive_integer(max_tokens):
    errors = errors_of(request(inferenceConfig={"maxTokens": max_tokens}))

    assert errors["inferenceConfig.maxTokens"].allowed.startswith("an integer")


@pytest.mark.parametrize("max_tokens", [1_000_001, 2**31, 10**12])
def test_how_many_tokens_are_too_many_is_left_to_admission_which_knows_the_model(max_tokens):
    assert parsed(request(inferenceConfig={"maxTokens": max_tokens})).max_tokens == max_tokens


@pytest.mark.parametrize("messages", [[], None, {}, "hello", 5, [5], [[]], [None]])
def test_messages_must_be_a_list_of_at_least_one_message(messages):
    assert next(iter(errors_of(request(messages=messages)))).startswith("messages")


def test_a_request_larger_than_step_functions_carries_is_refused():
    def of_size(size_bytes: int) -> dict[str, Any]:
        room = size_bytes - len('{"text":""}') - 4_000
        return with_content({"text": "ä" * (room // 2)}, {"text": "x" * (room % 2)})

    assert parsed(of_size(REQUEST_SIZE_MAX_BYTES)).path is InvocationPath.DIRECT
    error = errors_of(of_size(REQUEST_SIZE_MAX_BYTES + 8_000))["request"]
    assert "256 KiB" in error.allowed
    assert str(REQUEST_SIZE_MAX_BYTES) in error.allowed


def test_the_size_limit_is_exact():
    empty = len(b'{"messages":[{"content":[{"text":""}],"role":"user"}],"modelId":"m","tags":')
    empty += len(b'{"team":"t"}}')
    fits = "x" * (REQUEST_SIZE_MAX_BYTES - empty)

    assert parsed(with_content({"text": fits}, modelId="m", tags={"team": "t"}))
    assert errors_of(with_content({"text": fits + "x"}, modelId="m", tags={"team": "t"}))


@pytest.mark.parametrize("text", ["%%%", "abc", "YWJj\n", "YW-_", "ä", ""])
def test_bytes_must_be_base64(text):
    errors = errors_of(with_content(image({"bytes": text})))

    assert set(errors) == {"messages[0].content[0].image.source.bytes"}


def test_a_union_takes_exactly_one_of_its_members():
    errors = errors_of(with_content({"text": "a", "cachePoint": {"type": "default"}}))

    assert errors["messages[0].content[0]"].problem == "has 2 fields: text, cachePoint"
    assert errors["messages[0].content[0]"].allowed.startswith("exactly one of text, image")


@pytest.mark.parametrize("field", ["temperature", "topP"])
def test_a_boolean_is_no_number(field):
    assert set(errors_of(request(inferenceConfig={field: True}))) == {f"inferenceConfig.{field}"}
