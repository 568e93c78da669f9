"""The run itself: prepare, replay, close, audit."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cost_sentry_local.demo.acts import Acts, is_of, watch
from cost_sentry_local.demo.anomaly import run_away, wait_for_next_minute
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.auditor import audit
from cost_sentry_local.demo.background import Background
from cost_sentry_local.demo.closing import (
    ask_for_unknown_model,
    ask_without_ledger,
    close_sandbox,
    send_again,
)
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.endpoint import call_and_wake
from cost_sentry_local.demo.evidence import collect, wait_for_journal
from cost_sentry_local.demo.replay import Replay, replay_on
from cost_sentry_local.demo.result import Result, budget_states
from cost_sentry_local.demo.rules import show_rules
from cost_sentry_local.demo.sampler import Sampler
from cost_sentry_local.demo.savings import savings
from cost_sentry_local.demo.workload import PlannedCall
from cost_sentry_local.mailbox import sentry_mails

_SPAN_SECONDS = 30.0
"""The trace's span is compressed to this; on a slow machine the calls take as long as they take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said."""

    calls: int
    callers: int
    seed: int


def perform(
    stage: Stage, planned: Sequence[PlannedCall], options: Options, console: Console, began: float
) -> Result:
    """The calls, the closing scenes, and the audit."""
    replay = replay_on(stage, options.callers + 2)
    with Sampler(stage.dynamodb, stage.table, _window_keys(stage)) as sampler:
        with console.status("Giving the detector a past, and letting an application run away …"):
            runaway = run_away(stage, replay)
            watching = Background(lambda: watch(stage, replay, runaway), "watching")
            wait_for_next_minute(runaway)
        started = time.monotonic()
        answers = _replay(replay, planned, options, console)
        replay_seconds = time.monotonic() - started
        with console.status("Waiting for the anomaly to be found, told of and lifted …"):
            freeze, sleep = watching.outcome()
        with console.status("Closing the sandbox, sending calls again, waiting for the mails …"):
            closing, last = close_sandbox(replay, stage.operator)
            extra = [*last, ask_for_unknown_model(replay)]
            repeats = send_again(replay, [*answers, *last])
            without_ledger = ask_without_ledger(replay, stage.cloud)
        with console.status("Putting rules in force, and making the calls that they are for …"):
            scenes = show_rules(replay, stage.operator)
            extra += [answer for scene in scenes for answer in scene.answers]
        with console.status("Calling an endpoint that sleeps …"):
            acts = Acts(freeze=freeze, sleep=sleep, wake=call_and_wake(stage))
            extra += freeze.answers
        with console.status("Waiting for the journal …"):
            expired = _expire_overdue(stage)
            wait_for_journal(stage)
            sampler.look()
    evidence = collect(
        stage,
        answers=[*answers, *extra],
        repeats=repeats,
        without_ledger=without_ledger,
        samples=sampler.samples(),
    )
    return Result(
        answers=answers,
        evidence=evidence,
        budgets=budget_states(stage.operator, evidence),
        savings=savings(answers, evidence.prices),
        scenes=scenes,
        acts=acts,
        mails=[mail for mail in sentry_mails(stage.cloud) if not is_of(acts, mail)],
        closing=closing,
        findings=audit(evidence),
        expired=expired,
        replay_seconds=replay_seconds,
        seconds=time.monotonic() - began,
    )


def _replay(
    replay: Replay, planned: Sequence[PlannedCall], options: Options, console: Console
) -> list[Answer]:
    counts = dict.fromkeys(Outcome, 0)
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[green]{task.fields[good]}[/] ok [red]{task.fields[no]}[/] rejected"),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Replaying", total=len(planned), good=0, no=0)

        def on_answer(answer: Answer) -> None:
            counts[answer.outcome] += 1
            good = counts[Outcome.ALLOWED] + counts[Outcome.REROUTED]
            progress.update(bar, advance=1, good=good, no=counts[Outcome.REJECTED])

        speed = max(1.0, planned[-1].after_seconds / _SPAN_SECONDS)
        return replay.run(planned, callers=options.callers, speed=speed, on_answer=on_answer)


def _window_keys(stage: Stage) -> list[tuple[str, str]]:
    """Every budget's window, today and after a midnight that may pass meanwhile."""
    now = stage.operator.clock.now()
    moments = (now, now + timedelta(days=1))
    windows = {(b.id, b.window_at(moment).id) for b in stage.config.budgets for moment in moments}
    return [(f"BUDGET#{budget_id}", f"WINDOW#{window}") for budget_id, window in sorted(windows)]


def _expire_overdue(stage: Stage) -> int:
    """Run the sweep that the schedule would, if anything is overdue by now."""
    now = stage.operator.clock.now()
    if not any(held.expires_at <= now for held in stage.operator.books.pending()):
        return 0
    answer = stage.cloud.client("lambda").invoke(
        FunctionName=stage.outputs["ExpireReservationsFunctionName"], Payload=b"{}"
    )
    return int(json.load(answer["Payload"])["expired"])
