"""Refusals and reroutes as items beside the journal of their request. No text of it (P10)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.hit_record import hit_from_record, hit_to_record
from cost_sentry.adapters.ledger_items import Item, key
from cost_sentry.adapters.request_record import request_from_record, request_to_record
from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.adapters.route_record import route_from_record, route_to_record
from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.domain.alert import used_up_window
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import (
    BudgetView,
    Decision,
    DecisionKind,
    ReasonCode,
    RungOutcome,
    StageNote,
)
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.route import Route
from cost_sentry.domain.spend import UNNAMED

KEPT = timedelta(days=30)
_ACCOUNT_BYTES_MAX = 700
"""Of a sort key's 1,024; the names in a refused request were never checked."""
_SUFFIX = {
    DecisionKind.ALLOW: "ALLOWED",
    DecisionKind.REROUTE: "REROUTED",
    DecisionKind.REJECT: "REJECTED",
    DecisionKind.DEFER: "DEFERRED",
}


def decision_key(decision: Decision, at: datetime) -> Mapping[str, Any]:
    """``REQUEST#<id>`` / ``<account>#REJECTED#<time>``: a refused id may be tried again."""
    sk = f"{_account_part(decision)}#{_SUFFIX[decision.kind]}#{at.isoformat()}"
    return key(f"REQUEST#{decision.request_id}", sk)


def hit_key(decision: Decision) -> Mapping[str, Any]:
    """``REQUEST#<id>`` / ``<account>#CACHED``: one, however often the id is answered so."""
    return key(f"REQUEST#{decision.request_id}", f"{_account_part(decision)}#CACHED")


def _account_part(decision: Decision) -> str:
    account = decision_account(decision)
    if "#" in account or len(account.encode("utf-8", "replace")) > _ACCOUNT_BYTES_MAX:
        return hashlib.sha256(account.encode("utf-8", "replace")).hexdigest()[:32]
    return account


def decision_account(decision: Decision) -> str:
    """The payer path, as far as the request named one."""
    if decision.reservation is not None:
        return decision.reservation.account
    tags = decision.tags
    return f"{tags.get('team', UNNAMED)}/{tags.get('application', UNNAMED)}"


def used_up_attribute(decision: Decision) -> Item:
    """``used_up`` as ``budget@window`` if the asked model's budget was so, else nothing.

    The stream's filter lets only decisions with this attribute through to the projector.
    """
    used_up = used_up_window(decision)
    return {} if used_up is None else {"used_up": {"S": "@".join(used_up)}}


def used_up_of(item: Item) -> tuple[str, str] | None:
    """What ``used_up_attribute`` wrote; ``None`` if there is no such thing."""
    match item.get("used_up"):
        case {"S": str(purse)}:
            budget_id, at, window_id = purse.rpartition("@")
            return (budget_id, window_id) if budget_id and at and window_id else None
    return None


def decision_text(decision: Decision, request: InvocationRequest | None = None) -> str:
    """The decision as JSON, and what was asked, without its text.

    ``recorded_decision_of`` reads it back.
    """
    return record_text(
        {
            "kind": decision.kind.value,
            "code": decision.code.value,
            "message": decision.message,
            "id": decision.request_id,
            "ask": decision.model_asked,
            "use": decision.model_used,
            "tags": dict(decision.tags),
            "account": decision_account(decision),
            "budgets": [_view_record(view) for view in decision.budgets],
            "rungs": [[r.model_id, r.outcome, r.quote_picodollars] for r in decision.rungs],
            **_stage_records(decision),
            "errors": [[e.field, e.problem, e.allowed] for e in decision.errors],
            **_note_records(decision),
            **({"unshown": decision.shadow_left_out} if decision.shadow_left_out else {}),
            **({"ignored": dict(decision.ignored_tags)} if decision.ignored_tags else {}),
            **({"route": route_to_record(decision.route)} if decision.route else {}),
            **_slot_record(decision),
            **({"cache": hit_to_record(decision.cached)} if decision.cached else {}),
            **({"asked": request_to_record(request)} if request else {}),
        }
    )


