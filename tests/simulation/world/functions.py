"""What each Lambda function does with an event: its handler without logs and without parsing.

The steps are those of ``functions/cost_sentry/handlers``; the ticket makes the same journey.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.stream_records import failures, streamed_entries
from cost_sentry.adapters.ticket import read_ticket, ticket_of
from cost_sentry.adapters.tried_again import again_of, again_part
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.note_decision import note_decision
from cost_sentry.application.note_fault import note_fault
from cost_sentry.application.project_entries import project_entries
from cost_sentry.application.refusals import rejection
from cost_sentry.application.send_alerts import send_alerts
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.application.try_again import try_again
from cost_sentry.application.void_reservation import void_reservation
from cost_sentry.application.wake_endpoint import wake_endpoint
from cost_sentry.bootstrap import ALERTS_PER_RUN_MAX, EXPIRED_PER_RUN_MAX, SLOTS_PER_RUN_MAX
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.shard import stamp_of
from tests.simulation.world.endpoints import scaling, sleep_steps
from tests.simulation.world.environment import Environment

Handler = Callable[[Environment, Any], Any]


def admit_request(environment: Environment, event: Any) -> dict[str, Any]:
    """``{"request", "execution"}`` to what the workflow reads; the auditor looks on."""
    request = event["request"]
    attempt = f"{stamp_of(event['execution'])}.{stamp_of(environment.invocation)}"
    asked = event["asked"](request)
    try:
        decision = environment.admission.decide(request, attempt=attempt)
    except RequestRefused as refused:
        decision = rejection(request, ReasonCode.INVALID_REQUEST, str(refused))
    event["decided"](request, attempt, decision, asked)
    note_decision(decision, request, log=lambda: environment.decision_log, clock=environment.clock)
    calls = decision.kind is not DecisionKind.REJECT and not decision.replayed
    word = "WAIT" if decision.wait_seconds is not None else decision.kind.value
    answer: dict[str, Any] = {
        "decision": "REPLAY" if decision.replayed else word,
        "path": None,
        "ticket": None,
        "wake": decision.wake,
        "waitSeconds": decision.wait_seconds,
        "sentry": {"replayed": decision.replayed, "decision": decision},
    }
    if calls and decision.reservation and decision.price:
        answer["path"] = (decision.path or request.path).value
        ticket = ticket_of(decision.reservation, decision.price)
        answer["ticket"] = {**ticket, **again_part(request.again)}
    return answer


def settle(environment: Environment, event: Any) -> Any:
    """``{"ticket", "response"}`` to the resolution."""
    reservation, price = read_ticket(event["ticket"])
    return settle_reservation(
        reservation,
        price,
        parse_usage(event["response"]),
        ledger=environment.ledger,
        clock=environment.clock,
        outcomes=environment.outcomes,
    )


def void(environment: Environment, event: Any) -> Any:
    """``{"ticket", "error", "startedAt"}`` to whether, and how, the call is tried again."""
    reservation, _ = read_ticket(event["ticket"])
    resolved = void_reservation(
        reservation,
        event["error"],
        ledger=environment.ledger,
        clock=environment.clock,
        outcomes=environment.outcomes,
    )
    again = try_again(
        resolved.resolved,
        again_of(event["ticket"]),
        started_at=event["startedAt"],
        **environment.trying_again,
    )
    return {"triedAgain": again is not None, "again": again}


def fault(environment: Environment, event: Any) -> Any:
    """``{"ticket", "error"}`` to why it could not be counted."""
    reservation, _ = read_ticket(event["ticket"])
    watch, clock = environment.model_watch, environment.clock
    return {"unnoted": note_fault(reservation, event["error"], watch=watch, clock=clock)}


def expire(environment: Environment, _event: Any) -> dict[str, Any]:
    """Any event to what one scheduled run did."""
    ledger, clock = environment.ledger, environment.clock
    sending = send_alerts(environment.outbox, environment.alerts, clock, ALERTS_PER_RUN_MAX)
    store = None
    if environment.has_store:
        keeper = environment.allowance_keeper()
        keeper.run(stamp_of(environment.invocation), SLOTS_PER_RUN_MAX)
        store = keeper.store
    expiry = expire_reservations(
        ledger=ledger, clock=clock, batch_max=EXPIRED_PER_RUN_MAX, store=store
    )
    return {
        "expired": expiry.expired,
        "tidied": ledger.tidy(clock.now(), EXPIRED_PER_RUN_MAX),
        "alerts_sent": sending.sent,
    }


def project(environment: Environment, event: Any) -> Any:
    """A stream event to the records that shall come again."""
    done = project_entries(streamed_entries(event), **environment.projection)
    return failures(done.failed_ids)


def wake(environment: Environment, event: Any) -> Any:
    """``{"endpoint"}`` to what came of it."""
    steps = sleep_steps(environment)
    name, why = event["endpoint"], "somebody asked for it"
    return wake_endpoint(name, why, steps=steps, records=steps.records, clock=steps.clock)


def scale(environment: Environment, _event: Any) -> Any:
    """Any event to what one scheduled run did."""
    return scaling(environment).run()


HANDLERS: Mapping[str, Handler] = {
    "admit_request": admit_request,
    "settle_reservation": settle,
    "void_reservation": void,
    "note_fault": fault,
    "expire_reservations": expire,
    "project_entries": project,
    "wake_endpoint": wake,
    "scale_endpoints": scale,
}
