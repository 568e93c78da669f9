"""What is made for one provider's models is found wherever it is, and nothing else."""

from typing import Any

import pytest

from cost_sentry.adapters.request_parser import parse_request
from tests.fakes.valid_requests import request

REASONING = {"reasoningContent"}
SCHEMA = {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}


def with_content(*blocks: dict[str, Any]) -> dict[str, Any]:
    return request(messages=[{"role": "user", "content": list(blocks)}])


def tool(**changes: Any) -> dict[str, Any]:
    return {"toolSpec": {"name": "n", "inputSchema": {"json": {}}, **changes}}


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (request(additionalModelRequestFields={"top_k": 5}), {"additionalModelRequestFields"}),
        (request(additionalModelRequestFields={}), set()),
        (with_content({"reasoningContent": {"reasoningText": {"text": "a"}}}), REASONING),
        (with_content({"reasoningContent": {"redactedContent": "iVBO"}}), REASONING),
        (request(outputConfig={"textFormat": SCHEMA}), {"outputConfig"}),
        (request(outputConfig={}), set()),
        (request(toolConfig={"tools": [tool(strict=True)]}), {"strict"}),
        (request(toolConfig={"tools": [tool(strict=False)]}), set()),
        (with_content({"text": "reasoningContent outputConfig"}), set()),
        (request(guardrailConfig={"guardrailIdentifier": "g"}), set()),
        (request(requestMetadata={"strict": "yes"}), set()),
    ],
)
def test_parts_that_are_made_for_one_provider_are_found(raw, parts):
    assert parse_request(raw, default_request_id="r").needs.vendor_parts == parts


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (request(guardrailConfig={"guardrailIdentifier": "g"}), {"guardrailConfig"}),
        (with_content({"guardContent": {"text": {"text": "a"}}}), {"guardContent"}),
        (request(additionalModelResponseFieldPaths=["/a"]), {"additionalModelResponseFieldPaths"}),
        (with_content({"text": "guardContent"}), set()),
        (request(requestMetadata={"a": "b"}), set()),
    ],
)
def test_parts_that_only_converse_itself_acts_on_are_found(raw, parts):
    assert parse_request(raw, default_request_id="r").needs.converse_parts == parts
