"""The key under which an answer is kept: a keyed hash of all that it depends on. Pure.

Keyed, because keys show where text must not: in CloudTrail's data events, and in whatever reads the
table's keys. Without the deployment's secret nobody can try whether a prompt that they guess was
asked.
"""

import hmac
from hashlib import sha256

from cost_sentry.adapters.request_parser_json import canonical_json
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.invocation import InvocationRequest

FORM = 1
"""Of what is hashed; another one finds no answer of before."""


def answer_key(secret: bytes, request: InvocationRequest, output_limit_tokens: int) -> str:
    """HMAC-SHA-256, whole, in hexadecimal.

    Of the whole request but ``requestId``, ``answerCache`` and ``mayWait``, by whose service tier
    the model is the same: its tags with what is proven of
    them, its environment, and its caller. Not of its digest, whose 128 bits are meant to tell a
    caller's own requests apart and not to withstand who looks for two that are alike.
    """
    content = [
        FORM,
        _caller(request.caller),
        request.environment,
        request.model_id,
        output_limit_tokens,
        request.priority.value,
        request.lower_output_limit,
        dict(request.tags),
        request.converse,
    ]
    return hmac.new(secret, canonical_json(content).encode(), sha256).hexdigest()


def _caller(caller: Caller | None) -> list[str | None]:
    if caller is None or caller.application is None:
        raise ValueError("only an application that is proven has answers of its own")
    return [caller.team, caller.application]
