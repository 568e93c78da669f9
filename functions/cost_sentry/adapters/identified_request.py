"""From what a workflow passes on to a request of a caller who is known."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.tried_again import again_of
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
        event: ``{"request", "caller": {"team", "application", "workflow"}, "execution": {"name"}}``
            and, of an attempt after the first, ``"again"``.

    Raises:
        RequestRefused: as ``parse_request``.
    """
    caller, raw, name = caller_of(event), event["request"], event["execution"]["name"]
    tags = raw.get("tags", {}) if isinstance(raw, dict) else None
    if isinstance(raw, dict) and isinstance(tags, dict):
        raw = {**raw, "tags": {**caller.tags, **tags}}
    request = parse_request(raw, default_request_id=name)
    known = identified(request.tags, caller.tags)
    request = replace(request, tags=known.tags, ignored_tags=known.ignored, caller=caller)
    again = again_of(event)
    if again is None:
        return request
    own_id = attempt_id(request.request_id, again.attempt)
    return replace(request, request_id=own_id, again=again)
