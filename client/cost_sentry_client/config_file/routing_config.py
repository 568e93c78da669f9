"""From the shape of ``routing`` to what the sentry goes by."""

from cost_sentry.domain.money import picodollars, whole_units
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry.domain.routing_rules import NO_ROUTING, Routing, TaskRule, VirtualModel
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry_client.config_file.shapes_routing import FlexShape, RoutingShape, Tier


def routing_of(shape: RoutingShape | None) -> Routing:
    """``None``: requests name models."""
    if shape is None:
        return NO_ROUTING
    return Routing(
        virtual_models={
            id_: VirtualModel(
                id=id_,
                tier=tier_number(one.tier if one else None),
                models=tuple((one.models if one else None) or ()),
            )
            for id_, one in shape.virtual_models.items()
        },
        task_types={
            id_: TaskRule(task_type=id_, tier=tier_number(one.tier), model=one.model)
            for id_, one in shape.task_types.items()
        },
        answer_worth_picodollars=(
            None if shape.answer_worth is None else picodollars(shape.answer_worth)
        ),
    )


def flex_of(shape: FlexShape | None) -> FlexPrice | None:
    """In picodollars per token; whole, as ``flex_checks`` has found."""
    if shape is None:
        return None
    into, out = (whole_units(text, per_unit=10**6) or 0 for text in (shape.input, shape.output))
    return FlexPrice(input=into, output=out)


def tier_number(tier: Tier | None) -> int | None:
    """As ``domain.routing`` counts them."""
    return None if tier is None else TIER_NAMES.index(tier)
