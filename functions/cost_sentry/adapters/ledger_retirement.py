"""Ended windows leave the accounts, so that an account item stays small for ever."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import AccountState, account_key, number, window_key
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.window import has_ended


def retire_ended_windows(
    calls: LedgerCalls, accounts: Iterable[AccountState], now: datetime, batch_max: int
) -> int:
    """Give what ended windows left in accounts back to their budgets; how many were moved.

    A window that still has a pending reservation in the account waits until that is resolved.
    """
    done = 0
    for account in accounts:
        for purse in account.free:
            if done >= batch_max:
                return done
            if has_ended(purse.rsplit("@", 1)[1], now) and not account.pending_amount(purse):
                done += _retire(calls, account, purse, now)
    return done


def _retire(calls: LedgerCalls, account: AccountState, purse: str, now: datetime) -> bool:
    free, posted = account.free[purse], account.posted.get(purse, 0)
    update = {
        "Key": account_key(account.name),
        "UpdateExpression": (
            "SET #entry = :entry REMOVE #free.#b, posted.#b, seen.#b ADD #sequence :one"
        ),
        # The sequence moves with every write: nobody reserved or settled since it was read.
        "ConditionExpression": "#sequence = :sequence",
        "ExpressionAttributeNames": {
            "#b": purse,
            "#free": "free",
            "#entry": "entry",
            "#sequence": "sequence",
        },
        "ExpressionAttributeValues": {
            ":entry": {"S": entry_text(EntryKind.RECALL, now, moves={purse: -free})},
            ":one": number(1),
            ":sequence": number(account.sequence),
        },
    }
    window: dict[str, Any] = {
        "Key": window_key(purse),
        "UpdateExpression": (
            "SET unallotted = unallotted + :free ADD retired :posted DELETE accounts :account"
        ),
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {
            ":free": number(free),
            ":posted": number(posted),
            ":account": {"SS": [account.name]},
        },
    }
    return isinstance(calls.transact([{"Update": update}, {"Update": window}]), Written)
