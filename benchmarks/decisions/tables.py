"""What a run found, as rows of text: for the terminal and for the page alike."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.decisions.round_trips import BARE, RULED
from benchmarks.decisions.routers import SHARES
from benchmarks.decisions.routing_rows import ours, ours_with_prices
from benchmarks.shared.tables import NOTHING, Table, verdict

Json = dict[str, Any]
EVERY = "every candidate"
_OF_ALL = "the same, all 20 candidates asked about"
_WEIGHT = {
    "candidates in order alone": "twenty candidates, priced, estimated, in order",
    "policies alone": "100 policies about each of them",
    "estimate alone": "the estimate",
    EVERY: "all of it, every candidate asked about",
    "a call that names its model": "all of it, of a call that names its model",
}
UNKNOWN = "nothing remembered of any call"


def targets(results: Json) -> Table:
    """The figures to reach, and how the run stands to each."""
    figures = results["figures"]
    cpu, cold = figures["decide_cpu_us"], figures["cold_start"]
    every = results["details"]["decide_cpu_us"][EVERY]
    trips = results["details"]["round_trips"]["kinds"]
    added = trips[RULED]["deciding"] - trips[BARE]["deciding"]
    noted = added + math.ceil(trips[RULED]["noting, mean"] - trips[BARE]["noting, mean"])
    rows = [
        ("policies and routing, CPU p50", f"{cpu['p50']} µs", "≤ 300 µs", cpu["p50"] <= 300),
        (_OF_ALL, f"{every['p50']} µs", "≤ 300 µs", every["p50"] <= 300),
        ("cold start with Cedar", f"{cold['seconds']} s", "≤ 0.4 s", cold["seconds"] <= 0.4),
        ("memory at cold start", f"{cold['rss_mb']} MB", "≤ 80 MB", cold["rss_mb"] <= 80),
        ("round trips more, to decide", str(added), "0", added <= 0),
        ("the same, with the note for explain", str(noted), "0", noted <= 0),
    ]
    head = ("figure", "ours", "reach", "reached")
    return Table("Figures to reach", head, [(*row[:3], verdict(row[3])) for row in rows])


def weight(results: Json) -> Table:
    """The decision, and its parts."""
    details = results["details"]["decide_cpu_us"]
    whole = results["figures"]["decide_cpu_us"]
    shown = {"all of it": whole, **{said: details[name] for name, said in _WEIGHT.items()}}
    shown["the same, Cedar asked about everything"] = details[UNKNOWN]
    rows = [(name, f"{one['p50']} µs", f"{one['p99']} µs") for name, one in shown.items()]
    return Table("CPU of one decision", ("part", "p50", "p99"), rows)


def round_trips(results: Json) -> Table:
    """Of an admission, by what is asked and what rules there are."""
    rows = [
        (name, str(one["deciding"]), str(one["deciding, mean"]), str(one["noting, mean"]))
        for name, one in results["details"]["round_trips"]["kinds"].items()
    ]
    head = ("a call that", "to decide", "mean", "to note it, mean")
    return Table("Round trips of an admission", head, rows)


def routing(results: Json, data_set: str) -> Table:
    """All routers on one data set, in per cent."""
    rows = [
        (
            row["router"],
            _percent(row["accuracy"]),
            _percents(row["accuracy_interval"]),
            _percent(row["cost_ratio_to_always_dear"]),
            _signed(row["gain_over_random_mix_at_equal_cost"]),
            _signs(row["gain_interval"]),
        )
        for row in results["figures"]["routing"][data_set]
    ]
    prompts = results["details"]["routing"][data_set]["prompts"]
    head = ("router", "right", "95 %", "cost", "gain", "95 %")
    return Table(f"{data_set}: {prompts} prompts", head, rows)


def claims(results: Json) -> Table:
    """What may be said of ours on each data set, by the intervals of its gains."""
    rows = []
    for data_set, found in results["figures"]["routing"].items():
        by_name = {row["router"]: row for row in found}
        details = results["details"]["routing"][data_set]
        for name in (*map(ours, SHARES), *map(ours_with_prices, SHARES)):
            saving = details["savings"].get(name)
            control = details["gain_over_shortest_first"].get(name)
            rows.append(
                (
                    data_set,
                    name,
                    said_of(by_name[name]["gain_interval"]),
                    _percents(saving["interval"]) if saving else NOTHING,
                    said_of(control["interval"]) if control else NOTHING,
                )
            )
    head = ("data set", "router", "than a random mix", "saves, %", "than shortest first")
    return Table("What may be claimed", head, rows)


def said_of(interval: list[float]) -> str:
    """In words; nothing is claimed while the interval holds zero."""
    low, high = interval
    if low > 0:
        return "better"
    return "worse" if high < 0 else "no difference shown"


def by_calls(results: Json) -> Table:
    """The gain of ours over a random mix that asks the dear model as often, whatever that costs."""
    rows = [
        (
            data_set,
            ours(share),
            _percent(details["sent"][ours(share)]),
            *_figure(details["gain_at_equal_calls"][ours(share)]),
        )
        for data_set, details in results["details"]["routing"].items()
        for share in SHARES
    ]
    head = ("data set", "router", "sent, %", "gain", "95 %")
    return Table("Where every call costs the same", head, rows)


def all_tables(results: Json) -> Iterator[Table]:
    """In the order in which they are shown."""
    yield weight(results)
    yield round_trips(results)
    for data_set in results["figures"]["routing"]:
        yield routing(results, data_set)
    yield claims(results)
    yield by_calls(results)
    yield targets(results)


def _figure(told: Mapping[str, Any]) -> tuple[str, str]:
    return _signed(told["found"]), _signs(told["interval"])


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f}"


def _percents(ends: list[float]) -> str:
    return " to ".join(map(_percent, ends))


def _signed(ratio: float) -> str:
    return f"{100 * ratio:+.1f}" if ratio else "0"


def _signs(ends: list[float]) -> str:
    return " to ".join(map(_signed, ends))
