"""``make bench-budget``: budgets under load, measured here, side by side with LiteLLM."""

import argparse
import sys
from pathlib import Path
from subprocess import CalledProcessError

from benchmarks.budget.litellm_process import LiteLlmFailed
from benchmarks.budget.page import KEPT
from benchmarks.budget.plan import FULL, QUICK
from benchmarks.budget.promises import broken_promises
from benchmarks.budget.report import print_report
from benchmarks.budget.run import measure
from benchmarks.shared.terminal import console_on_stderr, progress, write_json
from cost_sentry_local.cloud import CloudNotStarted
from cost_sentry_local.dynoxide import DynoxideNotStarted
from cost_sentry_local.layout import PROJECT
from scripts import generate_reference

FIGURES = PROJECT / "build" / "bench-budget.json"


def main() -> int:
    """0 if our promises held, 1 if one broke, 3 if something could not be started, 130 Ctrl-C."""
    options = _options()
    console = console_on_stderr()
    plan = QUICK if options.quick else FULL
    try:
        results = measure(plan, progress(console), litellm=not options.quick)
    except (CloudNotStarted, DynoxideNotStarted, LiteLlmFailed, CalledProcessError) as problem:
        console.print(str(problem), style="red", markup=False)
        return 3
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130
    write_json(options.figures, results["figures"])
    if not options.quick:
        write_json(KEPT, results)
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


if __name__ == "__main__":
    sys.exit(main())
