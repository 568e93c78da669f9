"""``python -m tests.simulation --seed 7 --seeds 200``: run seeds, and tell what they did."""

import argparse
import os
import sys
import time

from tests.simulation.many_seeds import Summary, run_seeds, seeds_from
from tests.simulation.report import as_json, failure_of, table
from tests.simulation.shrinking import Case

PROGRESS_SECONDS = 10
SHOWN_MAX = 3
"""Broken seeds that are shown with their traces."""


def main() -> int:
    """Run; 1 if a promise was broken."""
    given = _arguments()
    if given.callers is not None:
        return _again(given)
    began = time.monotonic()
    summary, told = Summary(), began
    limits = (given.seeds, given.steps, given.seconds)
    most = 1 if limits == (None, None, None) else given.seeds

    def is_enough() -> bool:
        is_late = given.seconds is not None and time.monotonic() - began > given.seconds
        return is_late or (given.steps is not None and summary.operations >= given.steps)

    for outcome in run_seeds(seeds_from(given.seed, most), given.jobs, is_enough):
        summary.add(outcome)
        if outcome.failure is not None:
            _note(f"seed {outcome.seed} ({outcome.workload}) broke: {outcome.failure}")
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            _note(_progress(summary, told - began))
    _tell(summary, as_text=not given.json)
    return 1 if summary.broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, help="how many seeds (1 if no limit is given)")
    parser.add_argument("--steps", type=int, help="until so many operations of DynamoDB are done")
    parser.add_argument("--seconds", type=float, help="until so much time has passed")
    parser.add_argument("--jobs", type=int, default=1, help="processes; 0 is one for each core")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    again = parser.add_argument_group("one seed again, with some of it left out")
    again.add_argument("--callers", help="only these, by name, with commas")
    again.add_argument("--operators", default="", help="only these")
    again.add_argument("--faults", default="", help="only these")
    again.add_argument("--not-late", action="store_true", help="no late settlements")
    given = parser.parse_args()
    for name in ("seeds", "steps", "seconds"):
        most = getattr(given, name)
        if most is not None and most <= 0:
            parser.error(f"--{name} is {most}; it must be above 0, or nothing would run")
    given.jobs = given.jobs or os.cpu_count() or 1
    return given


def _again(given: argparse.Namespace) -> int:
    case = Case(
        seed=given.seed,
        callers=_names(given.callers),
        operators=_names(given.operators),
        faults=_names(given.faults),
        settles_late=not given.not_late,
    )
    problem = _unknown(case)
    if problem:
        _note(problem)
        return 2
    outcome = case.run(tracing=True)
    end = f"broke: {outcome.failure}" if outcome.failure else "held"
    _show(*outcome.trace, f"seed {given.seed} ({outcome.workload}) {end}")
    return 1 if outcome.failure else 0


def _unknown(case: Case) -> str | None:
    """A name that the seed does not have, or that nobody would call."""
    whole = Case.of(case.seed)
    for option in ("callers", "operators", "faults"):
        names = getattr(whole, option)
        for name in getattr(case, option):
            if name not in names:
                allowed = ", ".join(names) or "none"
                return f"--{option} names {name!r}; seed {case.seed} has: {allowed}"
    return (
        None
        if case.callers
        else f"--callers is empty; seed {case.seed} has: " + ", ".join(whole.callers)
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _progress(summary: Summary, seconds: float) -> str:
    rate = summary.operations / seconds
    return (
        f"{seconds:8.0f} s  {summary.seeds:,} seeds  {summary.operations:,} operations"
        f"  {rate:,.0f}/s  {len(summary.broken)} broken promises"
    )


def _tell(summary: Summary, *, as_text: bool) -> None:
    times = os.times()
    seconds = times.user + times.system + times.children_user + times.children_system
    if not as_text:
        _show(as_json(summary, seconds))
        return
    for outcome in summary.broken[:SHOWN_MAX]:
        _show(*failure_of(outcome.seed))
    _show(*table(summary, seconds))


def _show(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _note(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
