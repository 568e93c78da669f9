"""Mistakes in laying accounts to rest, and in calling them back."""

import pytest

from cost_sentry.adapters import ledger_rest, ledger_shards
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_moves import Action
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs

bugs = Bugs()


@bugs.caught_by(broken.NOTHING_AT_REST, planted.coming_back, CALM)
def at_rest_with_money(patch: pytest.MonkeyPatch) -> None:
    """An idle account is closed before its money has gone home."""
    patch.setattr(ledger_rest, "retire_all", lambda calls, root, _now: _close(calls, root))


@bugs.caught_by(broken.NOTHING_AT_REST, planted.coming_back, {"slow": 0.5})
def laid_to_rest_unseen(patch: pytest.MonkeyPatch) -> None:
    """An account is closed whatever happened in it since it was read."""

    def closing(root: ShardState) -> list[Action]:
        [close, strike] = right(root)
        close["Update"]["ConditionExpression"] = "attribute_exists(#sequence)"
        del close["Update"]["ExpressionAttributeValues"][":sequence"]
        return [close, strike]

    right = ledger_rest._closing
    patch.setattr(ledger_rest, "_closing", closing)


@bugs.caught_by(broken.ON_THE_REGISTER, planted.coming_back, CALM)
def called_back_and_not_registered(patch: pytest.MonkeyPatch) -> None:
    """The first call after a rest opens the account, and no scheduled run reads it again."""

    def reopened(self: ledger_shards.Shards, account: str) -> None:
        opening = {"Update": ledger_shards._reopening(account, frozenset())}
        if not self._calls.get(opening["Update"]["Key"]):
            right(self, account)
        else:
            self._calls.transact([opening])

    right = ledger_shards.Shards._open_root
    patch.setattr(ledger_shards.Shards, "_open_root", reopened)


def _close(calls: LedgerCalls, root: ShardState) -> bool:
    calls.transact(ledger_rest._closing(root))
    return True
