"""What took part in a decision, for machines and for people; see ``application.explain_again``."""

from functools import partial
from typing import TYPE_CHECKING, Any

from cost_sentry.adapters.rules_on_demand import policy_engine
from cost_sentry.application.explain_again import Retelling, TookPart
from cost_sentry.application.explain_request import Explanation
from cost_sentry.application.priced_models import priced
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry_client.operations import Operator
from cost_sentry_client.tables import facts_table

if TYPE_CHECKING:
    from rich.console import RenderableType

WORKED_OUT = "worked out"
_MARK = "*"


def retelling_of(operator: Operator) -> Retelling | None:
    """By the configuration in force; ``None`` before the first, or of one that cannot be read."""
    try:
        config = operator.config_in_force()
    except ConfigurationError:
        return None
    if config is None:
        return None
    return Retelling(
        config=config,
        applied_at=operator.config_store.applied_at(),
        price_book=priced(operator.price_book, config.endpoint_models),
        policy_engines=partial(policy_engine, region=operator.target.session.region_name),
    )


def took_part_in(found: Explanation, retelling: Retelling | None) -> TookPart | None:
    """``None`` where nothing can be worked out again: then the records are all there is."""
    try:
        return retelling.took_part(found) if retelling else None
    except ConfigurationError:
        return None


def took_part_json(told: TookPart | None) -> dict[str, Any] | None:
    """Each part with where it comes from."""
    if told is None:
        return None
    return {
        "parts": [
            {
                "kind": part.kind.value,
                "name": part.name,
                "what": part.what,
                "from": "record" if part.is_recorded else WORKED_OUT,
            }
            for part in told.parts
        ],
        "workedOutBy": {"version": told.version, "wasInForce": told.was_in_force},
    }


def took_part_report(told: TookPart | None) -> "list[RenderableType]":
    """In order, those that are not on record with a mark, and last what the mark means."""
    if told is None:
        return []
    rows = [
        (f"{part.kind.value}{'' if part.is_recorded else _MARK}", f"{part.name}: {part.what}")
        for part in told.parts
    ]
    parts: list[RenderableType] = ["", "took part, in order:", facts_table(rows)]
    if all(part.is_recorded for part in told.parts):
        return parts
    which = "which was in force then" if told.was_in_force else "applied since: it may differ"
    parts.append(f"{_MARK} not on record; worked out again by version {told.version},")
    parts.append(f"  {which}. What was left of budgets then is not known.")
    return parts
