"""What is wrong with policies: with one by itself, and with two of them together."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cedarpy

from cost_sentry.adapters.packaged_price_book import DATA
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import ENVIRONMENT_TAG
from cost_sentry.domain.model_id import PROFILE_SCOPES, base_model_id, provider_of
from cost_sentry.domain.policy import REGIONAL, PolicyMode
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG
from cost_sentry_client.config_file.cedar_errors import lines_before_error, lines_before_word
from cost_sentry_client.config_file.cedar_text import Statement
from cost_sentry_client.config_file.policy_cover import conjuncts, covers
from cost_sentry_client.config_file.policy_words import nodes, tag_names, words_of
from cost_sentry_client.config_file.problems import ConfigProblem, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile

SCHEMA_FILE = DATA / "policy.cedarschema"
NAMESPACE = "CostSentry"
SENTENCE_LENGTH_MAX = 150
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_GEOGRAPHIES = (*PROFILE_SCOPES, REGIONAL)
_FREE_TAGS = frozenset({"team", "application", "user", "session"})
"""Tags that any request may carry; others are those that ``sentry.yaml`` speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPolicy:
    """A policy that Cedar can read, and where it stands."""

    file: str
    line: int
    column: int
    id: str
    text: str
    sentence: str
    mode: PolicyMode
    rule: Mapping[str, Any]
    """In Cedar's JSON form."""

    def at_line(self, before: int) -> "WrittenPolicy":
        """The same as if it began at one of its own lines, behind so many others."""
        line = self.text.split("\n")[before]
        column = len(line) - len(line.lstrip()) + 1 if before else self.column
        return replace(self, line=self.line + before, column=column)

    def fault(self, problem: str, allowed: str) -> ConfigProblem:
        """Something that is wrong with it."""
        return ConfigProblem(
            file=self.file,
            line=self.line,
            column=self.column,
            field=self.id,
            problem=problem,
            allowed=allowed,
        )


def read_policy(file: str, statement: Statement) -> WrittenPolicy | ConfigProblem:
    """One statement of a file: a policy with an id and a sentence, or why it is none."""

    def fault(problem: str, allowed: str, policy: str = "") -> ConfigProblem:
        return ConfigProblem(
            file=file,
            line=statement.line,
            column=statement.column,
            field=policy,
            problem=problem,
            allowed=allowed,
        )

    try:
        told = json.loads(cedarpy.policies_to_json_str(statement.text))
    except ValueError as error:
        return _unreadable(file, statement, str(error))
    if told["templates"]:
        allowed = "a policy that names whom it speaks of"
        return fault("it has slots (?principal, ?resource)", allowed)
    (rule,) = told["staticPolicies"].values()
    notes = rule.get("annotations", {})
    wrong = _annotation_fault(notes)
    if wrong:
        return fault(*wrong, policy=notes.get("id", ""))
    return WrittenPolicy(
        file=file,
        line=statement.line,
        column=statement.column,
        id=notes["id"],
        text=statement.text,
        sentence=notes["sentence"],
        mode=PolicyMode(notes.get("mode", PolicyMode.ENFORCE)),
        rule=rule,
    )


def _unreadable(file: str, statement: Statement, error: str) -> ConfigProblem:
    """At the line of the word that the parser names, where that can be found."""
    before = lines_before_error(statement.text, error)
    line = statement.text.split("\n")[before]
    return ConfigProblem(
        file=file,
        line=statement.line + before,
        column=len(line) - len(line.lstrip()) + 1 if before else statement.column,
        field="",
        problem=f"is no Cedar: {error}",
        allowed="one policy, up to its ;",
    )


def _annotation_fault(notes: Mapping[str, str]) -> tuple[str, str] | None:
    """What is wrong with a policy's annotations, and what is allowed."""
    allowed = '@id("…") of small letters, digits and hyphens, at most 63'
    if "id" not in notes:
        return "it has no id", allowed
    if not _ID.fullmatch(notes["id"]):
        return f"{quoted(notes['id'])} is no id", allowed
    wrong = _sentence_fault(notes.get("sentence", ""))
    if wrong:
        plain = f"at most {SENTENCE_LENGTH_MAX} plain letters in one line"
        return wrong, f'@sentence("…") with what a caller is told, {plain}'
    if notes.get("mode", PolicyMode.ENFORCE) not in set(PolicyMode):
        return f"{quoted(notes['mode'])} is no mode", f'@mode("…") with {listed(PolicyMode)}'
    unknown = sorted(notes.keys() - {"id", "sentence", "mode"})
    return (f"@{unknown[0]} means nothing", "@id, @sentence and @mode") if unknown else None


def _sentence_fault(sentence: str) -> str | None:
    if not sentence:
        return "it has no sentence"
    if len(sentence) > SENTENCE_LENGTH_MAX:
        return "its sentence is too long"
    if not sentence.isprintable() or set(sentence) & {'"', "\\"}:
        return "its sentence has quotes, backslashes or breaks"
    return None


