"""What the functions of anomaly_response hand to its next state."""

from cost_sentry.domain.incident import Incident, scope_key


def incident_answer(
    response: str, incident: Incident | None, *, is_awaited: bool = True
) -> dict[str, str | bool | None]:
    """JSON-safe; ``endsAt`` is there where ``waits`` says that it is to be waited for.

    Args:
        response: what became of the event.
        incident: that it concerns.
        is_awaited: whether it is for this execution to wait for the end, and not for another.
    """
    waits = is_awaited and incident is not None and not incident.is_over
    return {
        "response": response,
        "scope": scope_key(incident.scope) if incident else None,
        "incident": incident.id if incident else None,
        "state": incident.state.value if incident else None,
        "waits": waits,
        # Step Functions reads timestamps of RFC 3339 with a Z.
        "endsAt": f"{incident.closes_at:%Y-%m-%dT%H:%M:%S}Z" if incident and waits else None,
    }
