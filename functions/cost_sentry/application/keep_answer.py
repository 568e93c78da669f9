"""Keep what a model answered, for the same call of the same application: after it is paid."""

from collections.abc import Callable, Mapping

from cost_sentry.application.answer_ports import AnswerKeeper, AnswersUnavailable
from cost_sentry.application.ports import Clock
from cost_sentry.domain.answer_cache import STOP_REASONS_KEPT, AnswerPlace, KeptAnswer
from cost_sentry.domain.reservation import ReservationState, ResolvedReservation


def keep_answer(
    place: AnswerPlace,
    answer: Mapping[str, object],
    resolved: ResolvedReservation,
    *,
    keeper: Callable[[], AnswerKeeper],
    clock: Clock,
) -> str | None:
    """Keep it if it is whole and what it cost is known; why it was not kept, ``None`` if it was.

    The caller gets the answer in any case, and a call that was never kept is asked again.

    Args:
        place: as admission chose it.
        answer: Converse's, in camelCase, without ``sentry``.
        resolved: how its reservation ended.
        keeper: makes the store.
        clock: says from when on it is kept.
    """
    usage = resolved.resolution.usage
    if resolved.resolution.state is not ReservationState.SETTLED or usage is None:
        return "its cost is not settled"
    if answer.get("stopReason") not in STOP_REASONS_KEPT:
        return "it did not end by itself"
    now = clock.now()
    kept = KeptAnswer(
        account=resolved.reservation.account,
        model_id=resolved.reservation.model_used,
        answer=answer,
        usage=usage,
        kept_at=now,
        ends_at=now + place.ttl,
    )
    try:
        keeper().keep(place, kept)
    except AnswersUnavailable as error:
        return str(error)
    return None
