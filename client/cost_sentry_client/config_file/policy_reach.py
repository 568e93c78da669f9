"""What policies leave nothing: callers, virtual models, task types, and permits.

An error where it is certain and would refuse every call, or all that a name of ``routing`` stands
for; a warning where it may be meant, or where not every kind of call could be tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from cost_sentry.application.ports import PriceBook
from cost_sentry.application.route_request import choice
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.routing import SMALL
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG, Wish, unnamed_model, wish_of
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.policy_alone import CEDAR_LONG_MAX, faults, never_forbids
from cost_sentry_client.config_file.policy_callers import CallerKind
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.policy_trials import Answer, Outcome, Trials, Wanted, best
from cost_sentry_client.config_file.problems import ConfigProblem, Finding, Path, listed, quoted

_NAMED_MAX = 3
"""Policies that one finding names."""
_NOTHING = (Outcome.REFUSED, Outcome.UNSEEN)
_IN_NONE = "in none of the calls that were tried"


@dataclass(slots=True)
class Reach:
    """What was found: in ``sentry.yaml`` by path, in policy files by place."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[ConfigProblem] = field(default_factory=list)
    warned: list[Finding] = field(default_factory=list)
    warnings: list[ConfigProblem] = field(default_factory=list)


def reach_of(config: SentryConfig, book: PriceBook, written: Sequence[WrittenPolicy]) -> Reach:
    """Of policies that are each in order; shadows refuse nothing, so they are not asked."""
    trials, found = Trials(config, book, written), Reach()
    _faults(written, trials, found)
    if not trials.enforced or found.problems:
        return found
    pinned = (True,) if config.routing.is_empty else (True, False)
    answers = [
        (kind, best(trials.answer(kind, Wanted(id_, pinned)) for id_ in config.models))
        for kind in trials.callers
    ]
    everybody = best(answer for _, answer in answers)
    if everybody.outcome in _NOTHING:
        _nobody(everybody, trials.enforced, found)
        return found
    found.warned += _callers(config, answers)
    choices = list(_choices(config))
    for choice_ in choices:
        asked = product(trials.callers, choice_.wanted)
        _choice(choice_, best(trials.answer(*one) for one in asked), found)
    permits = (one for one in trials.enforced if one.rule["effect"] == "permit")
    found.warnings += (_dead(one, list(trials.forbade)) for one in permits if trials.is_dead(one))
    if trials.is_cut_short:
        found.warned.append(_CUT_SHORT)
    found.warnings += (_idle(one) for one in trials.enforced if never_forbids(one, trials))
    served = [kind for kind, answer in answers if answer.outcome not in _NOTHING]
    refused = {finding.path for finding in found.findings}
    found.warned += (
        warning
        for one in choices
        if one.path not in refused
        for warning in _for_some(one, served, trials)
    )
    return found


_CUT_SHORT = Finding(
    path=("policies",),
    problem="not every caller, model and kind of call was tried, there are too many: what policies"
    " leave nothing may be more than is told here",
    allowed="fewer policies, or such that speak of fewer callers, tags and numbers",
    at_key=True,
)


def _nobody(answer: Answer, enforced: Sequence[WrittenPolicy], found: Reach) -> None:
    """At the policy that forbade, or else at the first."""
    at = next((one for one in enforced if one.id in answer.forbidden_by), enforced[0])
    allowed = "policies that permit some caller some model"
    if answer.outcome is Outcome.REFUSED:
        problem = "policies permit no caller any model, so every call would be refused"
        found.problems.append(at.fault(problem + _by(answer), allowed))
    else:
        problem = f"policies permit any caller any model {_IN_NONE}"
        found.warnings.append(at.fault(problem + _by(answer), allowed))


def _callers(
    config: SentryConfig, answers: Sequence[tuple[CallerKind, Answer]]
) -> Iterator[Finding]:
    refused = {
        caller: answer
        for kind, answer in answers
        if answer.outcome in _NOTHING
        for caller in kind.callers
    }
    for team_id, team in config.teams.items():
        some = {one.application: refused[one] for one in team.callers if one in refused}
        if some:
            yield _caller(team_id, some)


def _caller(team_id: str, refused: dict[str | None, Answer]) -> Finding:
    names = [name for name in refused if name is not None]
    who = f"{listed(names)} of {quoted(team_id)}" if names else quoted(team_id)
    answer = best(iter(refused.values()))
    certain = answer.outcome is Outcome.REFUSED
    what = "policies permit no model to" if certain else f"policies permit, {_IN_NONE}, a model to"
    return Finding(
        path=("teams", team_id),
        problem=f"{what} {who}{_by(answer)}",
        allowed="a policy that permits one, or no such caller",
        at_key=True,
    )


