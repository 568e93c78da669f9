"""An application runs away: it is found, frozen, told of, lifted by a command, and calls again.

The detector's own clock is stopped for the length of the demo. The traffic is a trace's hours in a
minute, which is like nothing, and every team would be told so; so the function is started once, by
hand, when the minute of the runaway is whole and the traffic's first is not.
"""

import os
import subprocess
import sys
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource
from cost_sentry.application.detect_anomalies import SEEN_AFTER
from cost_sentry.domain.incident import Incident
from cost_sentry.domain.money import picodollars
from cost_sentry_client.incident_operations import IncidentDesk
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.lambdas import run_function, stop_clock
from cost_sentry_local.demo.past import REPORTS, give_past
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.waiting import RuleNotMet, when
from cost_sentry_local.demo.workload import plan_call
from cost_sentry_local.mailbox import Mail, sentry_mails

CALLS = 12
_AT_ONCE = 4
_RUNAWAY_TOKENS, _SMALL_TOKENS = (60, 260), (60, 20)
_REASON = "the loop is fixed"
_COMMAND = "from cost_sentry_client.command_line import main; main()"
"""What the installed ``cost-sentry`` runs."""
_CLOCK = "AnomalyClock"
_ANSWERED = frozenset({Outcome.ALLOWED, Outcome.REROUTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Runaway:
    """Its calls, in one minute of the clock or in two."""

    past_minutes: int
    """How many minutes of the past were written."""
    answers: tuple[Answer, ...]
    began_at: datetime
    seen_from: datetime
    """From here on the detector sees all of them."""

    @property
    def spent_picodollars(self) -> int:
        """By what the callers were told."""
        return sum(picodollars(one.sentry["costUsd"]) for one in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What became of it."""

    runaway: Runaway
    incident: Incident
    frozen_at: datetime
    mail: Mail
    readers: tuple[str, ...]
    tried: tuple[Answer, ...]
    """Calls after it was frozen, of which the last was refused."""
    command: str
    lifted: str
    """What the command said."""
    tried_again: tuple[Answer, ...]
    """And after that, of which the last was answered: by its model, or by one of its ladder if the
    traffic beside it has used up a budget of the model by then."""

    @property
    def refused(self) -> Answer:
        """The call that met the freeze."""
        return self.tried[-1]

    @property
    def after(self) -> Answer:
        """The first call that passed again."""
        return self.tried_again[-1]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """To all its calls."""
        return (*self.runaway.answers, *self.tried, *self.tried_again)


def run_away(stage: Stage, replay: Replay) -> Runaway:
    """Give the detector a past, and make the calls that are unlike it."""
    stop_clock(stage, _CLOCK)
    clock = stage.operator.clock
    config = CachedConfigSource(stage.operator.config_store, clock)
    written = give_past(stage.dynamodb, stage.table, config, clock.now())
    began = datetime.now(UTC)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = tuple(pool.map(lambda n: _call(replay, f"runaway-{n}"), range(CALLS)))
    if any(one.outcome is not Outcome.ALLOWED for one in answers):
        raise RuleNotMet("the runaway's own calls were not allowed")
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    return Runaway(
        past_minutes=written,
        answers=answers,
        began_at=began,
        seen_from=minute + timedelta(minutes=1) + SEEN_AFTER,
    )


def wait_for_next_minute(runaway: Runaway) -> None:
    """Until the runaway's last minute is whole: nothing else shall be in it."""
    time.sleep(max(0.0, (runaway.seen_from - SEEN_AFTER - datetime.now(UTC)).total_seconds()))


def freeze_and_lift(stage: Stage, replay: Replay, runaway: Runaway) -> Freeze:
    """Let the detector look; see that it is frozen and told of; lift it by the command."""
    time.sleep(max(0.0, (runaway.seen_from - datetime.now(UTC)).total_seconds()))
    told = run_function(stage, "DetectAnomalies")
    if len(told["raised"]) != 1:
        raise RuleNotMet(f"the detector raised {len(told['raised'])} anomalies instead of one")
    desk = IncidentDesk(stage.operator)
    incident = when(lambda: _acting(desk), "no incident was opened")
    frozen_at = datetime.now(UTC)
    mails = when(lambda: _mails_about(stage, incident), "no mail came")
    tried = _called_until(replay, "rejected", {Outcome.REJECTED})
    command, lifted = _lift(stage, incident)
    return Freeze(
        runaway=runaway,
        incident=incident,
        frozen_at=frozen_at,
        mail=mails[0],
        readers=tuple(mail["to"] for mail in mails),
        tried=tried,
        command=command,
        lifted=lifted,
        tried_again=_called_until(replay, "answered", _ANSWERED),
    )


def _call(replay: Replay, name: str, tokens: tuple[int, int] = _RUNAWAY_TOKENS) -> Answer:
    planned = plan_call(request_id=f"demo-{name}", caller=REPORTS, tokens=tokens)
    return replay.call(planned)


def _acting(desk: IncidentDesk) -> Incident | None:
    return next((one for one in desk.latest() if one.measure and not one.is_over), None)


def _mails_about(stage: Stage, incident: Incident) -> list[Mail]:
    return [mail for mail in sentry_mails(stage.cloud) if incident.id in mail["body"]]


def _called_until(replay: Replay, word: str, outcomes: Collection[Outcome]) -> tuple[Answer, ...]:
    """Environments may go on for a second by what they have read."""
    answers: list[Answer] = []

    def is_so() -> bool:
        answers.append(_call(replay, f"{word}-{len(answers)}", _SMALL_TOKENS))
        return answers[-1].outcome in outcomes

    when(is_so, f"no call was {word}")
    return tuple(answers)


def _lift(stage: Stage, incident: Incident) -> tuple[str, str]:
    """The command as an owner gives it, and what it says."""
    words = ["incidents", "lift", incident.id, "--reason", _REASON]
    ended = subprocess.run(
        [sys.executable, "-c", _COMMAND, *words, "--target", "aws"],
        env={**os.environ, **stage.cloud.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuleNotMet(f"the incident could not be lifted: {ended.stderr.strip()[:300]}")
    shown = f'cost-sentry incidents lift {incident.id} --reason "{_REASON}"'
    return shown, ended.stdout.strip()
