"""What `approval` asks of a deployment."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import typer

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.approval_record import approval_from, request_to_document
from cost_sentry.domain.approval import APPROVAL_ID, Approval
from cost_sentry.domain.approval_deed import content_digest
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem
from cost_sentry_client.signed_calls import call_signed

LISTED_MAX = 200
_SPAN = re.compile(r"(\d{1,4})([hd])")
_HOURS = {"h": 1, "d": 24}


def new_approval_id(now: datetime) -> str:
    """One that nobody has; it sorts after older ones."""
    return f"ap-{now:%Y%m%d}t{now:%H%M%S}-{secrets.token_hex(5)}"


def until_of(text: str, now: datetime) -> datetime:
    """``12h``, ``7d``, or an instant with its offset; whole seconds."""
    span = _SPAN.fullmatch(text)
    if span:
        return now.replace(microsecond=0) + timedelta(hours=int(span[1]) * _HOURS[span[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is no time; allowed: 12h, 7d, or an instant with its offset such as"
            " 2026-12-01T00:00Z",
            param_hint="--until",
        )
    return moment


def ask(operator: Operator, body: dict[str, object]) -> tuple[dict[str, Any], Approval]:
    """Ask, and give the request as it stands; ``Problem`` if the answer is no."""
    nothing = "nothing was asked; what may be is said under `approvals` in sentry.yaml"
    return _told(call_signed(operator, "ask_for_more", "ask", body), str(body["id"]), nothing)


def answer(
    operator: Operator, verb: Verb, approval_id: str, why: str
) -> tuple[dict[str, Any], Approval]:
    """Answer the request as it stands on record now; ``Problem`` if the answer is no."""
    shown = known_approval(operator, approval_id)
    body = {
        "id": approval_id,
        "content": content_digest(request_to_document(shown.request)),
        **({"why": why} if why else {}),
    }
    nothing = f"nothing was changed; {_look(approval_id)}"
    return _told(call_signed(operator, "answer_request", verb.value, body), approval_id, nothing)


def known_approval(operator: Operator, approval_id: str) -> Approval:
    """As it stands; ``Problem`` if there is none of this id."""
    found = operator.approvals.read(approval_id) if APPROVAL_ID.fullmatch(approval_id) else None
    if found is None:
        raise Problem(
            f"there is no request {approval_id!r}",
            where=operator.target.text,
            fix="`cost-sentry approval list --all` shows those that there are",
            exit_code=ExitCode.REFUSED,
        )
    return found


def _look(approval_id: str) -> str:
    return f"`cost-sentry approval show {approval_id}` tells how it stands"


def _told(
    told: dict[str, Any], approval_id: str, otherwise: str
) -> tuple[dict[str, Any], Approval]:
    """The request as it stands; ``otherwise`` says what to do if nothing of it is told."""
    if told["code"] != "DONE":
        is_shown = told["approval"] is not None
        raise Problem(
            told["message"],
            where=approval_id,
            fix=_look(approval_id) if is_shown else otherwise,
            exit_code=ExitCode.REFUSED,
            details={"code": told["code"], "approval": told["approval"]},
        )
    return told, approval_from(told["approval"])
