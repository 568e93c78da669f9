import base64
import subprocess
import sys
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.converse_codec import (
    _FROM_BOTO,
    _FROM_INTEGRATION,
    _TO_BOTO,
    _TO_INTEGRATION,
    _convert,
    from_boto,
    from_integration,
    pascal,
    to_boto,
    to_integration,
)
from cost_sentry.adapters.converse_shapes import (
    is_document,
    is_union,
    members_of,
    request_shape,
    response_shape,
    shapes_within,
)
from cost_sentry.adapters.request_parser_fields import SENTRY_FIELDS
from tests.fakes.converse_values import arm, values
from tests.fakes.valid_requests import valid_requests

SHAPES = {s.name: s for root in (request_shape(), response_shape()) for s in shapes_within(root)}
UNION_ARMS = [
    pytest.param(shape, name, id=f"{shape.name}.{name}")
    for shape in SHAPES.values()
    if is_union(shape)
    for name in members_of(shape)
]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def as_integration(shape: Shape, value: Any) -> Any:
    """What Step Functions would answer, with everything it is seen to add."""
    if is_document(shape):
        return value
    match shape:
        case StructureShape():
            members = members_of(shape)
            noise = {pascal(name): None for name in members} | {"SdkUnknown": {"Type": "X"}}
            told = {pascal(k): as_integration(members[k], v) for k, v in value.items()}
            return noise | told
        case ListShape():
            return [as_integration(shape.member, item) for item in value]
        case MapShape():
            return {key: as_integration(shape.value, item) for key, item in value.items()}
    return value


@pytest.mark.parametrize(("shape", "name"), UNION_ARMS)
def test_every_union_member_survives_the_way_through_step_functions(shape, name):
    @FEW
    @given(arm(shape, name))
    def round_trip(value):
        sent = _convert(shape, value, _TO_INTEGRATION)

        assert list(sent) == [pascal(name)]
        assert _convert(shape, sent, _FROM_INTEGRATION) == value
        assert _convert(shape, as_integration(shape, value), _FROM_INTEGRATION) == value

    round_trip()


@pytest.mark.parametrize(("shape", "name"), UNION_ARMS)
def test_every_union_member_survives_the_way_through_boto3(shape, name):
    @FEW
    @given(arm(shape, name))
    def round_trip(value):
        sent = _convert(shape, value, _TO_BOTO)

        assert not ParamValidator().validate(sent, shape).has_errors()
        assert _convert(shape, sent, _FROM_BOTO) == value

    round_trip()


@MANY
@given(valid_requests())
def test_botocore_takes_every_request_that_is_converted_for_it(request):
    converse = {k: v for k, v in request.items() if k not in SENTRY_FIELDS}

    kwargs = to_boto(converse)

    assert not ParamValidator().validate(kwargs, request_shape()).has_errors()


@MANY
@given(values(response_shape()))
def test_an_answer_of_the_integration_reads_as_converses_own(answer):
    assert from_integration(as_integration(response_shape(), answer)) == answer


@MANY
@given(values(response_shape()))
def test_an_answer_of_boto3_reads_as_converses_own_without_its_metadata(answer):
    returned = _convert(response_shape(), answer, _TO_BOTO)
    returned |= {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}

    assert from_boto(returned) == answer


@FEW
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda s: (
            st.lists(s)
            | st.dictionaries(
                st.sampled_from(
                    ["Output", "Usage", "message", "Content", "InputTokens", "StopReason"]
                ),
                s,
            )
        ),
    )
)
def test_an_answer_that_is_broken_in_any_way_is_still_read(answer):
    from_integration(answer)


