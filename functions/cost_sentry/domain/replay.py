"""The answer to a request id that was answered before (P5)."""

from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution


def replayed(
    request: InvocationRequest, first: Reservation, resolution: Resolution | None
) -> Decision:
    """The first decision again if the content is the same, a refusal if it is not.

    The model is not called a second time, and its answer is not kept (P10), so a replay says what
    was decided and what it cost, without the text. ``first`` is the attempt that counts: its id
    says which one.
    """
    if first.digest != request.digest:
        return Decision(
            kind=DecisionKind.REJECT,
            code=ReasonCode.REQUEST_ID_REUSED,
            message=f"request id {request.request_id!r} was used before with other content;"
            " make a new id for a new request",
            request_id=request.request_id,
            model_asked=request.model_id,
            errors=(
                FieldError(
                    field="requestId",
                    problem="was used before with other content",
                    allowed="a new id for a new request, or the first content again",
                ),
            ),
            tags=request.tags,
            ignored_tags=request.ignored_tags,
        )
    state = ReservationState.PENDING if resolution is None else resolution.state
    return Decision(
        kind=DecisionKind(first.decision),
        code=ReasonCode.ALREADY_ANSWERED,
        message=f"request id {request.request_id!r} was answered before; it is {state.value},"
        " the model is not called again and its answer is not kept",
        request_id=first.request_id,
        model_asked=first.model_asked,
        model_used=first.model_used,
        reservation=first,
        output_limit_asked_tokens=request.max_tokens,
        replayed=True,
        state=state,
        cost_picodollars=None if resolution is None else resolution.cost_picodollars,
        tags=request.tags,
        ignored_tags=request.ignored_tags,
    )
