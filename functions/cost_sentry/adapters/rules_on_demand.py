"""What only some configurations ask for, loaded for the first request that needs it."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_sentry.application.policy_ports import PolicyEngine
    from cost_sentry.domain.invocation import InvocationRequest
    from cost_sentry.domain.policy import Policies

_engine: "tuple[Policies, str | None, PolicyEngine] | None" = None


def policy_engine(policies: "Policies", region: str | None = None) -> "PolicyEngine":
    """Cedar, loaded for the first configuration that has policies; made once for each of them.

    Args:
        policies: of the configuration.
        region: where models without a profile are called; ``None``: where this function runs.
    """
    global _engine  # noqa: PLW0603 - a cache of one: who has a new configuration asks no old one
    region = region or os.environ.get("AWS_REGION")
    if _engine is None or _engine[0] is not policies or _engine[1] != region:
        from cost_sentry.adapters.cedar_policies import CedarPolicies

        _engine = policies, region, CedarPolicies(policies, region)
    return _engine[2]


def complexity(request: "InvocationRequest") -> int | None:
    """Of its prompt; weights are read for the first one that is estimated."""
    from cost_sentry.adapters.prompt_complexity import estimated_complexity

    return estimated_complexity(request)
