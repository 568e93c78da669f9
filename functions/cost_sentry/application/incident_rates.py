"""What a scope spends in a minute, and what is usual at this time of day: of what tells neither.

An alarm says that something is unlike itself, and no amounts. The sentry's own meters have those of
nine days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_low

from cost_sentry.application.meter_ports import Meters
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.incident import Sighting
from cost_sentry.domain.meter import Scope
from cost_sentry.domain.model_id import base_model_id

SEEN_OVER = timedelta(minutes=5)
LAG = timedelta(minutes=1)
"""Calls are counted some seconds after they end; the last minute would be told too low."""
USUAL_OVER = timedelta(hours=1)
USUAL_DAYS = 7
_DAY = timedelta(days=1)


def with_rates(sighting: Sighting, meters: Meters, now: datetime, seen_least: int = 1) -> Sighting:
    """With what is spent and what is usual, where it told neither and the meters know.

    Usual is the median, over seven days, of the hour around this time of day; a scope without any
    spending then has nothing that is usual. An incident does not wait for meters that are away.
    Of what spends less than ``seen_least`` picodollars a minute nothing more is asked.
    """
    if sighting.seen is not None or sighting.has_ended:
        return sighting
    try:
        scopes = _scopes(sighting.scope, meters, now)
        seen = _per_minute(scopes, meters, now - LAG - SEEN_OVER, SEEN_OVER)
        if seen < seen_least:
            return sighting
        starts = [now - day * _DAY - USUAL_OVER / 2 for day in range(1, USUAL_DAYS + 1)]
        usual = median_low(_per_minute(scopes, meters, start, USUAL_OVER) for start in starts)
    except LedgerUnavailable:
        return sighting
    percent = seen * 100 // usual if usual else None
    return replace(sighting, seen=seen, usual=usual or None, percent=percent)


def _scopes(scope: Mapping[str, str], meters: Meters, now: datetime) -> Sequence[Scope]:
    """As meters name them: a model by every id that it was called by of late."""
    if MODEL_TAG in scope:
        active = meters.active(now - USUAL_OVER)
        model = scope[MODEL_TAG]
        return [one for one in active if one[0] == MODEL_TAG and base_model_id(one[1]) == model]
    if APPLICATION_TAG in scope:
        return [(APPLICATION_TAG, f"{scope[TEAM_TAG]}/{scope[APPLICATION_TAG]}")]
    return [(TEAM_TAG, scope[TEAM_TAG])]


def _per_minute(scopes: Sequence[Scope], meters: Meters, start: datetime, span: timedelta) -> int:
    """Whole picodollars, rounded down."""
    minutes = (one for scope in scopes for one in meters.minutes(scope, start, start + span))
    return sum(one.picodollars for one in minutes) // (span // timedelta(minutes=1))
