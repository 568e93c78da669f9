"""From whatever a caller sent to a request that can be judged, or to all that is wrong with it."""

import hashlib
import re
from typing import Any

from cost_sentry.adapters.converse_shapes import request_shape
from cost_sentry.adapters.request_parser_blank import check_blank
from cost_sentry.adapters.request_parser_fields import SENTRY_FIELDS, check_sentry_fields
from cost_sentry.adapters.request_parser_json import canonical_json, check_json
from cost_sentry.adapters.request_parser_needs import needs_and_path, thinking_tokens
from cost_sentry.adapters.request_parser_problems import Problems, described, one_of, shown
from cost_sentry.adapters.request_parser_roles import check_roles
from cost_sentry.adapters.request_parser_session import check_session, session_of
from cost_sentry.adapters.request_parser_shapes import check_shape
from cost_sentry.adapters.request_parser_unpriced import NEVER_TAKEN, check_unpriced
from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.invocation import InvocationRequest, Priority
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG, unnamed_model
from cost_sentry.domain.session import SESSION_TAG
from cost_sentry.domain.token_bound import input_bound_tokens, input_floor_tokens

_DIGEST_LENGTH_CHARACTERS = 32
_MODEL_ID = re.compile(r"[A-Za-z0-9._:/-]{1,2048}", re.ASCII)
_MAX_TOKENS_ALLOWED = (
    "an integer of at least 1, and at most what the model writes and sentry.yaml allows"
)
_MODEL_ALLOWED = (
    f"a model, a virtual model, or the tag {TASK_TYPE_TAG} where sentry.yaml has rules for it"
)
_MODEL_ID_ALLOWED = "1 to 2048 letters, digits and . _ : / -"

Json = dict[str, Any]


def parse_request(raw: object, *, default_request_id: str) -> InvocationRequest:
    """The request that ``raw`` holds; a name for it if the caller gave none.

    Raises ``RequestRefused`` with everything that is wrong, at most ``PROBLEMS_MAX`` things, each
    with its field in the caller's words. No text of the request is ever quoted (P10).
    """
    problems = Problems()
    if not isinstance(raw, dict):
        problems.add((), f"is {described(raw)}", "an object with modelId, messages and tags")
        problems.refuse_if_any()
    request: Json = raw  # type: ignore[assignment] # refused above if it is no dict
    check_json(request, problems)
    _check_converse(request, problems)
    check_sentry_fields(request, default_request_id, problems)
    check_session(request, problems)
    check_unpriced(request, problems)
    check_blank(request, problems)
    check_roles(request, problems)
    problems.refuse_if_any()
    return _request(request, default_request_id)


def given_model_id(raw: object) -> str:
    """The model that a refused request asked for; empty unless it looks like a model id (P10)."""
    given = raw.get("modelId") if isinstance(raw, dict) else None
    return given if isinstance(given, str) and _MODEL_ID.fullmatch(given) else ""


def _check_converse(request: Json, problems: Problems) -> None:
    shape = request_shape()
    known = [*SENTRY_FIELDS, *(name for name in shape.members if name not in NEVER_TAKEN)]
    for name in request:
        if name not in known and name not in NEVER_TAKEN:
            problems.add((name,), "is not a known field", one_of(known))
    converse = {name: value for name, value in request.items() if name in shape.members}
    inference = converse.get("inferenceConfig")
    if isinstance(inference, dict):
        converse["inferenceConfig"] = {n: v for n, v in inference.items() if n != "maxTokens"}
    messages = request.get("messages")
    if "messages" not in request or messages == []:
        problem = "is empty" if "messages" in request else "is missing"
        problems.add(("messages",), problem, "a list of at least one message")
    _check_model_id(request, problems)
    if "modelId" not in request:
        converse["modelId"] = _unnamed(request) or TASK_TYPE_TAG
    _check_max_tokens(request, problems)
    check_shape((), shape, converse, problems)


def _check_model_id(request: Json, problems: Problems) -> None:
    model_id = request.get("modelId")
    if "modelId" not in request and _unnamed(request) is None:
        problems.add(("modelId",), "is missing", _MODEL_ALLOWED)
    if isinstance(model_id, str) and not _MODEL_ID.fullmatch(model_id):
        problems.add(("modelId",), f"is {shown(model_id)}", _MODEL_ID_ALLOWED)


def _unnamed(request: Json) -> str | None:
    """What stands for the model of a request that leaves it out; ``None`` if it may not."""
    tags = request.get("tags")
    task_type = tags.get(TASK_TYPE_TAG) if isinstance(tags, dict) else None
    return unnamed_model(task_type) if isinstance(task_type, str) else None


def _check_max_tokens(request: Json, problems: Problems) -> None:
    """That it is a number of tokens; how many are too many is known at admission, by the model."""
    inference = request.get("inferenceConfig")
    if not isinstance(inference, dict) or "maxTokens" not in inference:
        return
    tokens = inference["maxTokens"]
    if type(tokens) is not int or tokens < 1:
        problem = f"is {described(tokens)}"
        problems.add(("inferenceConfig", "maxTokens"), problem, _MAX_TOKENS_ALLOWED)


def _request(request: Json, default_request_id: str) -> InvocationRequest:
    own = (*SENTRY_FIELDS, "modelId")
    converse = {name: value for name, value in request.items() if name not in own}
    needs, path = needs_and_path(converse)
    session = session_of(request)
    return InvocationRequest(
        request_id=request.get("requestId", default_request_id),
        model_id=request.get("modelId") or _unnamed(request) or "",
        tags={**request["tags"], **({SESSION_TAG: session.id} if session else {})},
        priority=Priority(request.get("priority", Priority.NORMAL)),
        max_tokens=request.get("inferenceConfig", {}).get("maxTokens"),
        input_bound_tokens=input_bound_tokens(converse),
        input_floor_tokens=input_floor_tokens(converse),
        needs=needs,
        path=path,
        digest=_digest(request),
        converse=converse,
        lower_output_limit=request.get("lowerOutputLimit", True),
        may_wait=request.get("mayWait", False),
        thinking_tokens=thinking_tokens(converse),
        session=session,
        answer_cache=CacheUse(request.get("answerCache", CacheUse.USE)),
    )


def _digest(request: Json) -> str:
    """Of everything sent but ``requestId``: the same id with another digest is another request."""
    content = {name: value for name, value in request.items() if name != "requestId"}
    whole = hashlib.sha256(canonical_json(content).encode()).hexdigest()
    return whole[:_DIGEST_LENGTH_CHARACTERS]
