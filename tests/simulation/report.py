"""What many seeds did, in 80 columns or as JSON."""

import json
from collections.abc import Iterator, Mapping

from tests.simulation.many_seeds import Summary
from tests.simulation.shrinking import Case, breaks, shrunk

COLUMNS = 80
WIDTH = 29


def table(summary: Summary, cpu_seconds: float) -> Iterator[str]:
    """The summary, line by line."""
    yield from _row("seeds", summary.seeds)
    yield from _row("operations of DynamoDB", summary.operations)
    yield from _row("  a second of CPU", round(summary.operations / max(cpu_seconds, 0.001)))
    yield from _row("accepted writes", summary.writes)
    yield from _row("checks", summary.checks)
    yield from _row("hours of virtual time", summary.virtual_seconds // 3_600)
    for title, counts in (
        ("answers", summary.decisions),
        ("faults", summary.faults),
        ("met", summary.met),
        ("workloads", summary.workloads),
    ):
        yield f"{title}:"
        yield from _pairs(counts)
    yield from _row("broken promises", len(summary.broken))


def _row(name: str, number: int) -> Iterator[str]:
    yield f"{name:<{WIDTH}}{number:>15,}"


def _pairs(counts: Mapping[str, int]) -> Iterator[str]:
    """Two in a line."""
    cells = [f"  {name[:27]:<27}{number:>9,}" for name, number in sorted(counts.items())]
    for at in range(0, len(cells), 2):
        yield "  ".join(cells[at : at + 2])[:COLUMNS]


def as_json(summary: Summary, cpu_seconds: float) -> str:
    """The summary for programs."""
    fields = {name: getattr(summary, name) for name in Summary.__slots__ if name != "broken"}
    told = {
        name: value if isinstance(value, int) else dict(value) for name, value in fields.items()
    }
    broken = [
        {"seed": one.seed, "workload": one.workload, "broke": str(one.failure)}
        for one in summary.broken
    ]
    return json.dumps({**told, "broken": broken, "cpu_seconds": round(cpu_seconds, 1)}, indent=2)


def failure_of(seed: int) -> Iterator[str]:
    """The shortest trace of a seed's broken promise that is found, and how to see it again."""
    case = Case.of(seed)
    failure = case.run().failure
    if failure is None:
        yield f"seed {seed} breaks nothing when it runs again: it depends on more than its seed"
        return
    small = shrunk(case, breaks(failure.check))
    traced = small.run(tracing=True)
    yield from traced.trace
    yield f"seed {seed} ({traced.workload}) broke: {traced.failure}"
    yield f"again: {small.command()}"
