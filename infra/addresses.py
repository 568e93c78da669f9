"""Who is subscribed: the addresses of ``sentry.yaml``, read and nothing more.

The file is validated by ``cost-sentry config check``; here an e-mail address is all that matters,
because Amazon SNS subscriptions are resources and only a deployment creates them.
"""

import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.sentry_file import mapping, read_sentry_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """E-mail addresses, each once, in the order of the alphabet."""

    operators: tuple[str, ...]
    """Hear about every budget, and when the sentry itself is unwell."""
    recipients: tuple[str, ...]
    """Everyone a budget's alert may be sent to, operators included."""


def read_addresses(path: pathlib.Path) -> Addresses:
    """Collect ``alerts.addresses``, owners of teams and budgets, and who is told otherwise.

    That is ``approvals.mail`` and ``anomalies.rules[].tell``.
    """
    document = read_sentry_file(path)
    operators = set(_texts(mapping(document.get("alerts")).get("addresses")))
    owners = {
        address for owned in _owned(document) for address in _texts(mapping(owned).get("owners"))
    }
    approvers = set(_texts(mapping(document.get("approvals")).get("mail")))
    rules = mapping(document.get("anomalies")).get("rules")
    told = {
        address
        for rule in (rules if isinstance(rules, list) else ())
        for address in _texts(mapping(rule).get("tell"))
    }
    return Addresses(
        operators=tuple(sorted(operators)),
        recipients=tuple(sorted(operators | owners | approvers | told)),
    )


def _owned(document: Mapping[str, Any]) -> Iterator[object]:
    yield from mapping(document.get("teams")).values()
    budgets = document.get("budgets")
    yield from budgets if isinstance(budgets, list) else mapping(budgets).values()


def _texts(value: object) -> Iterator[str]:
    yield from (text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
