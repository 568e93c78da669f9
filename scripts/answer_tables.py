"""The tables of the ``sentry`` block, field by field, made from a block as it is answered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cost_sentry.adapters.answer_block import answer_block
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import (
    BudgetView,
    Decision,
    DecisionKind,
    ReasonCode,
    RungOutcome,
)
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.route import DecidedBy, Route
from cost_sentry.domain.routing import SMALL, Place, RoutedModel
from scripts import reference_meanings as meanings
from scripts.markdown_table import table


def answer_fields() -> str:
    """The ``sentry`` block."""
    return _block(_answer(), meanings.ANSWER)


def answer_budget_fields() -> str:
    """One of its budgets."""
    return _block(_answer()["budgets"][0], meanings.ANSWER_BUDGET, extra=("posted",))


def answer_rung_fields() -> str:
    """One of its rungs."""
    return _block(_answer()["rungs"][0], meanings.ANSWER_RUNG)


def answer_policy_fields() -> str:
    """One of its policies."""
    return _block(_answer()["policies"][0], meanings.ANSWER_POLICY)


def answer_routing_fields() -> str:
    """How its model was chosen."""
    return _block(_answer()["routing"], meanings.ANSWER_ROUTING)


def answer_place_fields() -> str:
    """One model of that order."""
    return _block(_answer()["routing"]["order"][0], meanings.ANSWER_PLACE)


def _answer() -> Mapping[str, Any]:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    view = BudgetView(
        budget_id="b",
        window_id="all",
        unit=Unit.USD,
        limit=1,
        left=1,
        left_as_of=moment,
        needed=1,
        resets_at=moment,
    )
    decision = Decision(
        kind=DecisionKind.REJECT,
        code=ReasonCode.BUDGET_EXHAUSTED,
        message="",
        request_id="",
        model_asked="",
        budgets=(view,),
        rungs=(RungOutcome(model_id="m", outcome="o"),),
        policies=(PolicyNote(policy_id="p", sentence="s", model_id="m"),),
        route=Route(
            virtual_model=None,
            task_type=None,
            tier=SMALL,
            decided_by=DecidedBy.PRICE,
            message="",
            complexity_thousandths=None,
            order=(Place(RoutedModel("m", SMALL, 1, 0), "r"),),
        ),
    )
    return answer_block(decision, "")


def _block(block: Mapping[str, Any], known: Mapping[str, str], extra: tuple[str, ...] = ()) -> str:
    names = (*block, *extra)
    if unused := known.keys() - set(names):
        raise KeyError(f"the answer has no {sorted(unused)}")
    return table("field", "is", rows=((f"`{name}`", known[name]) for name in names))
