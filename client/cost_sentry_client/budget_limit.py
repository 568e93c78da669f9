import re
from dataclasses import dataclass, replace

from cost_sentry.domain.budget import Budget, Unit, amount_text, parse_amount
from cost_sentry.domain.unit import MANY, noun
from cost_sentry_client.config_file.cross_checks import limit_fault
from cost_sentry_client.config_file.field_types import AMOUNT
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

_EXAMPLES = {
    Unit.TOKENS: 2_000_000,
    Unit.INPUT_TOKENS: 2_000_000,
    Unit.OUTPUT_TOKENS: 500_000,
    Unit.REQUESTS: 600,
    Unit.IN_FLIGHT: 20,
    Unit.RETRIES: 5,
    Unit.DEPTH: 3,
    Unit.CHILDREN: 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """What ``change_limit`` did. Amounts are exact decimal strings."""

    budget_id: str
    unit: str
    before: str
    after: str
    version: str
    """Of the configuration in force now."""

    @property
    def counted(self) -> str:
        """What the amounts count, in words."""
        return noun(Unit(self.unit), 1 if self.after == "1" else MANY)

    @property
    def changed(self) -> bool:
        """Whether the limit is another one than before."""
        return self.before != self.after

    @property
    def text(self) -> str:
        """One line for people."""
        if not self.changed:
            return f"budget {self.budget_id} already has the limit {self.after} {self.counted}"
        return f"budget {self.budget_id}: limit {self.before} → {self.after} {self.counted}"

    def to_json(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "id": self.budget_id,
            "unit": self.unit,
            "before": self.before,
            "after": self.after,
            "changed": self.changed,
            "configVersion": self.version,
        }


def change_limit(operator: Operator, budget_id: str, text: str) -> LimitChange:
    """Put the configuration in force again with one limit changed, ledger and all.

    The same use case as `config apply`, so that the limit that admission names in its answers and
    the limit that the ledger holds cannot part.
    """
    config, budget = operator.config(), operator.budget(budget_id).budget
    limit = _checked(budget, text)
    budgets = [replace(b, limit=limit) if b.id == budget_id else b for b in config.budgets]
    applied = operator.apply(replace(config, budgets=tuple(budgets)))
    return LimitChange(
        budget_id=budget_id,
        unit=budget.unit.value,
        before=amount_text(budget.unit, budget.limit),
        after=amount_text(budget.unit, limit),
        version=applied.version,
    )


def _checked(budget: Budget, text: str) -> int:
    """A limit that ``sentry.yaml`` would take too, in the ledger's unit."""
    what, how = f"{text!r} is not an amount in plain digits", "no exponent, no sign, no separators"
    if re.fullmatch(AMOUNT, text):
        fault = limit_fault(budget.unit, text)
        if fault is None:
            return parse_amount(budget.unit, text)
        what, how = fault
    example = (
        "dollars such as 12.50, at most 12 decimals"
        if budget.unit is Unit.USD
        else f"a whole number of {noun(budget.unit, MANY)} such as {_EXAMPLES[budget.unit]}"
    )
    raise Problem(
        what,
        where=f"LIMIT {text!r} of budget {budget.id}, which counts {noun(budget.unit, MANY)}",
        fix=f"give {example} ({how})",
        exit_code=ExitCode.USAGE,
    )
