"""What Bedrock's refusal of a call means in the caller's words, where it is the caller's to mend.

No message of Bedrock's is passed on from here: it may quote the prompt (P10).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cost_sentry.adapters.answer_block import Block, resolved_block
from cost_sentry.adapters.tried_again import again_part
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.reservation import ResolvedReservation
from cost_sentry.domain.retry import Again

_TOO_LONG = re.compile(
    r"input is too long"
    r"|prompt is too long"
    r"|too many input tokens"
    r"|input tokens exceed"
    r"|exceeds? (the )?context (limit|length|window)"
    r"|maximum context length",
    re.IGNORECASE,
)
"""Bedrock's words for it, as callers of different models have reported them: it has no code."""


def refused_answer(
    event: Mapping[str, Any],
    resolved: ResolvedReservation,
    card_of: Callable[[str], ModelCard | None],
    again: Again | None,
) -> dict[str, Any]:
    """What the workflow fails with, or goes on with.

    ``{"error", "message", "sentry", "triedAgain"}``, and ``again`` where that is true.

    Args:
        event: ``{"error": {"Error", "Cause"}, "sentry"}``.
        resolved: how its reservation ended.
        card_of: see ``with_refusal``.
        again: what the next attempt must know; ``None``: there is none.
    """
    error = event["error"]
    block = resolved_block(event["sentry"], resolved)
    return {
        "error": error["Error"],
        "message": error.get("Cause", ""),
        "sentry": with_refusal(block, error, card_of),
        "triedAgain": again is not None,
        **again_part(again),
    }


def with_refusal(
    block: Block, error: Mapping[str, Any], card_of: Callable[[str], ModelCard | None]
) -> Block:
    """The block with the field that Bedrock refused, if this error says which.

    Args:
        block: of the call that Bedrock refused.
        error: ``Error`` and ``Cause`` as the workflow caught them.
        card_of: what a model can do, by its id; asked only for a prompt that is too long.
    """
    if not is_too_long(error):
        return block
    model = str(block.get("modelUsed"))
    card = card_of(model)
    most = f"{card.context_tokens} tokens, " if card else ""
    refused = {
        "field": "messages",
        "problem": "the prompt is too long, says Amazon Bedrock",
        "allowed": f"at most {most}the context window of {model}",
    }
    return {**block, "errors": [*block.get("errors", []), refused]}


def is_too_long(error: Mapping[str, Any]) -> bool:
    """Whether Bedrock refused the prompt for its length. A quota of tokens is another error."""
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    return name.endswith("ValidationException") and _TOO_LONG.search(cause) is not None