def faults_of(policy: WrittenPolicy, file: SentryFile) -> Iterator[ConfigProblem]:
    """What the schema and the configuration say against one policy."""
    for problem in _schema_problems(policy.text):
        at = policy.at_line(lines_before_word(policy.text, problem))
        yield at.fault(problem, f"what {SCHEMA_FILE.name} names, and as it is typed there")
    for kind, name in entities(policy.rule):
        yield from _entity_faults(policy, kind, name, file)
    known = _known_tags(file)
    for name in sorted(tag_names(policy.rule) - known):
        yield policy.fault(
            f"it speaks of tag {quoted(name)}{suggestion(name, known)}",
            f"{listed(sorted(known))}; one that requests may carry becomes known in"
            " defaults.knownTags, one that they must carry in defaults.requiredTags",
        )
    for name in sorted(words_of(policy.rule, "resource", "geography").difference(_GEOGRAPHIES)):
        yield policy.fault(
            f"there is no geography {quoted(name)}{suggestion(name, _GEOGRAPHIES)}",
            f"one of {', '.join(_GEOGRAPHIES)}",
        )


def _schema_problems(text: str) -> list[str]:
    told = cedarpy.validate_policies(text, _schema())
    return [re.sub(r"^\[?for policy `policy0`[,:] ", "", error.error) for error in told.errors]


@cache
def _schema() -> cedarpy.Schema:
    return cedarpy.Schema.from_str(SCHEMA_FILE.read_text(encoding="utf-8"))


def _entity_faults(
    policy: WrittenPolicy, kind: str, name: str, file: SentryFile
) -> Iterator[ConfigProblem]:
    models = {base_model_id(id_) for id_ in file.models}
    known = {
        "Team": set(file.teams),
        "Model": models,
        "Provider": {provider_of(id_) for id_ in file.models},
    }
    if kind == "Application":
        yield from _application_fault(policy, name, file)
        kind, name = "Team", name.partition("/")[0]
    if name not in known.get(kind, {name}):
        word = kind.lower()
        yield policy.fault(
            f"there is no {word} {quoted(name)}{suggestion(name, known[kind])}",
            f"one of the {word}s: {listed(sorted(known[kind]))}",
        )


def _application_fault(
    policy: WrittenPolicy, account: str, file: SentryFile
) -> Iterator[ConfigProblem]:
    """One that its team does not name, where it names some."""
    id_, _, name = account.partition("/")
    team = file.teams.get(id_)
    if team and team.applications and name not in team.applications:
        yield policy.fault(
            f"team {quoted(id_)} has no application {quoted(name)}"
            f"{suggestion(name, team.applications)}",
            f"one of its applications: {listed(team.applications)}",
        )


def entities(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every entity that a rule names: kind and name."""
    for node in nodes(rule):
        if isinstance(node.get("type"), str) and isinstance(node.get("id"), str):
            yield node["type"].removeprefix(f"{NAMESPACE}::"), node["id"]


def _known_tags(file: SentryFile) -> set[str]:
    scopes = (budget.scope for budget in file.budgets)
    named = {name for scope in scopes for name in scope}
    named |= {TASK_TYPE_TAG} if file.routing else set()
    shapes = (one for team in file.teams.values() if team for one in team.applications.values())
    named |= {ENVIRONMENT_TAG for shape in shapes if shape and shape.environment}
    named |= {*file.defaults.required_tags, *file.defaults.known_tags}
    return (named | _FREE_TAGS) - {MODEL_TAG}


def faults_between(written: Sequence[WrittenPolicy], file: SentryFile) -> Iterator[ConfigProblem]:
    """Ids that come twice, and permits that some forbid always overrules; both are told."""
    tiers = _tiers(file)
    yield from _twice(written)
    forbids, permits = (
        [(one, conjuncts(one.rule)) for one in written if one.rule["effect"] == effect]
        for effect in ("forbid", "permit")
    )
    for permit, needs in permits:
        for forbid, asks in forbids:
            is_tried = forbid.mode is PolicyMode.SHADOW and permit.mode is PolicyMode.ENFORCE
            if not is_tried and covers(asks, needs, tiers):
                other = f"{forbid.file}:{forbid.line}"
                yield permit.fault(
                    f"policy {quoted(forbid.id)} ({other}) forbids all that this one permits",
                    "policies of which each can decide something",
                )
                yield forbid.fault(
                    f"it forbids all that policy {quoted(permit.id)}"
                    f" ({permit.file}:{permit.line}) permits",
                    "policies of which each can decide something",
                )


def _tiers(file: SentryFile) -> dict[str, str]:
    """Of each model that has one wherever it is called."""
    found: dict[str, set[str | None]] = {}
    for id_, model in file.models.items():
        found.setdefault(base_model_id(id_), set()).add(model.tier if model else None)
    one = {base: next(iter(tiers)) for base, tiers in found.items() if len(tiers) == 1}
    return {base: tier for base, tier in one.items() if tier is not None}


def _twice(written: Sequence[WrittenPolicy]) -> Iterator[ConfigProblem]:
    first: dict[str, WrittenPolicy] = {}
    for one in written:
        other = first.setdefault(one.id, one)
        if other is not one:
            yield one.fault(
                f"{quoted(one.id)} is already the id of the policy at {other.file}:{other.line}",
                "an id of its own for each policy",
            )
