"""Every planted bug, and where it is caught: ``python -m tests.simulation.planted_bugs``.

Looks for seeds that show each bug, and writes them (``planted_seeds.json``) and the table of
``PLANTED_BUGS.md``. ``--bug NAME`` looks for one only; ``--show SEED`` with it shows that trace.
"""

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping

from tests.simulation.planted import (
    answer_bugs,
    bring_bugs,
    debt_bugs,
    emergency_bugs,
    journal_bugs,
    last_money_bugs,
    memory_bugs,
    money_bugs,
    reserve_bugs,
    resolve_bugs,
    rest_bugs,
    run_bugs,
)
from tests.simulation.planted.bug import PlantedBug

_FILES = (
    reserve_bugs,
    bring_bugs,
    answer_bugs,
    resolve_bugs,
    money_bugs,
    last_money_bugs,
    debt_bugs,
    memory_bugs,
    journal_bugs,
    emergency_bugs,
    run_bugs,
    rest_bugs,
)
BUGS: tuple[PlantedBug, ...] = tuple(bug for file in _FILES for bug in file.bugs.found)
BY_NAME = {bug.name: bug for bug in BUGS}
SEEDS_MAX = 60
"""Within so many seeds of its workload every bug is caught."""
SEEDS_KEPT = 3
"""One of them must show the bug: what they do changes with every change of the world."""
_HERE = pathlib.Path(__file__).parent
SEEDS, PAGE = _HERE / "planted_seeds.json", _HERE / "PLANTED_BUGS.md"
BEGIN, END = "<!-- bugs: begin -->\n", "<!-- bugs: end -->\n"


def known() -> dict[str, dict[str, int]]:
    """Of each bug's name: seeds that show it, and the events until it is caught there."""
    return json.loads(SEEDS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def find(bug: PlantedBug) -> dict[str, int]:
    """The first seeds in which the named check sees the bug, and nothing is seen without it."""
    found: dict[str, int] = {}
    for seed in range(SEEDS_MAX):
        outcome = bug.run(seed)
        if outcome.failure is not None and outcome.failure.check == bug.check:
            if bug.run(seed, planted=False).failure is None:
                found[str(seed)] = outcome.events
            if len(found) == SEEDS_KEPT:
                break
    return found


def page(text: str, seeds: Mapping[str, Mapping[str, int]]) -> str:
    """The page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}{table(seeds)}{END}{after}"


def table(seeds: Mapping[str, Mapping[str, int]]) -> str:
    """One row for each bug."""
    rows = ["| bug | what is wrong | caught by | workload | seed | events |", "|---" * 6 + "|"]
    for bug in BUGS:
        seed, events = next(iter(seeds[bug.name].items()))
        cells = (bug.name, bug.summary, bug.check, bug.workload.__name__, seed, str(events))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Find and write; 1 if a bug is not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.planted_bugs")
    parser.add_argument("--bug", choices=BY_NAME, help="this one only")
    parser.add_argument("--show", type=int, metavar="SEED", help="its trace in this seed")
    given = parser.parse_args()
    if given.bug and given.show is not None:
        outcome = BY_NAME[given.bug].run(given.show, tracing=True)
        _say(*outcome.trace, f"caught: {outcome.failure}")
        return 0
    seeds = known() if SEEDS.exists() else {}
    for bug in [BY_NAME[given.bug]] if given.bug else BUGS:
        seeds[bug.name] = find(bug)
        _say(f"{bug.name}: {seeds[bug.name] or 'NOT CAUGHT'}")
    seeds = {bug.name: seeds.get(bug.name, {}) for bug in BUGS}
    if not all(seeds.values()):
        return 1
    SEEDS.write_text(json.dumps(seeds, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), seeds), encoding="utf-8")
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
