"""``make demo``: real template, real traffic, a local cloud, and a verdict."""

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from cost_sentry_local.cloud import CloudNotStarted
from cost_sentry_local.demo.deployment import deployed
from cost_sentry_local.demo.report import print_report
from cost_sentry_local.demo.result import Result, summary
from cost_sentry_local.demo.show import Options, perform
from cost_sentry_local.demo.trace import TraceTooShort, read_trace
from cost_sentry_local.demo.waiting import RuleNotMet
from cost_sentry_local.demo.workload import planned_calls
from cost_sentry_local.deploy import DeploymentFailed
from cost_sentry_local.layout import PROJECT
from cost_sentry_local.synthesize import SynthesisFailed

SUMMARY = PROJECT / "build" / "demo-summary.json"
COLUMNS_MAX = 100
BREACHES_SHOWN_MAX = 10

_INTRODUCTION = """\
[bold]The cost sentry at work.[/bold] {calls} calls of a production trace (Azure LLM inference
trace 2023, conversations, CC BY 4.0) go through guarded_invocation on this
machine: no AWS account, nothing is paid. Arrivals and token counts are the
trace's; teams, models, priorities and a few Bedrock faults are assigned by row
number, and the prompts are made up.
"""


def main() -> int:
    """0 if all promises held, 1 if one broke, 2 wrong option, 3 no stage to play on, 130 Ctrl-C."""
    options, said_json, path = _options()
    console = Console(stderr=said_json)
    console.width = min(console.width, COLUMNS_MAX)
    try:
        result, told = _run(options, console)
    except TraceTooShort as problem:
        console.print(f"[red]{problem}")
        return 2
    except (CloudNotStarted, SynthesisFailed, DeploymentFailed, RuleNotMet) as problem:
        console.print(str(problem), style="red", markup=False)
        return 3
    except OSError as problem:
        if problem.filename is None:
            raise
        console.print(f"{problem.filename}: {problem.strerror}", style="red", markup=False)
        return 3
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    print_report(console, result)
    if said_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    return _verdict(console, result, path)


def _options() -> tuple[Options, bool, Path]:
    parser = argparse.ArgumentParser(prog="python -m cost_sentry_local.demo", description=__doc__)
    parser.add_argument("--calls", type=int, default=600, help="rows of the trace (600)")
    parser.add_argument("--callers", type=int, default=8, help="concurrent callers (8)")
    parser.add_argument("--seed", type=int, default=0, help="shifts who makes which call (0)")
    parser.add_argument("--json", action="store_true", help="the summary on standard output")
    parser.add_argument("--summary", type=Path, default=SUMMARY, help=f"where to write ({SUMMARY})")
    given = parser.parse_args()
    for name in ("calls", "callers"):
        if getattr(given, name) < 1:
            parser.error(f"--{name} is {getattr(given, name)}; it must be at least 1")
    options = Options(calls=given.calls, callers=given.callers, seed=given.seed)
    return options, given.json, given.summary


def _run(options: Options, console: Console) -> tuple[Result, dict[str, object]]:
    began = time.monotonic()
    planned = list(planned_calls(read_trace(options.calls), options.seed))
    console.print(_INTRODUCTION.format(calls=len(planned)), highlight=False)
    with deployed(console) as stage:
        result = perform(stage, planned, options, console, began)
        return result, summary(result)


def _verdict(console: Console, result: Result, path: Path) -> int:
    shown = path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path
    console.print(f"Summary: {shown}   Seconds: {result.seconds:.0f}", highlight=False)
    if not result.broken:
        console.print("[bold green]All promises held.")
        return 0
    console.print(f"[bold red]{len(result.broken)} breaches:")
    for breach in result.broken[:BREACHES_SHOWN_MAX]:
        console.print(f"  {breach}", markup=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
