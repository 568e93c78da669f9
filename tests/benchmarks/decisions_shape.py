"""The shape that figures of decisions are compared in from release to release."""

from tests.benchmarks.shape import COLD, PERCENTILES

ROW = {
    "router": str,
    "accuracy": float,
    "accuracy_interval": list,
    "cost_ratio_to_always_dear": float,
    "gain_over_random_mix_at_equal_cost": float,
    "gain_interval": list,
}
SHAPE = {"decide_cpu_us": PERCENTILES, "cold_start": COLD, "routing": {"*": list}}
DATA_SETS = (
    "gsm8k",
    "mmlu",
    "gsm8k, learned from mmlu",
    "mmlu, learned from gsm8k",
    "gsm8k, packaged weights",
    "mmlu, packaged weights",
)
ROUTERS = (
    "always cheap",
    "always dear",
    "best constant choice",
    "random mix, as ours, 25%",
    "ours, 25%",
    "random mix, as ours, 50%",
    "ours, 50%",
    "random mix, as ours, 75%",
    "ours, 75%",
    "ours with prices, 25%",
    "shortest first, as ours with prices, 25%",
    "ours with prices, 50%",
    "shortest first, as ours with prices, 50%",
    "ours with prices, 75%",
    "shortest first, as ours with prices, 75%",
    "oracle",
)
