"""Rules about anomalies that could never apply, or that say half of what they need."""

from collections.abc import Iterator, Sequence

from cost_sentry.domain.anomaly_rules import Action, worse
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.model_id import base_model_id
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile
from cost_sentry_client.config_file.shapes_anomalies import AnomalyRuleShape

_SCOPES = "team; team and application; model; or nothing, for any anomaly"


def anomaly_findings(file: SentryFile) -> Iterator[Finding]:
    """What is wrong with ``anomalies``."""
    if "anomalies" in file.model_fields_set and file.anomalies is None:
        yield Finding(
            path=("anomalies",),
            problem="anomalies has no value, so it would be as if it were not there",
            allowed="anomalies: with rules, or no anomalies at all: then owners are told",
        )
    rules = file.anomalies.rules if file.anomalies else []
    for i, rule in enumerate(rules):
        path: Path = ("anomalies", "rules", i)
        yield from _tightening(rule, path)
        yield from _scope(file, rule, (*path, "scope"))
        yield from _unreached(rules, i, path)


def _tightening(rule: AnomalyRuleShape, path: Path) -> Iterator[Finding]:
    for name, value in (("percent", rule.percent), ("floor", rule.floor)):
        if rule.do is Action.TIGHTEN and value is None:
            yield Finding(
                path=path,
                problem=f"it tightens, and names no {name}",
                allowed="percent of what is usual, and a floor in dollars a minute for when nobody "
                "knows what is usual",
            )
        if rule.do is not Action.TIGHTEN and value is not None:
            yield Finding(
                path=(*path, name),
                problem=f"{name} says how far to tighten, and the rule is to {rule.do}",
                allowed="do: tighten; or no percent and no floor",
                at_key=True,
            )
    if rule.floor is not None and not rule.floor.strip("0."):
        yield Finding(
            path=(*path, "floor"),
            problem="a floor of nothing would stop every call where nobody knows what is usual",
            allowed="more than 0 dollars a minute; do: freeze stops calls",
        )


def _scope(file: SentryFile, rule: AnomalyRuleShape, path: Path) -> Iterator[Finding]:
    scope = rule.scope
    team, application = scope.get(TEAM_TAG), scope.get(APPLICATION_TAG)
    known = ({TEAM_TAG}, {TEAM_TAG, APPLICATION_TAG}, {MODEL_TAG}, set[str]())
    if scope.keys() not in known:
        problem = f"no anomaly has a scope of {listed(sorted(scope))}"
        yield Finding(path=path, problem=problem, allowed=_SCOPES)
        return
    if team is not None and team not in file.teams:
        yield Finding(
            path=(*path, TEAM_TAG),
            problem=f"there is no team {quoted(team)}{suggestion(team, file.teams)}",
            allowed=f"one of the teams: {listed(file.teams)}",
        )
    elif application is not None and team is not None:
        yield from _application(file, team, application, path)
    models = {base_model_id(one): None for one in file.models}
    model = scope.get(MODEL_TAG)
    if model is not None and model not in models:
        yield Finding(
            path=(*path, MODEL_TAG),
            problem=f"no model has the id {quoted(model)}{suggestion(model, models)}",
            allowed=f"a model of the file without its geography: {listed(models)}",
        )


def _application(file: SentryFile, team: str, application: str, path: Path) -> Iterator[Finding]:
    shape = file.teams[team]
    named = shape.applications if shape else {}
    if named and application not in named:
        hint = suggestion(application, named)
        yield Finding(
            path=(*path, APPLICATION_TAG),
            problem=f"team {team} has no application {quoted(application)}{hint}",
            allowed=f"one of its applications: {listed(named)}",
        )


def _unreached(rules: Sequence[AnomalyRuleShape], i: int, path: Path) -> Iterator[Finding]:
    """A rule of a model is hidden by one of that model only: its causes ask those by themselves."""
    rule = rules[i]
    for j, before in enumerate(rules[:i]):
        is_wider = before.scope.items() <= rule.scope.items()
        is_asked_apart = MODEL_TAG in rule.scope and MODEL_TAG not in before.scope
        if is_wider and not is_asked_apart and not worse(before.severity, rule.severity):
            yield Finding(
                path=path,
                problem=f"anomalies.rules[{j}] applies to all that this one does, and comes first",
                allowed="the narrower scope, or the worse severity, first",
            )
            return
