"""Two acts beside the traffic: an application that runs away, and an endpoint that sleeps."""

from dataclasses import dataclass
from typing import Any

from cost_sentry.domain.incident import scope_key
from cost_sentry.domain.money import dollars_text
from cost_sentry_local.demo.anomaly import Freeze, Runaway, freeze_and_lift
from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.endpoint import NAME, Sleep, Wake, fall_asleep
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.mailbox import Mail

_HOURS_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Both, once they are over."""

    freeze: Freeze
    sleep: Sleep
    wake: Wake


def watch(stage: Stage, replay: Replay, runaway: Runaway) -> tuple[Freeze, Sleep]:
    """What the sentry does while the traffic runs; the detector has to wait, and nobody calls."""
    sleep = fall_asleep(stage)
    return freeze_and_lift(stage, replay, runaway), sleep


def is_of(acts: Acts, mail: Mail) -> bool:
    """Whether it tells of one of them, and not of a budget."""
    return acts.freeze.incident.id in mail["body"] or NAME in mail["subject"]


def acts_json(acts: Acts) -> dict[str, Any]:
    """For the summary; amounts are exact decimal strings of dollars."""
    return {"anomaly": _anomaly_json(acts.freeze), "endpoint": _endpoint_json(acts)}


def _anomaly_json(freeze: Freeze) -> dict[str, Any]:
    incident, runaway = freeze.incident, freeze.runaway
    found = (incident.opened_at - runaway.began_at).total_seconds()
    return {
        "scope": scope_key(incident.scope),
        "severity": incident.severity.value,
        "past_minutes": runaway.past_minutes,
        "calls": len(runaway.answers),
        "spent_usd": dollars_text(runaway.spent_picodollars),
        "seconds_to_act": round(found, 1),
        "measure": incident.measure.kind.value if incident.measure else None,
        "mail": {**freeze.mail, "to": list(freeze.readers)},
        "codes": [_code(freeze.refused), _code(freeze.after)],
        "lifted": freeze.lifted,
    }


def _code(answer: Answer) -> str | None:
    code: str | None = answer.sentry.get("code")
    return code


def _endpoint_json(acts: Acts) -> dict[str, Any]:
    wake = acts.wake
    return {
        "endpoint": NAME,
        "steps": [step.state for step in (*acts.sleep.steps, *wake.steps)],
        "asked": [one.state for one in wake.asked],
        "answer": wake.answer,
        "asleep_seconds": wake.record.total.seconds,
        "without_instance_seconds": round(wake.asleep_seconds, 1),
        "gpu_hours_saved": round(wake.gpu_hours, _HOURS_DIGITS),
        "saved_usd": dollars_text(wake.saved_picodollars),
        "wake_usd": dollars_text(wake.paid_picodollars),
        "paid_by": list(wake.paid_by),
    }
