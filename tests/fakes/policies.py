"""Policies as a configuration keeps them, and an engine that understands them."""

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.domain.policy import Policies, Policy, PolicyMode

EVERYTHING = "permit (principal, action, resource);"


def policy(name, text, *, shadow=False):
    mode = PolicyMode.SHADOW if shadow else PolicyMode.ENFORCE
    return Policy(id=name, text=text, sentence=f"Because of {name}.", mode=mode)


def policies(time_zone="UTC", /, *rules, **texts):
    """By name, in order, and then one that permits everything else."""
    written = [policy(name.replace("_", "-"), text) for name, text in texts.items()]
    last = policy("everything", EVERYTHING)
    return Policies(rules=(*rules, *written, last), time_zone=time_zone)


def engines(given):
    return CedarPolicies(given)
