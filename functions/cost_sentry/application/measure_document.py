"""Measures as a JSON-safe document, and back. Amounts are decimal strings of whole units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.measure import Measure, MeasureKind, Measures

FORM = 1
LIFT_ALL = "take them off (`cost-sentry incidents lift --all --reason …`)"
"""The way out of measures that cannot be read."""


def measures_to_document(measures: Measures) -> list[dict[str, object]]:
    """Each by itself, with the form that it has."""
    return [_to_document(one) for one in measures]


def measures_from_document(document: Sequence[Mapping[str, Any]]) -> Measures:
    """The inverse. ``ConfigurationError`` if one cannot be read: nobody guesses what is frozen."""
    try:
        return tuple(_from_document(one) for one in document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            "the measures in force beside the configuration cannot be read"
            f" ({type(error).__name__}: {error}): {LIFT_ALL}"
        ) from error


def _to_document(measure: Measure) -> dict[str, object]:
    given = {
        "amount": None if measure.amount is None else str(measure.amount),
        "budget": measure.budget_id,
        "budgetKind": measure.budget_kind,
        "priceClass": measure.price_class,
        "liftedAt": measure.lifted_at.isoformat() if measure.lifted_at else None,
    }
    return {
        "form": FORM,
        "id": measure.id,
        "kind": measure.kind.value,
        "scope": dict(measure.scope),
        "madeAt": measure.made_at.isoformat(),
        "until": measure.until.isoformat(),
        "why": measure.why,
        "undo": measure.undo,
        **{name: value for name, value in given.items() if value is not None},
    }


def _from_document(document: Mapping[str, Any]) -> Measure:
    if document["form"] != FORM:
        raise ValueError(f"a measure of form {document['form']!r}; only {FORM} is known here")
    lifted, amount = document.get("liftedAt"), document.get("amount")
    return Measure(
        id=document["id"],
        kind=MeasureKind(document["kind"]),
        scope=dict(document["scope"]),
        made_at=datetime.fromisoformat(document["madeAt"]),
        until=datetime.fromisoformat(document["until"]),
        why=document["why"],
        undo=document["undo"],
        amount=None if amount is None else int(amount),
        budget_id=document.get("budget"),
        # A raise that does not say what its budget counts is for none, and ends.
        budget_kind=document.get("budgetKind", "" if "budget" in document else None),
        price_class=document.get("priceClass"),
        lifted_at=None if lifted is None else datetime.fromisoformat(lifted),
    )
