"""What ``explain`` found, for machines and for people."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cost_sentry.adapters.answer_block import (
    budget_block,
    cache_block,
    note_block,
    route_block,
    rung_block,
)
from cost_sentry.application.explain_again import TookPart
from cost_sentry.application.explain_request import Charge, Explanation
from cost_sentry.domain.budget import amount_text
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.retry import FIRST, request_and_attempt
from cost_sentry.domain.session import Session
from cost_sentry_client.answer_report import (
    FORBADE,
    answer_budgets,
    avoided_text,
    errors_table,
    headline,
    policies_table,
    rungs_table,
    shadow_report,
)
from cost_sentry_client.budget_report import moment_text, window_shown
from cost_sentry_client.money_display import spent_text, usd_text
from cost_sentry_client.routing_report import model_text, routing_report
from cost_sentry_client.tables import amounts_table, facts_table
from cost_sentry_client.took_part import took_part_json, took_part_report

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def explanation_json(found: Explanation, told: TookPart | None = None) -> dict[str, Any]:
    """The same words as the ``sentry`` block of an answer; amounts are exact decimal strings."""
    request_id, attempt = request_and_attempt(found.request_id)
    return {
        "requestId": request_id,
        "attempt": attempt,
        "account": found.account,
        "decision": str(found.decision),
        "code": str(found.code),
        "message": found.message,
        "decidedAt": found.decided_at.isoformat(),
        "modelAsked": found.model_asked,
        "modelUsed": found.model_used,
        "status": found.state.value if found.state else None,
        "reservedUsd": _dollars(found.reserved_picodollars),
        "costUsd": _dollars(found.cost_picodollars),
        "costEstimated": found.cost_estimated,
        "usage": asdict(found.usage) if found.usage else None,
        "priceBook": found.price_version,
        "priority": found.priority,
        "tags": found.tags,
        "session": _session(found.session) if found.session else None,
        "charges": [_charge(charge) for charge in found.charges],
        "budgets": [budget_block(view) for view in found.budgets],
        "rungs": [rung_block(rung) for rung in found.rungs],
        "policies": [note_block(note) for note in found.policies],
        "shadow": [note_block(note) for note in found.shadow],
        "shadowLeftOut": found.shadow_left_out,
        "routing": route_block(found.route) if found.route else None,
        "tookPart": took_part_json(told),
        "errors": [asdict(error) for error in found.errors],
        "cache": cache_block(found.cached) if found.cached else None,
        "steps": [
            {"at": step.at.isoformat(), "what": str(step.what), "detail": step.detail}
            for step in found.steps
        ],
    }


def explanation_report(found: Explanation, told: TookPart | None = None) -> "list[RenderableType]":
    """A page of at most 80 columns: the decision, its reason, its cost, its story."""
    parts: list[RenderableType] = [
        headline(found.decision, found.message, found.errors),
        facts_table(_facts(found)),
    ]
    if found.charges:
        parts += ["", _charges_table(found.charges)]
    if found.budgets:
        parts += [
            "",
            "when it was decided:",
            answer_budgets([budget_block(view) for view in found.budgets]),
        ]
    if found.route:
        parts += ["", *routing_report(route_block(found.route))]
    if found.rungs:
        parts += ["", "models tried:", rungs_table([rung_block(rung) for rung in found.rungs])]
    if found.policies:
        parts += ["", FORBADE, policies_table([note_block(note) for note in found.policies])]
    shadow = [note_block(note) for note in found.shadow]
    parts += shadow_report(shadow, found.shadow_left_out)
    parts += took_part_report(told)
    if found.errors:
        parts += ["", errors_table([asdict(error) for error in found.errors])]
    if found.state is not None:
        story = [(f"{step.at:%H:%M:%S} {step.what}", step.detail) for step in found.steps]
        parts += ["", facts_table(story)]
    return [*parts, ""]


def _facts(found: Explanation) -> list[tuple[str, str]]:
    model = model_text(found.model_asked, found.model_used, is_routed=found.route is not None)
    request_id, attempt = request_and_attempt(found.request_id)
    again = f" (attempt {attempt}: the one before was refused)" if attempt > FIRST else ""
    facts = [
        ("request id", f"{request_id}{again}"),
        ("account", found.account),
        ("decided", moment_text(found.decided_at.isoformat())),
        ("reason", str(found.code)),
        ("model", model),
        *([("agent run", _run_text(found.session))] if found.session else []),
    ]
    if found.reserved_picodollars is not None:
        facts += [("reserved", usd_text(dollars_text(found.reserved_picodollars)))]
        facts += [("cost", _cost_text(found))]
    if found.cached is not None:
        facts += [("cost", "nothing"), ("avoided", avoided_text(cache_block(found.cached)))]
    if found.usage is not None:
        cached = found.usage.prompt_tokens - found.usage.input_tokens
        cache = f" ({cached} of them through the prompt cache)" if cached else ""
        usage = f"{found.usage.prompt_tokens} in{cache}, {found.usage.output_tokens} out"
        facts += [("tokens", usage)]
    if found.price_version is not None:
        facts += [("price book", found.price_version)]
    return facts


def _session(session: Session) -> dict[str, Any]:
    """Names of agents are not kept, so the path is told by its length; ``None``: not said."""
    depth = None if session.path is None else session.depth
    return {"id": session.id, "depth": depth, "retry": session.retry}


def _run_text(session: Session) -> str:
    if session.path is None:
        where = "without a path"
    else:
        where = f"{session.depth} below its root" if session.path else "its root"
    retry = f", retry {session.retry}" if session.retry else ""
    return f"{session.id}, {where}{retry}"


def _cost_text(found: Explanation) -> str:
    status = found.state.value.lower() if found.state else "not reserved"
    if found.cost_picodollars is None:
        return f"not known yet: the call is {status}"
    guess = ", the true cost is unknown" if found.cost_estimated else ""
    return f"{usd_text(dollars_text(found.cost_picodollars))} ({status}{guess})"


def _charges_table(charges: tuple[Charge, ...]) -> "Table":
    table = amounts_table("budget", "window", amounts=("reserved", "posted", "overrun"))
    for charge in charges:
        hold, unit = charge.hold, charge.hold.unit
        table.add_row(
            hold.budget_id,
            window_shown(hold.window_id),
            spent_text(unit, hold.amount),
            "–" if charge.posted is None else spent_text(unit, charge.posted),
            spent_text(unit, charge.overrun) if charge.overrun else "–",
        )
    return table


def _charge(charge: Charge) -> dict[str, Any]:
    hold, posted = charge.hold, charge.posted
    return {
        "id": hold.budget_id,
        "window": hold.window_id,
        "unit": hold.unit.value,
        "reserved": amount_text(hold.unit, hold.amount),
        "posted": None if posted is None else amount_text(hold.unit, posted),
        "overrun": amount_text(hold.unit, charge.overrun),
    }


def _dollars(amount: int | None) -> str | None:
    return None if amount is None else dollars_text(amount)
