from typing import Any

import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.errors import FieldError, RequestRefused
from cost_sentry.domain.invocation import InvocationRequest
from tests.fakes.valid_requests import request


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


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"promptVariables": {"a": {"text": "b"}}}, "promptVariables"),
        ({"modelId": "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDE12345:1"}, "modelId"),
        ({"serviceTier": {"type": "priority"}}, "serviceTier.type"),
        ({"performanceConfig": {"latency": "optimized"}}, "performanceConfig.latency"),
        (
            {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
            "toolConfig.tools[0].systemTool",
        ),
        (
            {"additionalModelRequestFields": {"max_tokens": 9}},
            "additionalModelRequestFields.max_tokens",
        ),
        (
            {"additionalModelRequestFields": {"inferenceConfig": {"maxNewTokens": 9}}},
            "additionalModelRequestFields.inferenceConfig.maxNewTokens",
        ),
        ({"additionalModelRequestFields": {"n": 5}}, "additionalModelRequestFields.n"),
        ({"additionalModelRequestFields": "x"}, "additionalModelRequestFields"),
        (
            {"additionalModelRequestFields": {"mcp_servers": [{"url": "u"}]}},
            "additionalModelRequestFields.mcp_servers",
        ),
        *(
            (
                {"additionalModelRequestFields": {"tools": [{"name": "a"}, {"type": kind}]}},
                "additionalModelRequestFields.tools[1].type",
            )
            for kind in ("web_search_20250305", "bash_20991231", "code_execution", 7, None, ["x"])
        ),
    ],
)
def test_what_the_price_book_cannot_bound_is_refused(changes, field):
    assert set(errors_of(request(**changes))) == {field}


@pytest.mark.parametrize("kind", ["image", "document", "video", "audio"])
def test_a_file_in_s3_is_refused_at_its_field_for_the_sentry_cannot_see_it(kind):
    formats = {"image": "png", "document": "pdf", "video": "mp4", "audio": "mp3"}
    name = {"name": "n"} if kind == "document" else {}
    source = {"s3Location": {"uri": "s3://bucket/key"}}

    errors = errors_of(with_content({kind: {"format": formats[kind], "source": source, **name}}))

    (error,) = errors.values()
    assert error.field == f"messages[0].content[0].{kind}.source.s3Location"
    assert error.problem == "is not supported"
    assert error.allowed.startswith("bytes")


def test_a_file_in_s3_within_a_tool_result_is_refused_and_a_document_may_name_one():
    nested = image({"s3Location": {"uri": "s3://bucket/key.png"}})
    words = {"image": {"source": {"s3Location": {"uri": "s3://bucket/key.png"}}}}

    errors = errors_of(with_content({"toolResult": {"toolUseId": "t", "content": [nested]}}))

    assert set(errors) == {"messages[0].content[0].toolResult.content[0].image.source.s3Location"}
    assert parsed(with_content({"toolUse": {"toolUseId": "t", "name": "n", "input": words}}))


@pytest.mark.parametrize("kind", ["bash_20250124", "text_editor_20250728", "custom", "function"])
def test_a_tool_whose_definition_can_be_bounded_passes(kind):
    fields = {"tools": [{"type": kind, "name": "t"}, {"name": "mine", "input_schema": {}}]}

    assert parsed(request(additionalModelRequestFields=fields))


def test_additional_fields_that_only_mention_an_output_limit_pass():
    fields = {"tools": {"schema": {"max_tokens": {"type": "integer"}}}, "top_k": 5}

    assert (
        parsed(request(additionalModelRequestFields=fields)).converse[
            "additionalModelRequestFields"
        ]
        == fields
    )