class _Choice(NamedTuple):
    """A name of ``routing``, and the models that it stands for."""

    path: Path
    name: str
    wanted: list[Wanted]

    @classmethod
    def of(
        cls, path: Path, name: str, wish: Wish, config: SentryConfig, task_type: str | None = None
    ) -> "_Choice":
        """As a wish has it served."""
        wanted = [Wanted(id_, (False,), task_type) for id_ in _served(wish, config)]
        return cls(path, name, wanted)


def _choices(config: SentryConfig) -> Iterator[_Choice]:
    """Each name of ``routing`` that stands for models of its own, and what it asks for."""
    routing = config.routing
    for name in routing.virtual_models:
        wish = wish_of(name, {}, routing)
        if wish:
            yield _Choice.of(("routing", "virtualModels", name), name, wish, config)
    for name, rule in routing.task_types.items():
        wish = wish_of(unnamed_model(name), {TASK_TYPE_TAG: name}, routing)
        if wish and rule.model not in routing.virtual_models:
            path = ("routing", "taskTypes", name)
            yield _Choice.of(path, f"{TASK_TYPE_TAG}={name}", wish, config, name)


def _served(wish: Wish, config: SentryConfig) -> list[str]:
    """The models that may serve it: those that reach its tier, then what is on their ladders."""
    models, least = config.models, SMALL if wish.tier is None else wish.tier
    ids = [id_ for id_ in choice(wish, config) if (models[id_].tier or SMALL) >= least]
    return list(dict.fromkeys([*ids, *(rung for id_ in ids for rung in models[id_].ladder)]))


def _for_some(one: _Choice, served: Sequence[CallerKind], trials: Trials) -> Iterator[Finding]:
    """That callers who may call some model may call none of these."""
    each = [(kind, best(trials.answer(kind, wanted) for wanted in one.wanted)) for kind in served]
    refused = [(kind, answer) for kind, answer in each if answer.outcome is Outcome.REFUSED]
    if not refused or len(refused) == len(each):
        return
    names = [_caller_name(caller) for kind, _ in refused for caller in kind.callers]
    by = _by(best(answer for _, answer in refused))
    yield Finding(
        path=one.path,
        problem=f"{quoted(one.name)} has no permitted candidate for {listed(names)}{by}",
        allowed="a policy that permits them one of its models, if they are to name it",
        at_key=True,
    )


def _caller_name(caller: Caller) -> str:
    return f"{caller.team}/{caller.application}" if caller.application else caller.team


def _choice(one: _Choice, answer: Answer, found: Reach) -> None:
    path, name = one.path, one.name
    allowed = "one that some caller may call, or a policy that permits one of its models"
    if answer.outcome is Outcome.REFUSED:
        problem = f"{quoted(name)} has no permitted candidate: nobody may call any of its models"
        where = found.findings
    elif answer.outcome is Outcome.UNSEEN:
        problem = f"{quoted(name)} had a permitted candidate {_IN_NONE}"
        where = found.warned
    else:
        return
    where.append(Finding(path=path, problem=problem + _by(answer), allowed=allowed, at_key=True))


_EACH_DECIDES = "policies of which each can decide something"


def _dead(permit: WrittenPolicy, forbade: Sequence[str]) -> ConfigProblem:
    return permit.fault(
        "it permits nothing: no caller, model and call meets it, or other policies forbid all that"
        f" it would permit{_by(Answer(Outcome.REFUSED, tuple(forbade)))}",
        _EACH_DECIDES,
    )


def _idle(forbid: WrittenPolicy) -> ConfigProblem:
    return forbid.fault("it forbids nothing: no call there can be meets it", _EACH_DECIDES)


def _faults(written: Sequence[WrittenPolicy], trials: Trials, found: Reach) -> None:
    """An error of a policy that is enforced, and a warning of one that is only tried."""
    for policy, why in faults(written, trials):
        told = policy.fault(
            f"it cannot be evaluated for some calls, and each of those would be refused: {why}",
            f"numbers of at most {CEDAR_LONG_MAX}, also on the way",
        )
        (found.problems if policy in trials.enforced else found.warnings).append(told)


def _by(answer: Answer) -> str:
    """Which policies forbade some of the calls that were tried."""
    named = [id_ for id_ in answer.forbidden_by if id_]
    if not named:
        return ""
    return f" (forbidden by {listed(named, _NAMED_MAX)})"
