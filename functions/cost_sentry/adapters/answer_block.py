"""The ``sentry`` block of every answer (P8): camelCase beside Converse's own, amounts as text."""

from datetime import datetime
from typing import Any

from cost_sentry.domain.answer_cache import CacheHit
from cost_sentry.domain.budget import Unit, amount_text, parse_amount
from cost_sentry.domain.decision import BudgetView, Decision, RungOutcome
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.reservation import ReservationState, ResolvedReservation
from cost_sentry.domain.retry import request_and_attempt
from cost_sentry.domain.route import Route
from cost_sentry.domain.routing import TIER_NAMES, Place
from cost_sentry.domain.service_tier import STANDARD

Block = dict[str, Any]
RUNGS_SHOWN_MAX = 12
RUNGS_SHOWN_LAST = 4
ORDER_SHOWN_MAX = 6
"""An answer travels beside a request of 212 KiB through Step Functions' 256."""


def answer_block(decision: Decision, price_version: str) -> Block:
    """The block as it stands after admission."""
    held = decision.reservation
    request_id, attempt = request_and_attempt(decision.request_id)
    return {
        "requestId": request_id,
        "decision": decision.kind.value,
        "code": decision.code.value,
        "message": decision.message,
        "modelAsked": decision.model_asked,
        "modelUsed": decision.model_used,
        "serviceTier": decision.service_tier,
        "path": decision.path.value if decision.path else None,
        "maxTokens": decision.output_limit_sent_tokens,
        "maxTokensAsked": decision.output_limit_asked_tokens,
        "inputTokensBound": held.input_bound_tokens if held else None,
        "reservedUsd": dollars_text(held.quote_picodollars) if held else None,
        "costUsd": _dollars(decision.cost_picodollars),
        "costEstimated": False,
        "overrun": False,
        "status": decision.state.value if decision.state else None,
        "replayed": decision.replayed,
        "attempts": attempt if held else 0,
        "priceBook": price_version,
        "budgets": [budget_block(view) for view in decision.budgets],
        "rungs": [rung_block(rung) for rung in _bounded(decision.rungs)],
        "policies": [note_block(note) for note in decision.policies],
        "shadow": [note_block(note) for note in decision.shadow],
        "shadowLeftOut": decision.shadow_left_out,
        "retryAfterSeconds": decision.retry_after_seconds,
        "cache": cache_block(decision.cached) if decision.cached else None,
        "routing": route_block(decision.route, ORDER_SHOWN_MAX) if decision.route else None,
        "ignoredTags": dict(decision.ignored_tags),
        "errors": [
            {"field": e.field, "problem": e.problem, "allowed": e.allowed} for e in decision.errors
        ],
    }


def resolved_block(block: Block, resolved: ResolvedReservation) -> Block:
    """The same block once the reservation has ended: real cost, and what went back."""
    reservation, resolution = resolved.reservation, resolved.resolution
    returned = {
        hold.budget_id: hold.amount - resolution.posting(hold) for hold in reservation.holds
    }
    units = {hold.budget_id: hold.unit for hold in reservation.holds}
    budgets = []
    for view in block.get("budgets", []):
        posted = next((h for h in reservation.holds if h.budget_id == view["id"]), None)
        charged = {"posted": amount_text(posted.unit, resolution.posting(posted))} if posted else {}
        back = returned.get(view["id"], 0)
        left = _plus(view.get("left"), back, units.get(view["id"]))
        budgets.append({**view, **charged, "left": left})
    overrun = max((resolution.overrun(hold) for hold in reservation.holds), default=0)
    return {
        **block,
        "status": resolution.state.value,
        "costUsd": dollars_text(resolution.cost_picodollars),
        "costEstimated": resolution.estimated,
        "overrun": overrun > 0,
        "budgets": budgets,
    }


def is_open(block: Block) -> bool:
    """Whether the answer still waits for its reservation to end."""
    return block.get("status") == ReservationState.PENDING.value


def _plus(left: str | None, back: int, unit: Unit | None) -> str | None:
    if left is None or unit is None:
        return left
    sign, digits = (-1, left[1:]) if left.startswith("-") else (1, left)
    return amount_text(unit, sign * parse_amount(unit, digits) + back)


def budget_block(view: BudgetView) -> Block:
    """One budget as answers show it."""
    return {
        "id": view.budget_id,
        "window": view.window_id,
        "unit": view.unit.value,
        "limit": None if view.limit is None else amount_text(view.unit, view.limit),
        "left": None if view.left is None else amount_text(view.unit, view.left),
        "leftAsOf": _moment(view.left_as_of),
        "needed": amount_text(view.unit, view.needed),
        "resetsAt": _moment(view.resets_at),
        "binding": view.binding,
    }


def rung_block(rung: RungOutcome) -> Block:
    """One model that was tried."""
    return {
        "modelId": rung.model_id,
        "outcome": rung.outcome,
        "quoteUsd": _dollars(rung.quote_picodollars),
    }


def _bounded(rungs: tuple[RungOutcome, ...]) -> tuple[RungOutcome, ...]:
    """The first and the last: the rest is on record only, for an answer has little room."""
    if len(rungs) <= RUNGS_SHOWN_MAX:
        return rungs
    return (*rungs[: RUNGS_SHOWN_MAX - RUNGS_SHOWN_LAST], *rungs[-RUNGS_SHOWN_LAST:])


def route_block(route: Route, shown_max: int | None = None) -> Block:
    """How the model was chosen; of models that were passed over nothing is expected.

    ``shown_max``: models that are shown; all of them if it is left out.
    """
    tier = None if route.tier is None else TIER_NAMES[route.tier]
    return {
        "virtualModel": route.virtual_model,
        "taskType": route.task_type,
        "tier": tier,
        "decidedBy": route.decided_by.value,
        "message": route.message,
        "complexity": route.complexity_thousandths,
        "order": [
            *[
                {
                    "modelId": place.model.model_id,
                    "tier": TIER_NAMES[place.model.tier],
                    "expectedUsd": dollars_text(place.model.expected_picodollars),
                    "reason": _reason(place),
                }
                for place in route.order
            ],
            *[
                {"modelId": model_id, "tier": None, "expectedUsd": None, "reason": reason}
                for model_id, reason in route.passed_over
            ],
        ][:shown_max],
    }


def _reason(place: Place) -> str:
    tier = place.model.service_tier
    return place.reason if tier == STANDARD else f"{place.reason}; reckoned at service tier {tier}"


def note_block(note: PolicyNote) -> Block:
    """One policy, or budget in shadow mode, that took part."""
    return {
        "id": note.policy_id,
        "modelId": note.model_id,
        "sentence": note.sentence,
        "known": note.is_known,
    }


def cache_block(hit: CacheHit) -> Block:
    """What an answer that was kept has spared."""
    return {
        "keptAt": _moment(hit.kept_at),
        "ageSeconds": hit.age_seconds,
        "endsAt": _moment(hit.ends_at),
        "avoidedUsd": dollars_text(hit.avoided_picodollars),
    }


def _dollars(amount: int | None) -> str | None:
    return None if amount is None else dollars_text(amount)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
