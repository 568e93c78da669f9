"""Money between a budget window and its accounts: seen at one instant, moved by transactions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_calls import (
    TRANSACTION_ITEMS_MAX,
    LedgerCalls,
    Outcome,
    TooLarge,
    Written,
)
from cost_sentry.adapters.ledger_items import (
    AccountState,
    Item,
    Seen,
    WindowState,
    account_key,
    definition_key,
    number,
    registry_key,
    window_key,
)
from cost_sentry.domain.allotment import AccountPart, Placement, Spread
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind

Action = dict[str, dict[str, Any]]


class Allotments:
    """Reads and moves one budget window's money; ``purse`` is ``budget@window``."""

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def spread(self, purse: str) -> Spread | None:
        """All places of the window at one instant; ``None`` if other writers were in the way.

        Creates the window from the budget's definition if nobody spent from it yet.
        """
        window_item = self._calls.get(window_key(purse)) or self._open(purse)
        if window_item is None:
            return None
        accounts = WindowState.of(window_item).accounts
        items = self._calls.snapshot([window_key(purse), *map(account_key, accounts)])
        if items is None or items[0] is None:
            return None
        if WindowState.of(items[0]).accounts != accounts:
            return None
        return spread_of(purse, items)

    def _open(self, purse: str) -> Item | None:
        """Create the window with the limit that is defined at that very instant."""
        budget_id = purse.rsplit("@", 1)[0]
        definition = self._calls.get(definition_key(budget_id))
        if definition is None:
            raise ConfigurationError(f"budget {budget_id!r} is not defined in the ledger")
        limit = definition["limit"]
        still_so: Action = {
            "ConditionCheck": {
                "Key": definition_key(budget_id),
                "ConditionExpression": "#limit = :limit",
                "ExpressionAttributeNames": {"#limit": "limit"},
                "ExpressionAttributeValues": {":limit": limit},
            }
        }
        create: Action = {
            "Put": {
                "Item": {**window_key(purse), "limit": limit, "unallotted": limit},
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        self._calls.transact([still_so, create])
        return self._calls.get(window_key(purse))

    def open_account(self, account: str) -> None:
        """Create the account's item and its line in the register, once."""
        empty: Mapping[str, Any] = {"M": {}}
        item = {
            **account_key(account),
            **dict.fromkeys(("free", "posted", "seen", "pending", "resolved"), empty),
            "sequence": number(0),
            "held_bytes": number(0),
        }
        put: Action = {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        self._calls.transact([put, {"Put": {"Item": registry_key(account)}}])

    def refill(self, purse: str, account: str, take: int, spread: Spread, now: datetime) -> Outcome:
        """Move ``take`` from the window's unallotted money to the account's allotment."""
        give: Action = {
            "Update": {
                "Key": window_key(purse),
                "UpdateExpression": "SET unallotted = unallotted - :take ADD accounts :account",
                "ConditionExpression": "unallotted >= :take AND #limit = :limit",
                "ExpressionAttributeNames": {"#limit": "limit"},
                "ExpressionAttributeValues": {
                    ":take": number(take),
                    ":limit": number(spread.limit),
                    ":account": {"SS": [account]},
                },
            }
        }
        part = spread.accounts.get(account)
        seen = Seen(
            limit=spread.limit,
            elsewhere=spread.left - (part.free if part else 0) - take,
            at_milliseconds=int(now.timestamp() * 1000),
        )
        receive = _move(account, purse, take, EntryKind.ALLOT, now)
        receive["Update"]["UpdateExpression"] += ", seen.#b = :seen"
        receive["Update"]["ExpressionAttributeValues"][":seen"] = {"S": seen.text()}
        receive["Update"]["ConditionExpression"] = "attribute_exists(pk)"
        _count(receive)
        return self._calls.transact([give, receive])

    def shift_limit(self, purse: str, spread: Spread, limit: int) -> bool:
        """Change the limit by what is unallotted alone, the way that disturbs no account.

        False if that is not enough, if there is debt to lay anew, or if the limit moved meanwhile.
        """
        if spread.impounded or any(part.free < 0 for part in spread.accounts.values()):
            return False
        change = limit - spread.limit
        arguments = {
            "Key": window_key(purse),
            "UpdateExpression": "SET #limit = :limit, unallotted = unallotted + :change",
            "ConditionExpression": "#limit = :was AND unallotted >= :needed",
            "ExpressionAttributeNames": {"#limit": "limit"},
            "ExpressionAttributeValues": {
                ":limit": number(limit),
                ":was": number(spread.limit),
                ":change": number(change),
                ":needed": number(max(0, -change)),
            },
        }
        return isinstance(self._calls.update(arguments), Written)

    def place(self, purse: str, spread: Spread, placement: Placement, now: datetime) -> bool:
        """Move the money from where it was seen to where it should lie, all or nothing.

        False if it does not lie there yet: a place changed meanwhile, or more accounts must give
        than one transaction holds and only the fullest of them did. Look again and repeat.
        """
        changed = [n for n, part in spread.accounts.items() if placement.free[n] != part.free]
        accounts_max = TRANSACTION_ITEMS_MAX - 1
        if len(changed) <= accounts_max:
            outcome = self._place_at_once(purse, spread, placement, now)
            if not isinstance(outcome, TooLarge):
                return isinstance(outcome, Written)
            accounts_max = len(changed) // 2
        while accounts_max:
            some = _some_gathered(spread, accounts_max)
            if not isinstance(self._place_at_once(purse, spread, some, now), TooLarge):
                return False
            accounts_max //= 2
        raise LedgerUnavailable(f"the ledger refuses to move the money of {purse!r} for its size")

    def _place_at_once(
        self, purse: str, spread: Spread, placement: Placement, now: datetime
    ) -> Outcome:
        window: Action = {
            "Update": {
                "Key": window_key(purse),
                "UpdateExpression": (
                    "SET unallotted = :unallotted, impounded = :impounded, #limit = :limit"
                ),
                "ConditionExpression": (
                    "unallotted = :was AND #limit = :limit_was"
                    " AND (impounded = :impounded_was OR attribute_not_exists(impounded))"
                ),
                "ExpressionAttributeNames": {"#limit": "limit"},
                "ExpressionAttributeValues": {
                    ":unallotted": number(placement.unallotted),
                    ":impounded": number(placement.impounded),
                    ":limit": number(placement.limit),
                    ":was": number(spread.unallotted),
                    ":impounded_was": number(spread.impounded),
                    ":limit_was": number(spread.limit),
                },
            }
        }
        moves = [
            _recall(name, purse, part.free, placement.free[name], now)
            for name, part in spread.accounts.items()
            if placement.free[name] != part.free
        ]
        return self._calls.transact([window, *moves])


def spread_of(purse: str, items: Sequence[Item | None]) -> Spread:
    """The places of a window: its item first, then its accounts'."""
    window = WindowState.of(items[0] or {})
    accounts = [AccountState.of(item) for item in items[1:] if item is not None]
    return Spread(
        limit=window.limit,
        unallotted=window.unallotted,
        impounded=window.impounded,
        retired=window.retired,
        accounts={
            a.name: AccountPart(
                free=a.free.get(purse, 0),
                pending=a.pending_amount(purse),
                posted=a.posted.get(purse, 0),
            )
            for a in accounts
        },
    )


def _some_gathered(spread: Spread, accounts_max: int) -> Placement:
    """The fullest accounts emptied into the budget; limit and everybody else as they are."""
    fullest = sorted(spread.accounts, key=lambda n: spread.accounts[n].free, reverse=True)
    emptied = [n for n in fullest[:accounts_max] if spread.accounts[n].free > 0]
    free = {n: 0 if n in emptied else part.free for n, part in spread.accounts.items()}
    gained = sum(spread.accounts[n].free for n in emptied)
    return Placement(
        limit=spread.limit,
        unallotted=spread.unallotted + gained,
        impounded=spread.impounded,
        free=free,
    )


def _move(account: str, purse: str, amount: int, kind: EntryKind, now: datetime) -> Action:
    return {
        "Update": {
            "Key": account_key(account),
            "UpdateExpression": (
                "SET #free.#b = if_not_exists(#free.#b, :zero) + :move, #entry = :entry"
            ),
            "ExpressionAttributeNames": {
                "#b": purse,
                "#free": "free",
                "#entry": "entry",
                "#sequence": "sequence",
            },
            "ExpressionAttributeValues": {
                ":move": number(amount),
                ":zero": number(0),
                ":one": number(1),
                ":entry": {"S": entry_text(kind, now, moves={purse: amount})},
            },
        }
    }


def _recall(account: str, purse: str, was: int, wanted: int, now: datetime) -> Action:
    kind = EntryKind.RECALL if wanted < was else EntryKind.ALLOT
    action = _move(account, purse, wanted - was, kind, now)
    update = action["Update"]
    update["ExpressionAttributeValues"][":was"] = number(was)
    update["ConditionExpression"] = "#free.#b = :was"
    if was == 0:
        update["ConditionExpression"] += " OR attribute_not_exists(#free.#b)"
    _count(action)
    return action


def _count(action: Action) -> None:
    action["Update"]["UpdateExpression"] += " ADD #sequence :one"
