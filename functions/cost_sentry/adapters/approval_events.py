"""What functions of approvals are given and give back, as JSON.

A body that is not as it should be is ``RequestRefused``: field, what is wrong, what is allowed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.application.answer_request import Answer, Verb
from cost_sentry.application.approval_answers import ApprovalAnswer
from cost_sentry.application.approval_record import approval_to_document
from cost_sentry.application.ask_for_more import Asked
from cost_sentry.domain.errors import FieldError, RequestRefused

_MOMENT = "an instant with its offset, such as 2026-12-01T00:00:00+00:00"
_TEXT = "a text of at most 500 characters"
_CHARACTERS_MAX = 500


def asked_of(body: Mapping[str, Any]) -> Asked:
    """``{"id", "reason", "until"}`` and ``{"budget", "amount"}`` or ``{"scope", "priceClass"}``."""
    scope = body.get("scope") or {}
    if not isinstance(scope, Mapping):
        raise _wrong("scope", "is no object of tags", 'such as {"team": "search"}')
    return Asked(
        id=_text(body, "id"),
        reason=_text(body, "reason"),
        until=_moment(body, "until"),
        budget_id=_text_or_none(body, "budget"),
        amount=_text_or_none(body, "amount"),
        scope=tuple((str(name), _text(scope, name)) for name in scope),
        price_class=_text_or_none(body, "priceClass"),
    )


def answer_of(event: Mapping[str, Any]) -> Answer:
    """``{"verb", "body": {"id", "content", "why"}}``."""
    verbs = [verb.value for verb in Verb]
    if event.get("verb") not in verbs:
        raise _wrong("verb", f"{event.get('verb')!r} is none", f"one of {', '.join(verbs)}")
    body = event["body"]
    return Answer(
        verb=Verb(event["verb"]),
        approval_id=_text(body, "id"),
        content=_text(body, "content"),
        why=_text_or_none(body, "why") or "",
    )


def answer_to_event(answer: ApprovalAnswer) -> dict[str, Any]:
    """``{"code", "message", "approval"}``."""
    standing = approval_to_document(answer.approval) if answer.approval else None
    return {"code": answer.code.value, "message": answer.message, "approval": standing}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _CHARACTERS_MAX:
        raise _wrong(name, "is no text, or too long", _TEXT)
    return value


def _text_or_none(body: Mapping[str, Any], name: str) -> str | None:
    return _text(body, name) if body.get(name) else None


def _moment(body: Mapping[str, Any], name: str) -> datetime:
    text = _text(body, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _wrong(name, f"{text!r} is no moment", _MOMENT) from error
    if moment.tzinfo is None:
        raise _wrong(name, f"{text!r} says not where", _MOMENT)
    return moment


def _wrong(field: str, problem: str, allowed: str) -> RequestRefused:
    return RequestRefused((FieldError(field=field, problem=problem, allowed=allowed),))
