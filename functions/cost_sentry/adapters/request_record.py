"""A request as it is kept beside its decision: what was asked, and nothing that it says (P10)."""

from collections.abc import Mapping, Sequence
from typing import Any

from cost_sentry.domain.invocation import InvocationPath, InvocationRequest, Needs, Priority
from cost_sentry.domain.session import recorded_session

FORM = 1
FORM_THAT_MAY_WAIT = 2
"""Has the same members: a request that may wait says so by its form."""
_PLAIN = Needs()


def request_to_record(request: InvocationRequest) -> list[Any]:
    """All but id, model and tags, which stand in the decision, as a JSON-safe list."""
    r = request
    return [
        FORM_THAT_MAY_WAIT if r.may_wait else FORM,
        r.priority.value,
        r.max_tokens,
        r.input_bound_tokens,
        r.input_floor_tokens,
        r.path.value,
        r.digest,
        r.lower_output_limit,
        r.thinking_tokens,
        None if r.needs == _PLAIN else _needs_record(r.needs),
        *([[r.session.path_digests, r.session.retry]] if r.session else []),
    ]


def request_from_record(
    record: Sequence[Any], *, request_id: str, model_id: str, tags: Mapping[str, str]
) -> InvocationRequest:
    """The inverse of ``request_to_record``, without text; ``ValueError`` if it is none.

    Digests stand for the names of agents.
    """
    try:
        form, priority, tokens, bound, floor, path, digest, lower, thinking, needs, *run = record
        path_digests, retry = run[0] if run else (None, 0)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a request: {error}") from error
    if form not in (FORM, FORM_THAT_MAY_WAIT):
        raise ValueError(f"a request of form {form!r}; {FORM_THAT_MAY_WAIT} is the last known here")
    return InvocationRequest(
        request_id=request_id,
        model_id=model_id,
        tags=tags,
        priority=Priority(priority),
        max_tokens=tokens,
        input_bound_tokens=bound,
        input_floor_tokens=floor,
        needs=_PLAIN if needs is None else _needs(needs),
        path=InvocationPath(path),
        digest=digest,
        converse={},
        lower_output_limit=lower,
        may_wait=form == FORM_THAT_MAY_WAIT,
        thinking_tokens=thinking,
        session=recorded_session(tags, path_digests, retry),
    )


def _needs_record(needs: Needs) -> list[Any]:
    return [
        sorted(needs.modalities),
        needs.tools,
        needs.system,
        needs.streaming,
        needs.prompt_cache,
        needs.system_message,
        sorted(needs.vendor_parts),
        *([sorted(needs.converse_parts)] if needs.converse_parts else []),
    ]


def _needs(record: Sequence[Any]) -> Needs:
    modalities, tools, system, streaming, prompt_cache, system_message, parts, *more = record
    return Needs(
        modalities=frozenset(modalities),
        tools=tools,
        system=system,
        streaming=streaming,
        prompt_cache=prompt_cache,
        system_message=system_message,
        vendor_parts=frozenset(parts),
        converse_parts=frozenset(more[0] if more else ()),
    )
