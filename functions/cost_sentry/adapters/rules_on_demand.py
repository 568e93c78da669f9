"""What only some configurations ask for, loaded for the first request that needs it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_sentry.application.policy_ports import PolicyEngine
    from cost_sentry.domain.invocation import InvocationRequest
    from cost_sentry.domain.policy import Policies

_engine: "tuple[Policies, PolicyEngine] | None" = None


def policy_engine(policies: "Policies") -> "PolicyEngine":
    """Cedar, loaded for the first configuration that has policies; made once for each of them."""
    global _engine  # noqa: PLW0603 - a cache of one: who has a new configuration asks no old one
    if _engine is None or _engine[0] is not policies:
        from cost_sentry.adapters.cedar_policies import CedarPolicies

        _engine = policies, CedarPolicies(policies)
    return _engine[1]


def complexity(request: "InvocationRequest") -> int | None:
    """Of its prompt; weights are read for the first one that is estimated."""
    from cost_sentry.adapters.prompt_complexity import estimated_complexity

    return estimated_complexity(request)