def test_arguments_for_the_integration_are_pascal_case_down_to_documents_and_map_keys():
    schema = {"type": "object", "properties": {"cityName": {"type": "string", "x": None}}}

    arguments = to_integration(
        {
            "modelId": "m",
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/k"}}}},
                        {"toolResult": {"toolUseId": "t", "content": [{"json": {"aKey": [None]}}]}},
                        {"cachePoint": {"type": "default", "ttl": "1h"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"toolUse": {"toolUseId": "t", "name": "w", "input": {"cityName": "X"}}},
                        {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}},
                    ],
                },
            ],
            "inferenceConfig": {"maxTokens": 5, "topP": 0.5, "stopSequences": ["a"]},
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "w", "inputSchema": {"json": schema}}}],
                "toolChoice": {"auto": {}},
            },
            "additionalModelRequestFields": {"top_k": 5, "someCase": {"innerCase": 1}},
            "requestMetadata": {"costCenter": "camelCase"},
        }
    )

    assert arguments == {
        "ModelId": "m",
        "Messages": [
            {"Role": "user", "Content": [
                {"Image": {"Format": "png", "Source": {"S3Location": {"Uri": "s3://b/k"}}}},
                {"ToolResult": {"ToolUseId": "t", "Content": [{"Json": {"aKey": [None]}}]}},
                {"CachePoint": {"Type": "default", "Ttl": "1h"}},
            ]},
            {"Role": "assistant", "Content": [
                {"ToolUse": {"ToolUseId": "t", "Name": "w", "Input": {"cityName": "X"}}},
                {"ReasoningContent": {"ReasoningText": {"Text": "a", "Signature": "s"}}},
            ]},
        ],
        "InferenceConfig": {"MaxTokens": 5, "TopP": 0.5, "StopSequences": ["a"]},
        "ToolConfig": {
            "Tools": [{"ToolSpec": {"Name": "w", "InputSchema": {"Json": schema}}}],
            "ToolChoice": {"Auto": {}},
        },
        "AdditionalModelRequestFields": {"top_k": 5, "someCase": {"innerCase": 1}},
        "RequestMetadata": {"costCenter": "camelCase"},
    }  # fmt: skip


def test_arms_that_the_integration_leaves_empty_are_dropped():
    block = {
        "Text": "",
        "CitationsContent": {},
        "ToolUse": {"ToolUseId": "t", "Name": "n", "Input": {"Q": None}, "Type": None, "Kind": "x"},
    }

    answer = from_integration({"Output": {"Message": {"Role": "assistant", "Content": [block]}}})

    assert answer["output"]["message"]["content"] == [
        {"toolUse": {"toolUseId": "t", "name": "n", "input": {"Q": None}}}
    ]


def test_an_empty_text_alone_is_kept():
    answer = from_integration({"Output": {"Message": {"Role": "a", "Content": [{"Text": ""}]}}})

    assert answer["output"]["message"]["content"] == [{"text": ""}]


def test_a_member_that_converse_does_not_have_is_never_sent():
    with pytest.raises(KeyError, match="stream"):
        to_integration({"modelId": "m", "stream": True})


def test_bytes_travel_as_base64():
    blob = bytes(range(256))
    content = [{"image": {"format": "png", "source": {"bytes": base64.b64encode(blob).decode()}}}]

    kwargs = to_boto({"modelId": "m", "messages": [{"role": "user", "content": content}]})

    assert kwargs["messages"][0]["content"][0]["image"]["source"]["bytes"] == blob


def test_no_two_members_differ_by_case_alone():
    for shape in SHAPES.values():
        names = list(members_of(shape))
        assert len({name.casefold() for name in names}) == len(names), shape.name


def test_the_codec_has_a_rule_for_every_type_that_converse_uses():
    known = {"structure", "list", "map", "string", "blob", "boolean", "integer", "long", "float"}

    assert {shape.type_name for shape in SHAPES.values()} <= known | {"double"}


def test_the_codec_needs_no_boto3():
    code = (
        "import sys; from cost_sentry.adapters.converse_codec import to_integration;"
        "to_integration({'modelId': 'm'}); sys.exit('boto3' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize(
    ("said", "kept"), [("tool_use", {}), ("server_tool_use", {"type": "server_tool_use"})]
)
def test_a_tool_use_carries_no_type_that_converse_would_not_take_back(said, kept):
    use = {"ToolUseId": "t1", "Name": "f", "Input": {"Type": "tool_use"}, "Type": said}
    content = [{"ToolUse": use}]
    answer = {"Output": {"Message": {"Role": "assistant", "Content": content}}}

    [block] = from_integration(answer)["output"]["message"]["content"]

    assert block["toolUse"] == {
        "toolUseId": "t1",
        "name": "f",
        "input": {"Type": "tool_use"},
        **kept,
    }


def test_a_stop_reason_that_is_newer_than_the_service_model_still_reaches_the_caller():
    assert from_integration({"StopReason": "brand_new"})["stopReason"] == "brand_new"