def recorded_decision_of(item: Item) -> RecordedDecision | None:
    """The decision of a ``REQUEST#`` item; ``None`` if it is an entry."""
    if "decision" not in item:
        return None
    at = datetime.fromisoformat(item["at"]["S"])
    return recorded_decision_from(item["decision"]["S"], at)


def recorded_decision_from(text: str, at: datetime) -> RecordedDecision:
    """The inverse of ``decision_text``, but for what that leaves out."""
    record = json.loads(text)
    decision = Decision(
        kind=DecisionKind(record["kind"]),
        code=ReasonCode(record["code"]),
        message=record["message"],
        request_id=record["id"],
        model_asked=record["ask"],
        model_used=record["use"],
        budgets=tuple(_view(view) for view in record["budgets"]),
        rungs=tuple(
            RungOutcome(model_id=model, outcome=outcome, quote_picodollars=quote)
            for model, outcome, quote in record["rungs"]
        ),
        errors=tuple(FieldError(field=f, problem=p, allowed=a) for f, p, a in record["errors"]),
        stages=tuple(StageNote(budget_id=b, what=w) for b, w in record.get("stages", ())),
        policies=_notes(record.get("policies", ())),
        shadow=_notes(record.get("shadow", ())),
        shadow_left_out=record.get("unshown", 0),
        tags=record["tags"],
        ignored_tags=record.get("ignored", {}),
        cached=hit_from_record(record["cache"]) if "cache" in record else None,
        route=route_from_record(record["route"]) if "route" in record else None,
    )
    return RecordedDecision(
        decision=decision,
        account=record["account"],
        at=at,
        slot_id=record.get("slot"),
        request=_request(record, decision.route),
    )


def _request(record: Mapping[str, Any], route: Route | None) -> InvocationRequest | None:
    asked: Sequence[Any] | None = record.get("asked")
    if asked is None:
        return None
    request = request_from_record(
        asked, request_id=record["id"], model_id=record["ask"], tags=record["tags"]
    )
    estimate = route.complexity_thousandths if route else None
    return replace(request, complexity_thousandths=estimate)


def _stage_records(decision: Decision) -> dict[str, list[list[str]]]:
    found = [[note.budget_id, note.what] for note in decision.stages]
    return {"stages": found} if found else {}


def _note_records(decision: Decision) -> dict[str, list[list[str | bool]]]:
    notes = {"policies": decision.policies, "shadow": decision.shadow}
    return {name: [_note_record(note) for note in found] for name, found in notes.items() if found}


def _note_record(note: PolicyNote) -> list[str | bool]:
    """What nobody knows has a member more."""
    told: list[str | bool] = [note.policy_id, note.model_id, note.sentence]
    return told if note.is_known else [*told, False]


def _notes(records: Sequence[Sequence[Any]]) -> tuple[PolicyNote, ...]:
    return tuple(
        PolicyNote(policy_id=id_, model_id=model, sentence=sentence, is_known=not is_unknown)
        for id_, model, sentence, *is_unknown in records
    )


def _slot_record(decision: Decision) -> dict[str, str]:
    held = decision.reservation
    return {"slot": held.request_id} if held and is_slot(held) else {}


def _view_record(view: BudgetView) -> dict[str, Any]:
    return {
        "id": view.budget_id,
        "win": view.window_id,
        "unit": view.unit.value,
        "limit": view.limit,
        "left": view.left,
        "asof": view.left_as_of and view.left_as_of.isoformat(),
        "need": view.needed,
        "reset": view.resets_at and view.resets_at.isoformat(),
        "bind": view.binding,
    }


def _view(record: Mapping[str, Any]) -> BudgetView:
    return BudgetView(
        budget_id=record["id"],
        window_id=record["win"],
        unit=Unit(record["unit"]),
        limit=record["limit"],
        left=record["left"],
        left_as_of=_moment(record["asof"]),
        needed=record["need"],
        resets_at=_moment(record["reset"]),
        binding=record["bind"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
