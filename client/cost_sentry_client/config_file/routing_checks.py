"""Routing that could serve nobody, or that two readers would understand differently."""

from collections.abc import Iterator, Sequence

from cost_sentry.application.ports import PriceBook
from cost_sentry.application.route_request import CHOICE_MAX
from cost_sentry.domain.model_id import is_model_name
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile
from cost_sentry_client.config_file.shapes_routing import (
    RoutingShape,
    TaskTypeShape,
    Tier,
    VirtualModelShape,
)
from cost_sentry_client.config_file.unlisted_model import unlisted_model

_ROOT: Path = ("routing",)


def routing_findings(file: SentryFile, book: PriceBook, known: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with tiers and routing; ``known`` are ids to suggest for a misspelt one."""
    yield from _unknown_abilities(file, book)
    routing = file.routing
    if routing is None:
        return
    if not routing.virtual_models and not routing.task_types:
        yield Finding(
            path=_ROOT,
            problem="it names neither virtual models nor task types",
            allowed="at least one of virtualModels and taskTypes",
            at_key=True,
        )
    for name, virtual in routing.virtual_models.items():
        path: Path = (*_ROOT, "virtualModels", name)
        yield from _name(file, name, path)
        yield from _models(file, name, virtual or VirtualModelShape(), path, known)
    for name, rule in routing.task_types.items():
        yield from _rule(file, routing, rule, (*_ROOT, "taskTypes", name))
    yield from _all_rules(file, routing)


def _with_tier(file: SentryFile) -> dict[str, Tier]:
    return {id_: model.tier for id_, model in file.models.items() if model and model.tier}


def _unknown_abilities(file: SentryFile, book: PriceBook) -> Iterator[Finding]:
    for id_ in _with_tier(file):
        if book.price(id_) is not None and book.card(id_) is None:
            yield Finding(
                path=("models", id_, "tier"),
                problem=f"nobody wrote down what {quoted(id_)} can do, so it is never chosen",
                allowed="models with a model card (functions/cost_sentry/data/model_cards.toml)",
            )


def _name(file: SentryFile, name: str, path: Path) -> Iterator[Finding]:
    if name in file.models or is_model_name(name):
        yield Finding(
            path=path,
            problem=f"{quoted(name)} is the name of a model",
            allowed="a name that no model has, such as auto",
            at_key=True,
        )


def _models(
    file: SentryFile, name: str, virtual: VirtualModelShape, path: Path, known: Sequence[str]
) -> Iterator[Finding]:
    given, tiers = virtual.models, _with_tier(file)
    for i, id_ in enumerate(given or ()):
        yield from _listed(file, given or [], i, (*path, "models", i), known)
        if id_ in file.models and id_ not in tiers:
            yield _no_tier(id_, (*path, "models", i))
    among = list(tiers) if given is None else given
    if given is None:
        reaching = _reaching(tiers, among, virtual.tier)
        yield from _too_many(quoted(name), reaching, f"routing.virtualModels.{name}.models", path)
    if not among:
        yield Finding(
            path=path,
            problem=f"{quoted(name)} stands for no model: none has a tier",
            allowed=f"a tier for the models to choose among: {listed(TIER_NAMES)}",
            at_key=True,
        )
    elif virtual.tier and not _reaching(tiers, among, virtual.tier):
        yield _too_high(virtual.tier, (*path, "tier"))


def _listed(
    file: SentryFile, given: Sequence[str], i: int, path: Path, known: Sequence[str]
) -> Iterator[Finding]:
    if given[i] in given[:i]:
        problem, allowed = f"{quoted(given[i])} is named twice", "each once"
        yield Finding(path=path, problem=problem, allowed=allowed)
    elif given[i] not in file.models:
        yield unlisted_model(path, given[i], file, known)


def _rule(
    file: SentryFile, routing: RoutingShape, rule: TaskTypeShape, path: Path
) -> Iterator[Finding]:
    if (rule.tier is None) is (rule.model is None):
        yield Finding(
            path=path,
            problem="it names no tier and no model" if rule.tier is None else "it names both",
            allowed="either tier or model",
            at_key=True,
        )
        return
    if rule.model is not None and rule.model not in routing.virtual_models:
        yield from _rule_model(file, routing, rule.model, (*path, "model"))
    if rule.tier is not None and not _ruled(file, routing, rule.tier):
        yield _too_high(rule.tier, (*path, "tier"))


def _all_rules(file: SentryFile, routing: RoutingShape) -> Iterator[Finding]:
    asked = {rule.tier for rule in routing.task_types.values() if rule.tier}
    most = max((_ruled(file, routing, tier) for tier in asked), key=len, default=[])
    who = "a request that names nothing but its task type"
    yield from _too_many(who, most, "routing.virtualModels.auto.models", (*_ROOT, "taskTypes"))


def _ruled(file: SentryFile, routing: RoutingShape, tier: Tier) -> list[str]:
    """Models that serve a request which names none, where a rule asks for this tier."""
    tiers, auto = _with_tier(file), routing.virtual_models.get("auto")
    among = list(tiers) if auto is None or auto.models is None else auto.models
    return _reaching(tiers, among, tier)


def _rule_model(file: SentryFile, routing: RoutingShape, id_: str, path: Path) -> Iterator[Finding]:
    if id_ not in file.models:
        names = [*routing.virtual_models, *file.models]
        yield Finding(
            path=path,
            problem=f"there is no model {quoted(id_)}{suggestion(id_, names)}",
            allowed=f"one of {listed(names)}",
        )
    elif id_ not in _with_tier(file):
        yield _no_tier(id_, path)


def _no_tier(id_: str, path: Path) -> Finding:
    return Finding(
        path=path,
        problem=f"{quoted(id_)} has no tier",
        allowed=f'models."{id_}".tier: {listed(TIER_NAMES)}',
    )


def _reaching(tiers: dict[str, Tier], among: Sequence[str], tier: Tier | None) -> list[str]:
    """Those of a tier that is no smaller; all that have one, where none is asked for."""
    least = TIER_NAMES.index(tier) if tier else 0
    return [id_ for id_ in among if id_ in tiers and TIER_NAMES.index(tiers[id_]) >= least]


def _too_many(who: str, reaching: Sequence[str], names: str, path: Path) -> Iterator[Finding]:
    if len(reaching) > CHOICE_MAX:
        yield Finding(
            path=path,
            problem=f"{who} would choose among {len(reaching)} models",
            allowed=f"at most {CHOICE_MAX}: name them in {names}",
            at_key=True,
        )


def _too_high(tier: Tier, path: Path) -> Finding:
    return Finding(
        path=path,
        problem=f"no model that it may choose has tier {tier} or a larger one",
        allowed="a tier that one of them reaches",
    )
