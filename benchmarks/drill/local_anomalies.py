"""An application of each team runs away: found by the deployed detector, stopped, told, lifted.

Each team has nine days of a past; then its application makes calls that are unlike it. They are
found by ``detect_anomalies``, which is run twice at once when their minute is whole, answered by
the workflow of the event, and lifted by an owner.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from benchmarks.drill.local_plan import Plan, say, sleep_until
from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource
from cost_sentry.application.detect_anomalies import SEEN_AFTER
from cost_sentry.domain.incident import Incident
from cost_sentry.domain.meter import minute_of
from cost_sentry_client.incident_operations import IncidentDesk
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.lambdas import run_function, stop_clock
from cost_sentry_local.demo.past import Habit, give_past
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.traffic import NOVA_PRO, OPUS, SONNET, Caller
from cost_sentry_local.demo.waiting import RuleNotMet, when
from cost_sentry_local.demo.workload import plan_call
from cost_sentry_local.mailbox import sentry_mails

TEAMS = {"search": SONNET, "support": OPUS, "research": NOVA_PRO}
"""With the model that the team calls, and nobody past the sentry: the meters know a made-up past,
and CloudWatch does not. What runs away in ``research`` is slowed down, in the others it is frozen
(``local_sentry.yaml``)."""
_CLOCK = "AnomalyClock"
_RUNAWAY_TOKENS, _SMALL_TOKENS = (60, 260), (60, 20)
_AT_ONCE = 6
_WITHIN_SECONDS = 40.0
_REASON = "the loop is mended"
T = TypeVar("T")


@dataclass(slots=True)
class Planted:
    """One application that runs away."""

    caller: Caller
    began_at: datetime | None = None
    incident: Incident | None = None
    refused_at: datetime | None = None
    mails: int = 0
    is_lifted: bool = False

    @property
    def scope(self) -> Mapping[str, str]:
        """Of the incident that is to come."""
        return {"team": self.caller.team, "application": self.caller.application}

    @property
    def seconds_to_action(self) -> float | None:
        """From its first call to the measure in force; ``None``: there was none."""
        measure = self.incident.measure if self.incident else None
        if measure is None or self.began_at is None or self.refused_at is None:
            return None
        return (measure.made_at - self.began_at).total_seconds()


class Anomalies:
    """``begin``, ``run_away`` and ``finish``.

    Args:
        stage: where all is deployed.
        replay: makes the calls.
        plan: how many.
    """

    def __init__(self, stage: Stage, replay: Replay, plan: Plan) -> None:
        self._stage, self._replay, self._plan = stage, replay, plan
        self._desk = IncidentDesk(stage.operator)
        teams = list(TEAMS.items())[: plan.runaways]
        self._planted = [
            Planted(Caller(team=team, application="reports", model_id=model))
            for team, model in teams
        ]

    def begin(self) -> None:
        """Give each team a past. Nobody looks at it meanwhile."""
        stop_clock(self._stage, _CLOCK)
        clock = self._stage.operator.clock
        source = CachedConfigSource(self._stage.operator.config_store, clock)
        habits = [_habit(one.caller) for one in self._planted]
        minutes = give_past(self._stage.dynamodb, self._stage.table, source, clock.now(), habits)
        say(f"{minutes} minutes of a past were written")

    def run_away(self) -> datetime:
        """All of them at once; when the detector can see all of it."""
        calls = [one for _ in range(self._plan.runaway_calls) for one in self._planted]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._run, range(len(calls)), calls))
        say(f"{len(calls)} calls ran away")
        return minute_of(datetime.now(UTC)) + timedelta(minutes=1) + SEEN_AFTER

    def finish(self, seen_from: datetime) -> Mapping[str, Any]:
        """Let the detector look, and see what becomes of each."""
        sleep_until(seen_from)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: run_function(self._stage, "DetectAnomalies"), range(2)))
        with ThreadPoolExecutor(len(self._planted)) as pool:
            list(pool.map(self._follow, self._planted))
        return self._figures()

    def _run(self, number: int, planted: Planted) -> None:
        planted.began_at = planted.began_at or datetime.now(UTC)
        self._call(planted, f"runaway-{number}", _RUNAWAY_TOKENS)

    def _call(self, planted: Planted, name: str, tokens: tuple[int, int]) -> Answer:
        request_id = f"{planted.caller.team}-{name}"
        return self._replay.call(
            plan_call(request_id=request_id, caller=planted.caller, tokens=tokens)
        )

    def _follow(self, planted: Planted) -> None:
        """The measure, a call that it refuses, the mail, the lifting, a call that passes."""
        team = planted.caller.team
        planted.incident = _first(lambda: self._incident_of(planted))
        if planted.incident is None:
            say(f"{team}: no incident")
            return
        if _first(lambda: self._is(planted, Outcome.REJECTED)):
            planted.refused_at = datetime.now(UTC)
        self._await_mails(planted.incident, 1)
        self._desk.lift(planted.incident.id, _REASON)
        planted.is_lifted = bool(_first(lambda: self._is(planted, Outcome.ALLOWED)))
        self._await_mails(planted.incident, 2)
        planted.mails = len(self._mails_of(planted.incident))
        say(f"{team}: {planted.incident.id}, {planted.seconds_to_action} s, {planted.mails} mails")

    def _incident_of(self, planted: Planted) -> Incident | None:
        acting = (one for one in self._desk.latest() if one.measure and not one.is_over)
        return next((one for one in acting if one.scope == planted.scope), None)

    def _await_mails(self, incident: Incident, count: int) -> None:
        """Those of a command, and those behind many others, wait for a function of the clock."""

        def has_come() -> bool:
            if len(self._mails_of(incident)) < count:
                run_function(self._stage, "ExpireReservations")
            return len(self._mails_of(incident)) >= count

        _first(has_come)

    def _is(self, planted: Planted, outcome: Outcome) -> bool:
        name = f"{outcome.value}-{time.monotonic_ns()}"
        return self._call(planted, name, _SMALL_TOKENS).outcome is outcome

    def _mails_of(self, incident: Incident) -> Sequence[Mapping[str, Any]]:
        """To the owners of its team: one that it was found, one that it was lifted."""
        owners = self._stage.config.teams[incident.scope["team"]].owners
        mails = sentry_mails(self._stage.cloud)
        return [one for one in mails if one["to"] in owners and incident.id in one["body"]]

    def _figures(self) -> Mapping[str, Any]:
        seconds = [one.seconds_to_action for one in self._planted]
        known = [one for one in seconds if one is not None]
        scopes = [one.scope for one in self._planted]
        return {
            "planted": len(self._planted),
            "detected": sum(one.incident is not None for one in self._planted),
            "acted_on": len(known),
            "mean_seconds_to_action": round(sum(known) / len(known), 1) if known else None,
            "worst_seconds_to_action": round(max(known), 1) if known else None,
            "incidents_that_nobody_planted": sum(
                one.scope not in scopes for one in self._desk.latest()
            ),
            "mails": sum(one.mails for one in self._planted),
            "lifted": sum(one.is_lifted for one in self._planted),
        }


def _habit(caller: Caller) -> Habit:
    chat = Caller(team=caller.team, application="chat", model_id=caller.model_id)
    return Habit(seldom=caller, always=chat)


def _first(found: Callable[[], T | None]) -> T | None:
    """What it finds at first; ``None`` if that takes too long."""
    with suppress(RuleNotMet):
        return when(found, "nothing was found", _WITHIN_SECONDS)
    return None
