"""A request beside its decision: everything but its text, and the same when it is read."""

import json
from dataclasses import replace

import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_record import request_from_record, request_to_record
from cost_sentry.domain.invocation import InvocationPath, Needs, Priority
from cost_sentry.domain.session import Session
from tests.fakes.admissions import request

SECRET = "the printer is on fire"
NAMES = {"request_id": "r1", "model_id": request().model_id, "tags": request().tags}
FULL = request(
    priority=Priority.LOW,
    max_tokens=None,
    needs=Needs(
        modalities=frozenset({"text", "image"}),
        tools=True,
        system=True,
        prompt_cache=True,
        system_message=3,
        vendor_parts=frozenset({"reasoningContent", "citations"}),
        converse_parts=frozenset({"guardrailConfig"}),
    ),
    path=InvocationPath.LAMBDA,
    lower_output_limit=False,
    thinking_tokens=1_024,
)


@pytest.mark.parametrize("asked", [request(), FULL], ids=["plain", "everything"])
def test_a_request_is_read_as_it_was_kept_without_its_text(asked):
    record = json.loads(json.dumps(request_to_record(asked)))

    assert request_from_record(record, **NAMES) == asked.without_text()


@pytest.mark.parametrize("path", [None, (), ("planner", "reader")])
def test_where_in_its_run_a_call_stood_is_kept_without_the_names_of_agents(path):
    run = Session(id="01a1fdc3-5780-7000-8000-0000000000aa", path=path, retry=2)
    tags = {**request().tags, "session": run.id}

    record = json.loads(json.dumps(request_to_record(request(tags=tags, session=run))))
    found = request_from_record(record, **{**NAMES, "tags": tags})

    assert found.session == replace(run, path=run.path_digests)
    assert "planner" not in json.dumps(record)


def test_no_text_of_the_prompt_is_kept():
    asked = parse_request(
        {
            "modelId": "m",
            "tags": {"team": "search"},
            "system": [{"text": SECRET}],
            "messages": [{"role": "user", "content": [{"text": SECRET}]}],
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "fire", "inputSchema": {"json": {"a": SECRET}}}}]
            },
        },
        default_request_id="r1",
    )

    assert SECRET not in json.dumps(request_to_record(asked))


@pytest.mark.parametrize("record", [None, [], [1, "normal"], [3, *[None] * 9]])
def test_what_is_no_request_of_this_form_is_refused(record):
    with pytest.raises(ValueError, match="request"):
        request_from_record(record, **NAMES)
