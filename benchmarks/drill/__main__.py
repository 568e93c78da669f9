"""``make drill``: what watches and acts, on simulated weeks and a virtual clock."""

import argparse
import sys
from pathlib import Path

from benchmarks.drill.page import KEPT, keep
from benchmarks.drill.run import PARTS, drill
from benchmarks.drill.tables import all_tables
from benchmarks.shared.terminal import console_on_stderr, progress, rendered, write_json
from cost_sentry_local.layout import PROJECT
from scripts import generate_reference

FIGURES = PROJECT / "build" / "drill.json"


def main() -> int:
    """0 if it was drilled, 130 for Ctrl-C."""
    options = _options()
    console = console_on_stderr()
    try:
        results = drill(options.parts, progress(console), is_quick=options.quick)
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130
    write_json(options.figures, results["figures"])
    if not options.quick:
        keep(KEPT, results)
        generate_reference.main()
    for table in all_tables(results):
        console.print(rendered(table))
    console.print(f"Figures: {options.figures}", highlight=False, markup=False)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drill", description=__doc__)
    parser.add_argument("parts", nargs="*", default=[*PARTS], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="figures without details; no page")
    parser.add_argument("--figures", type=Path, default=FIGURES, help=f"where to ({FIGURES})")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
