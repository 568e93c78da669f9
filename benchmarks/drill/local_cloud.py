"""The drill on the local cloud: the real stack deployed, its functions and workflows at work.

What the other parts let pass on a virtual clock happens here in real time, with less of it. Parts
overlap: what was called past the gate can be compared minutes later, and what ran away is seen when
its minute is whole.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from rich.console import Console

from benchmarks.drill.local_anomalies import Anomalies
from benchmarks.drill.local_approvals import Approvals, all_orders
from benchmarks.drill.local_bypass import Bypass
from benchmarks.drill.local_endpoints import Endpoints
from benchmarks.drill.local_plan import Plan, say, sleep_until
from cost_sentry_local.demo.deployment import Stage, deployed
from cost_sentry_local.demo.replay import replay_on
from cost_sentry_local.layout import PROJECT

CONFIG = PROJECT / "benchmarks" / "drill" / "local_sentry.yaml"
CONNECTIONS = 32


def measured(seed: int) -> Mapping[str, Any]:
    """Each part's figures by its name."""
    with deployed(Console(stderr=True), CONFIG) as stage:
        return drilled(stage, Plan(), seed)


def drilled(stage: Stage, plan: Plan, seed: int) -> Mapping[str, Any]:
    """All parts on this stage."""
    replay = replay_on(stage, CONNECTIONS)
    bypass = Bypass(stage, replay, plan, Random(seed))
    anomalies = Anomalies(stage, replay, plan)
    endpoints = Endpoints(stage, plan)
    begun = bypass.begin()
    say("giving teams a past")
    anomalies.begin()
    say("making endpoints")
    endpoints.begin()
    sleep_until(begun)
    say("calling past the sentry, and through it")
    comparable_at = bypass.call()
    say("letting applications run away")
    seen_from = anomalies.run_away()
    say("putting endpoints to sleep, and calling them")
    of_endpoints = endpoints.finish()
    of_anomalies = anomalies.finish(seen_from)
    of_approvals = Approvals(stage).run(all_orders(plan.order_length))
    return {
        "bypass": bypass.finish(comparable_at),
        "endpoints": of_endpoints,
        "approvals": of_approvals,
        "anomalies": of_anomalies,
    }
