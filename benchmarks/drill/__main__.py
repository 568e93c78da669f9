"""``python -m benchmarks.drill``: what watches and acts, on virtual weeks and the local cloud."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.drill.run import PARTS, drilled
from benchmarks.shared.terminal import write_json
from cost_sentry_local.layout import PROJECT

FIGURES = PROJECT / "build" / "drill.json"
SEED = 1


def main() -> int:
    """0 when it was measured."""
    options = _options()
    figures = drilled(
        options.seed, tuple(options.parts), lambda name: sys.stderr.write(f"{name}\n")
    )
    write_json(options.figures, figures)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drill", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all, if none is named")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--figures", type=Path, default=FIGURES, help=f"where to ({FIGURES})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
