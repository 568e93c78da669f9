"""EventBridge events that tell of an anomaly, as sightings; or why one is none.

- source ``cost-sentry``, type ``Anomaly``: the detector's, as ``anomaly_record`` writes it;
- source ``aws.cloudwatch``, type ``CloudWatch Alarm State Change``: an alarm whose metric has a
  dimension ``team``, ``application`` with its team, or ``model`` or ``ModelId``. It says how bad it
  is by its name: what follows ``-anomaly-``, ``warning`` or ``critical``.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cost_sentry.adapters.anomaly_record import anomaly_from_document
from cost_sentry.domain.anomaly import Evidence, Severity, Signal
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.incident import Sighting, scope_key
from cost_sentry.domain.model_id import base_model_id

DETECTOR = "detector"
ANOMALY_ALARM = "-anomaly-"
"""Part of the names of alarms that tell of spending; others tell that the sentry is unwell."""
AHEAD_MAX = timedelta(minutes=5)
"""A clock may be ahead by so much; what is told from later is no moment."""
NAME_CHARACTERS_MAX = 128
_ALARM_STATES = {"ALARM": False, "OK": True}


class EventNotUnderstood(Exception):  # noqa: N818 - named as what is wrong
    """It tells of no anomaly that anybody could respond to; trying again does not help."""


def sighting_from(event: Mapping[str, Any], now: datetime) -> Sighting:
    """What this event tells.

    Args:
        event: as EventBridge delivers it.
        now: nothing was seen later than this.

    Raises:
        EventNotUnderstood: with what is wrong; never with more of the event than a name.
    """
    source, kind = event.get("source"), event.get("detail-type")
    try:
        if (source, kind) == ("cost-sentry", "Anomaly"):
            sighting = _from_detector(event["detail"])
        elif (source, kind) == ("aws.cloudwatch", "CloudWatch Alarm State Change"):
            sighting = _from_alarm(event["detail"])
        else:
            raise EventNotUnderstood(f"an event of {source!r}, {kind!r} tells of no anomaly")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"{type(error).__name__}: {str(error)[:NAME_CHARACTERS_MAX]}"
        raise EventNotUnderstood(f"a malformed {kind} of {source}: {what}") from error
    if sighting.seen_at > now + AHEAD_MAX:
        raise EventNotUnderstood(f"it tells of {sighting.seen_at.isoformat()}, which is to come")
    return sighting


def _from_detector(detail: Mapping[str, Any]) -> Sighting:
    anomaly = anomaly_from_document(detail)
    is_new = anomaly.evidence.signal is Signal.NEW
    return Sighting(
        scope=_scope(*anomaly.scope),
        severity=anomaly.severity,
        since=anomaly.since,
        seen_at=anomaly.now,
        source=DETECTOR,
        # A scope without a past has no usual rate; what is unknown is not nothing.
        usual=anomaly.expected_picodollars_per_minute or None,
        seen=anomaly.seen_picodollars_per_minute,
        percent=None if is_new else anomaly.factor_percent,
        how=_how(anomaly.evidence),
        has_ended=anomaly.is_adopted,
        is_adopted=anomaly.is_adopted,
        joined=tuple(scope_key(_scope(*one)) for one in anomaly.joined),
        is_compared=True,
    )


def _how(evidence: Evidence) -> str:
    """Which of its parts are unlike themselves, by what is known of each."""
    parts = {
        "calls": evidence.calls_percent,
        "tokens a call": evidence.tokens_per_call_percent,
        "cost a token": evidence.cost_per_token_percent,
    }
    return ", ".join(f"{name} {int(part)} %" for name, part in parts.items() if part is not None)


def _from_alarm(detail: Mapping[str, Any]) -> Sighting:
    name, state = _name(detail["alarmName"]), detail["state"]
    value, seen_at = state["value"], _moment(state["timestamp"])
    if value not in _ALARM_STATES:
        raise ValueError(f"state {value!r}; allowed: ALARM, OK")
    return Sighting(
        scope=_alarm_scope(detail),
        severity=_alarm_severity(name),
        since=seen_at,
        seen_at=seen_at,
        source=name,
        has_ended=_ALARM_STATES[value],
    )


def _alarm_scope(detail: Mapping[str, Any]) -> Mapping[str, str]:
    for dimensions in _dimensions(detail):
        team, application = dimensions.get(TEAM_TAG), dimensions.get(APPLICATION_TAG)
        model = dimensions.get(MODEL_TAG) or dimensions.get("ModelId")
        if team is not None and application is not None:
            return _scope(APPLICATION_TAG, f"{team}/{application}")
        if team is not None:
            return _scope(TEAM_TAG, team)
        if model is not None:
            return _scope(MODEL_TAG, model)
    raise ValueError("none of its metrics is of a team, an application or a model")


def _dimensions(detail: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for metric in detail["configuration"]["metrics"]:
        if "metricStat" in metric:
            yield metric["metricStat"]["metric"].get("dimensions", {})


def _alarm_severity(name: str) -> Severity:
    told = name.partition(ANOMALY_ALARM)[2].partition("-")[0]
    return Severity.CRITICAL if told == Severity.CRITICAL.value else Severity.WARNING


def _scope(kind: str, name: str) -> Mapping[str, str]:
    if kind == TEAM_TAG:
        return {TEAM_TAG: _name(name)}
    if kind == MODEL_TAG:
        return {MODEL_TAG: base_model_id(_name(name))}
    if kind != APPLICATION_TAG:
        raise ValueError(f"a scope of {_name(kind)!r}; allowed: team, application, model")
    team, separator, application = name.partition("/")
    if not separator:
        raise ValueError(f"application {_name(name)!r}; allowed: team/application")
    return {TEAM_TAG: _name(team), APPLICATION_TAG: _name(application)}


def _name(text: str) -> str:
    if not 0 < len(text) <= NAME_CHARACTERS_MAX or not text.isprintable():
        raise ValueError(f"a name of {len(text)} characters; allowed: 1 to {NAME_CHARACTERS_MAX}")
    return text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(UTC)
