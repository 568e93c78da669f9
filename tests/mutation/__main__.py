"""``make mutate``: mutants of the ledger, and which of them no test kills."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.mutation.equivalents import PACKAGE, Equivalents
from tests.mutation.mutants import Mutant
from tests.mutation.report import GOAL_PERCENT, Report
from tests.mutation.run import Run
from tests.mutation.trial import KILLED, Verdict

MODULES = (
    "domain.allotment",
    "domain.request_id",
    "domain.reservation",
    "domain.shard",
    "adapters.dynamodb_books",
    "adapters.dynamodb_ledger",
    "adapters.ledger_allotments",
    "adapters.ledger_answers",
    "adapters.ledger_calls",
    "adapters.ledger_debts",
    "adapters.ledger_forgetting",
    "adapters.ledger_items",
    "adapters.ledger_last_money",
    "adapters.ledger_memory",
    "adapters.ledger_merging",
    "adapters.ledger_moves",
    "adapters.ledger_known",
    "adapters.ledger_lowering",
    "adapters.ledger_patience",
    "adapters.ledger_proofs",
    "adapters.ledger_pools",
    "adapters.ledger_refills",
    "adapters.ledger_rest",
    "adapters.ledger_retirement",
    "adapters.ledger_runs",
    "adapters.ledger_shards",
    "adapters.ledger_surplus",
    "adapters.ledger_upkeep",
    "adapters.ledger_walk",
    "adapters.ledger_wants",
    "adapters.ledger_windows",
    "adapters.ledger_writes",
    "adapters.run_windows",
)
SUITE = (
    "tests/mutation/seeds.py",
    "tests/contract",
    "tests/unit/adapters",
    "tests/unit/application",
    "tests/unit/domain",
    "tests/properties/test_allotment_laws.py",
)
LEFT_OUT = (
    "alert",
    "bedrock",
    "config",
    "converse",
    "dynamodb_contract",
    "parser",
    "outbox",
    "projection",
    "race",
    "reserved_over_real",
)
"""Files whose name holds one of these: slow, different from run to run, or never there."""
OPTIONS = (
    *("-q", "-n", "0", "-m", "not cloud and not slow"),
    *("-p", "no:cacheprovider", "--capture=sys", "-o", "timeout=0"),
)


def main() -> int:
    """Run; tell the score; 1 below the goal, 2 if nothing can be said."""
    given = _given()
    chosen = [name for name in MODULES if given.module in name]
    imported = {name: import_module(PACKAGE + name) for name in MODULES}
    equivalents = Equivalents.read()
    run = Run([imported[n] for n in chosen], [*imported.values()], given.jobs, _progress)
    run.chosen, run.is_hopeless = _chosen(given), equivalents.has
    _steady_hypothesis()
    ignored = [f"--ignore-glob=**/test_*{part}*.py" for part in LEFT_OUT]
    pytest.main([*OPTIONS, *ignored, *SUITE], plugins=[run])
    if run.failed or not run.verdicts:
        _say("nothing was tried, or these tests fail without any mutant:", *run.failed)
        return 2
    verdicts = {(m.removeprefix(PACKAGE), mutant): v for (m, mutant), v in run.verdicts.items()}
    report = Report(chosen, verdicts, equivalents)
    report.problems += [f"listed, but no longer there: {name}" for name in equivalents.lost()]
    _say(json.dumps(asdict(report.figures()), indent=1) if given.json else report.table())
    _say(*report.problems)
    return int(bool(report.problems))


def _chosen(given: argparse.Namespace) -> Callable[[str, Mutant], bool]:
    """Of one function, or those that survived an earlier run."""
    if not given.survivors_of:
        return lambda _module, mutant: given.function in mutant.function
    before = json.loads(Path(given.survivors_of).read_text("utf-8"))["survivors"]
    names = {(f"{PACKAGE}{one['module']}", one["function"], one["change"]) for one in before}
    return lambda module, mutant: (module, mutant.function, mutant.what) in names


def _steady_hypothesis() -> None:
    """The same examples each time, and nothing is made of one that fails but that it did."""
    steady = {"database": None, "derandomize": True, "deadline": None}
    settings.register_profile("mutation", **steady, phases=(Phase.explicit, Phase.generate))
    settings.load_profile("mutation")


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--module", default="", help="only modules whose name holds this")
    parser.add_argument("--function", default="", help="only functions whose name holds this")
    parser.add_argument("--survivors-of", default="", help="only those of this run's --json")
    parser.add_argument("--jobs", type=int, default=0, help="mutants at a time; 0: one a core")
    parser.add_argument("--json", action="store_true", help=f"the figures; goal {GOAL_PERCENT} %%")
    given = parser.parse_args()
    given.jobs = given.jobs or os.cpu_count() or 1
    return given


def _progress(module: str, mutant: Mutant, verdict: Verdict, done: str) -> None:
    """Survivors, and every 25th of the others, on standard error."""
    count = int(done.partition("/")[0])
    if verdict.outcome != KILLED:
        _tell(f"{verdict.outcome:9} {module}:{mutant.line} {mutant.function}: {mutant.what}")
        _tell(f"          {verdict.by}" if verdict.by else "")
    if count % 25 == 0:
        _tell(done)


def _tell(line: str) -> None:
    if line:
        os.write(2, f"{line}\n".encode())


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
