"""``make bench-budget``: budgets under load, measured here, side by side with LiteLLM."""

import argparse
import json
import sys
import time
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from rich.console import Console

from benchmarks.budget.litellm_process import LiteLlmFailed
from benchmarks.budget.page import KEPT
from benchmarks.budget.plan import FULL, QUICK
from benchmarks.budget.promises import broken_promises
from benchmarks.budget.report import COLUMNS_MAX, print_report
from benchmarks.budget.run import measure
from cost_sentry_local.cloud import CloudNotStarted
from cost_sentry_local.dynoxide import DynoxideNotStarted
from cost_sentry_local.layout import PROJECT
from scripts import generate_reference

FIGURES = PROJECT / "build" / "bench-budget.json"


def main() -> int:
    """0 if our promises held, 1 if one broke, 3 if something could not be started, 130 Ctrl-C."""
    options = _options()
    console = Console(stderr=True)
    console.width = min(console.width, COLUMNS_MAX)
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"{time.monotonic() - began:6.0f} s  {what}", highlight=False, markup=False)

    try:
        results = measure(QUICK if options.quick else FULL, say, litellm=not options.quick)
    except (CloudNotStarted, DynoxideNotStarted, LiteLlmFailed, CalledProcessError) as problem:
        console.print(str(problem), style="red", markup=False)
        return 3
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130
    _write(options.figures, results["figures"])
    if not options.quick:
        _write(KEPT, results)
        generate_reference.main()
    broken = broken_promises(results["figures"])
    print_report(console, results, broken)
    console.print(f"Figures: {options.figures}", highlight=False, markup=False)
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budget", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="every part once and small, without LiteLLM; no page"
    )
    parser.add_argument("--figures", type=Path, default=FIGURES, help=f"where to ({FIGURES})")
    return parser.parse_args()


def _write(path: Path, what: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
