"""``make bench-decisions``: policies and routing, what they take and what they are worth."""

import argparse
import sys
from pathlib import Path
from subprocess import CalledProcessError

from benchmarks.decisions.page import KEPT
from benchmarks.decisions.plan import FULL, QUICK
from benchmarks.decisions.run import measure
from benchmarks.decisions.tables import all_tables
from benchmarks.shared.terminal import console_on_stderr, progress, rendered, write_json
from cost_sentry_local.layout import PROJECT
from scripts import generate_reference

FIGURES = PROJECT / "build" / "bench-decisions.json"


def main() -> int:
    """0 if it was measured, 3 if a process could not be started, 130 for Ctrl-C."""
    options = _options()
    console = console_on_stderr()
    try:
        results = measure(QUICK if options.quick else FULL, progress(console))
    except CalledProcessError as problem:
        console.print(f"{problem}\n{problem.stderr}", style="red", markup=False)
        return 3
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130
    write_json(options.figures, results["figures"])
    if not options.quick:
        write_json(KEPT, results)
        generate_reference.main()
    for table in all_tables(results):
        console.print(rendered(table))
    console.print(f"Figures: {options.figures}", highlight=False, markup=False)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every part once and small; no page")
    parser.add_argument("--figures", type=Path, default=FIGURES, help=f"where to ({FIGURES})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
