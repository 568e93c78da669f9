"""Who may call, as policies see it: callers that no policy can tell apart are one kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cost_sentry.adapters.call_kinds import LookedAt, looked_at
from cost_sentry.application.policy_ports import CallerFacts
from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG, Caller
from cost_sentry.domain.invocation import NO_APPLICATION, account_of
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.policy_checks import entities
from cost_sentry_client.config_file.policy_kinds import ANY, Tags
from cost_sentry_client.config_file.policy_words import nodes, patterns_of, words_of

Rules = Sequence[Mapping[str, Any]]
"""Policies in Cedar's JSON form."""


class Claim(NamedTuple):
    """A caller as one request of it may present itself."""

    facts: CallerFacts
    tags: Tags
    """That are not the request's own choice, once it says which application it is."""


class CallerKind(NamedTuple):
    """Callers of which policies say the same."""

    callers: tuple[Caller, ...]
    claims: tuple[Claim, ...]
    """Of the first: one, or where its team names no applications, one for each it may say it is."""


def kinds_of_callers(config: SentryConfig, rules: Rules) -> tuple[CallerKind, ...]:
    """All callers of the configuration, in its order of each kind's first."""
    seen, looked = _Seen.by(rules), looked_at(rules)
    found: dict[object, list[tuple[Caller, tuple[Claim, ...]]]] = {}
    for team in config.teams.values():
        for caller in team.callers:
            claims = tuple(_claims(caller, config, seen))
            key = tuple(_told(claim, seen, looked) for claim in claims)
            found.setdefault(key, []).append((caller, claims))
    return tuple(
        CallerKind(tuple(caller for caller, _ in alike), alike[0][1]) for alike in found.values()
    )


class _Seen(NamedTuple):
    """What some policies look at in callers."""

    named: frozenset[str]
    """Teams and accounts."""
    attributes: frozenset[str]
    applications: frozenset[str]
    """Names by which they know some application."""

    @classmethod
    def by(cls, rules: Rules) -> "_Seen":
        told = {one for rule in rules for one in entities(rule)}
        accounts = {name for kind, name in told if kind == "Application"}
        names = {name.partition("/")[2] for name in accounts}
        for rule in rules:
            names |= words_of(rule, "principal", "name") | patterns_of(rule, "principal", "name")
            pairs = (text.partition("=") for text in words_of(rule, "context", "tags"))
            names |= {value for name, _, value in pairs if name == APPLICATION_TAG}
        return cls(
            named=frozenset(name for kind, name in told if kind in ("Application", "Team")),
            attributes=frozenset(name for rule in rules for name in _attributes(rule)),
            applications=frozenset(names - {"", NO_APPLICATION}),
        )


def _attributes(rule: Mapping[str, Any]) -> Iterator[str]:
    """Of the principal that a rule looks at, by whatever form."""
    for node in nodes(rule):
        for form in (".", "has"):
            look = node.get(form)
            if isinstance(look, Mapping) and look.get("left") == {"Var": "principal"}:
                yield look["attr"]


def _claims(caller: Caller, config: SentryConfig, seen: _Seen) -> Iterator[Claim]:
    """What a request says of its application is believed where the team names none."""
    if caller.application is not None:
        proven = config.proven_tags(caller.tags)
        yield _claim({**caller.tags, **proven})
        return
    if APPLICATION_TAG not in config.required_tags:
        yield _claim({TEAM_TAG: caller.team, APPLICATION_TAG: None})
    for name in (ANY, *sorted(seen.applications)):
        yield _claim({TEAM_TAG: caller.team, APPLICATION_TAG: name})


def _claim(tags: Tags) -> Claim:
    given = {name: value for name, value in tags.items() if value is not None}
    facts = CallerFacts(
        account=account_of(given),
        team=given[TEAM_TAG],
        application=given.get(APPLICATION_TAG, NO_APPLICATION),
        environment=given.get(ENVIRONMENT_TAG),
    )
    return Claim(facts, tags)


def _told(claim: Claim, seen: _Seen, looked: LookedAt) -> object:
    """All that these policies can learn of a caller."""
    facts, sought = claim.facts, _tags_seen(claim.tags, looked)
    attributes = {
        "name": facts.application,
        "team": facts.team,
        "environment": facts.environment,
    }
    return (
        *(name for name in (facts.account, facts.team) if name in seen.named),
        *(attributes[name] for name in sorted(seen.attributes)),
        *((name, claim.tags.get(name, ANY)) for name in sought),
    )


def _tags_seen(tags: Tags, looked: LookedAt) -> list[str]:
    is_any = looked.everything or not looked.exact.isdisjoint(("tags", "tagNames"))
    texts = looked.texts_in("tags")
    sought = {text.partition("=")[0] for text in texts} | looked.texts_in("tagNames")
    return sorted({*sought, *tags} if is_any else sought)
