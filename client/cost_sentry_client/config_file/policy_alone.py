"""Policies one by one: a forbid that no call meets, and what Cedar cannot evaluate for some calls.

Cedar's numbers have 64 bits, and a sum or a product beyond them is an error: the call is refused
then, whatever other policies say of it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cost_sentry.adapters.call_kinds import looked_at
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import Verdict
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.policy_kinds import Call, KindsOfCalls, kinds_of_calls
from cost_sentry_client.config_file.policy_words import nodes

if TYPE_CHECKING:
    from cost_sentry_client.config_file.policy_trials import Pair, Trials

CEDAR_LONG_MAX = 2**63 - 1
"""Of a ``Long`` (Cedar reference, "Data types")."""
_ARITHMETIC = ("+", "-", "*", "neg")
_OF_TAGS = frozenset({"tags", "tagNames", "granted"})
"""Facts of which a file says as well which there are."""


class Fault(NamedTuple):
    """Why a policy cannot be evaluated for some call."""

    policy: WrittenPolicy
    why: str


def unevaluated(policy: WrittenPolicy, trials: "Trials") -> Fault | None:
    """The first error of those calls that reach furthest; ``None`` if none was found."""
    if not any(verb in node for node in nodes(policy.rule) for verb in _ARITHMETIC):
        return None
    alone = trials.engine_of([policy])
    for pair in trials.spoken_of(policy):
        for call in _kinds(policy, pair, trials).calls:
            if trials.is_cut_short:
                return None
            try:
                _asked(alone, pair, call, trials)
            except ConfigurationError as error:
                return Fault(policy, str(error).rpartition("`: ")[2])
    return None


def never_forbids(policy: WrittenPolicy, trials: "Trials") -> bool:
    """Whether no call there can be meets a forbid; ``False`` if nobody can tell.

    One that looks at callers, models or tags may be there for those that a later file has.
    """
    if trials.is_cut_short or policy.rule["effect"] != "forbid" or _looks_beyond_the_call(policy):
        return False
    pair = next(trials.spoken_of(policy), None)
    if pair is None:
        return False
    alone, kinds = trials.engine_of([policy]), _kinds(policy, pair, trials)
    for call in kinds.calls:
        if trials.is_cut_short or _asked(alone, pair, call, trials).forbidden_by:
            return False
    return kinds.are_all


def faults(policies: Sequence[WrittenPolicy], trials: "Trials") -> Iterator[Fault]:
    """Of each policy that has one."""
    found = (unevaluated(policy, trials) for policy in policies)
    return (one for one in found if one)


def _looks_beyond_the_call(policy: WrittenPolicy) -> bool:
    looked = looked_at([policy.rule])
    conditions = list(nodes(policy.rule.get("conditions", ())))
    variables = {node.get("Var") for node in conditions}
    return looked.everything or bool(looked.names & _OF_TAGS) or bool(variables - {None, "context"})


def _kinds(policy: WrittenPolicy, pair: "Pair", trials: "Trials") -> KindsOfCalls:
    looked = looked_at([policy.rule])
    return kinds_of_calls(looked, pair.claim.tags, (True, False), trials.config)


def _asked(alone: CedarPolicies, pair: "Pair", call: Call, trials: "Trials") -> Verdict:
    trials.spend_question()
    return alone.verdict(pair.claim.facts, pair.model, *call)
