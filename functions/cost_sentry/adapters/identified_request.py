"""From what a workflow passes on to a request of a caller who is known."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_fields import TAG_VALUE_LENGTH_MAX_CHARACTERS, tag_fault
from cost_sentry.adapters.request_parser_problems import described
from cost_sentry.adapters.tried_again import again_of, started_at
from cost_sentry.domain.caller import Caller, identified, proven_caller
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.retry import attempt_id

Event = Mapping[str, Any]


def caller_of(event: Event) -> Caller:
    """Who started the workflow; see ``proven_caller``."""
    given = event["caller"]
    return proven_caller(given["team"], given["application"], given["workflow"])


def identified_request(event: Event) -> InvocationRequest:
    """The request, with the caller's own team and application whatever it says of them.

    Args:
        event: ``{"request", "caller": {"team", "application", "workflow"}, "execution": {"name",
            "startedAt"}}`` and, of an attempt after the first, ``"again"``.

    Raises:
        RequestRefused: as ``parse_request``.
    """
    caller, raw, name = caller_of(event), event["request"], event["execution"]["name"]
    tags = raw.get("tags", {}) if isinstance(raw, dict) else None
    no_tags: dict[str, str] = {}
    if isinstance(raw, dict) and isinstance(tags, dict):
        no_tags = _claims_that_are_no_tags(tags, caller)
        believed = {name: value for name, value in tags.items() if name not in no_tags}
        raw = {**raw, "tags": {**caller.tags, **believed}}
    request = parse_request(raw, default_request_id=name)
    known = identified(request.tags, caller.tags)
    ignored = {**known.ignored, **no_tags}
    began = started_at(event["execution"])
    request = replace(request, tags=known.tags, ignored_tags=ignored, caller=caller, began_at=began)
    again = again_of(event)
    if again is None:
        return request
    own_id = attempt_id(request.request_id, again.attempt)
    return replace(request, request_id=own_id, again=again)


def _claims_that_are_no_tags(tags: Mapping[str, Any], caller: Caller) -> dict[str, str]:
    """What is said of the caller and could be no tag's value, in words: nobody needs it either."""
    return {
        name: described(tags[name])
        for name in caller.tags
        if name in tags and tag_fault(tags[name], TAG_VALUE_LENGTH_MAX_CHARACTERS)
    }
