"""``make mutate``, or ``python -m tests.mutation [--module ledger_moves]``: mutants of the ledger."""

import argparse
import sys
from collections import Counter
from importlib import import_module

import pytest

from tests.mutation.runner import KILLED, NOT_PLANTED, SURVIVED, Runner

MODULES = (
    "domain.allotment",
    "domain.request_id",
    "domain.shard",
    "domain.window",
    "adapters.dynamodb_books",
    "adapters.dynamodb_ledger",
    "adapters.ledger_allotments",
    "adapters.ledger_calls",
    "adapters.ledger_debts",
    "adapters.ledger_forgetting",
    "adapters.ledger_items",
    "adapters.ledger_memory",
    "adapters.ledger_merging",
    "adapters.ledger_moves",
    "adapters.ledger_refills",
    "adapters.ledger_retirement",
    "adapters.ledger_shards",
    "adapters.ledger_surplus",
    "adapters.ledger_walk",
    "adapters.ledger_writes",
    "adapters.reservation_record",
)
SUITE = (
    "tests/mutation/seeds.py",
    "tests/contract",
    "tests/unit/adapters",
    "tests/unit/application",
    "tests/unit/domain",
    "tests/properties/test_allotment_laws.py",
)
LEFT_OUT = "dynoxide or cloud or ministack or converse or parser or mail or races or race"


def main() -> int:
    """Run; tell the score; 1 below the goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--module", default="", help="only modules whose name holds this")
    given = parser.parse_args()
    names = [f"cost_sentry.{name}" for name in MODULES if given.module in name]
    runner = Runner([import_module(name) for name in names])
    options = ["-q", "-p", "no:cacheprovider", "-n", "0", "-k", f"not ({LEFT_OUT})"]
    pytest.main([*options, "-m", "not cloud and not slow", *SUITE], plugins=[runner])
    total = Counter(runner.outcomes.values())
    for name in names:
        of = Counter(o for (module, _), o in runner.outcomes.items() if module == name)
        _say(f"{name}: {of[KILLED]} killed, {of[SURVIVED]} survive, {of[NOT_PLANTED]} left out")
    planted = total[KILLED] + total[SURVIVED]
    score = 100 * total[KILLED] / max(1, planted)
    _say(f"{planted} mutants, {score:.1f} % killed")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
