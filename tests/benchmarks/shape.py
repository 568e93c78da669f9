"""The shape that figures are compared in from release to release."""

from typing import Any

LOOP = {
    "runs": int,
    "runs_over_budget": int,
    "refusals": int,
    "false_refusals": int,
    "used_mean": float,
}
BURST = {"callers": int, "pays_for": int, "admitted": int}
PERCENTILES = {"p50": float, "p99": float}
COLD = {"seconds": float, "rss_mb": int}
WIRE = {"round_trips": float, "write_units": float}
KNOWN_OR_NOT = (int, float, type(None))
"""Of a part that was cut short: unknown, never zero."""
HOT = {
    "admitted_per_second": KNOWN_OR_NOT,
    "shards": int,
    "item_kb_p99": float,
    "admit_ms_p50": KNOWN_OR_NOT,
    "admit_ms_p99": KNOWN_OR_NOT,
    "false_refusals": int,
    "unused_ratio": KNOWN_OR_NOT,
}
SHAPE = {
    "closed_loop": {"ours": LOOP, "litellm_default": LOOP, "litellm_strict": LOOP},
    "burst": {"ours": {"*": BURST}, "litellm": {"*": BURST}},
    "cloudwatch_design": {"overshoot_usd": float, "ours_overshoot_usd": float},
    "reserved_over_real": {"mean": float, "sum_over_sum": float, "workload": str},
    "decision_cpu_us": {"ours": PERCENTILES, "litellm": PERCENTILES},
    "cold_start": {"ours": COLD, "litellm": COLD},
    "wire": {"1": WIRE, "3": WIRE, "6": WIRE},
    "hot_budget": {"*": HOT},
    "usd_per_million_calls": {"total": float, "items": {"*": float}},
}
LITELLM = ("litellm", "litellm_default", "litellm_strict")


def misshapen(found: Any, shape: Any = SHAPE, at: str = "", *, litellm: bool = True) -> list[str]:
    """Every place where ``found`` is not of this shape; LiteLLM's may be empty if left out."""
    if not isinstance(shape, dict):
        right = isinstance(found, int | float) if shape is float else isinstance(found, shape)
        return [] if right else [f"{at}: {found!r} is not of {shape}"]
    if not isinstance(found, dict):
        return [f"{at}: {found!r} is no object"]
    names = list(found) if "*" in shape else list(shape)
    if list(found) != names or not names:
        return [f"{at}: has {list(found)}, not {list(shape)}"]
    return [
        problem
        for name in names
        if litellm or not (name in LITELLM and found[name] == {})
        for problem in misshapen(
            found[name], shape.get(name, shape.get("*")), f"{at}.{name}", litellm=litellm
        )
    ]
