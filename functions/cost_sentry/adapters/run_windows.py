"""Windows of agent runs: which they are, and how long their items stay. Pure.

There is a window for each run, so what is kept of them would grow for ever. The entries of their
calls stay, as all entries do.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cost_sentry.domain.reservation import window_of
from cost_sentry.domain.window_id import is_of_session, session_span

RUN_KEPT = timedelta(days=35)
"""After a run has ended: by then its calls have expired and been adjusted for a month, and shards
have given back what they had of it. Whoever reports on the month before still finds its totals."""
Action = dict[str, dict[str, Any]]


def is_of_run(purse: str) -> bool:
    """Whether the budget window belongs to an agent run."""
    return is_of_session(window_of(purse))


def gone_after(window_id: str) -> Mapping[str, Any]:
    """The attribute that says when DynamoDB may delete an item of this window; none for others."""
    if not is_of_session(window_id):
        return {}
    moment = session_span(window_id)[1] + RUN_KEPT
    return {"delete_after": {"N": str(int(moment.timestamp()))}}


def kept_for_a_while(update: Action, window_id: str) -> Action:
    """The update, which may be the item's first, so that the item goes when its time has come."""
    gone = gone_after(window_id)
    if not gone:
        return update
    body = update["Update"]
    expression = body["UpdateExpression"]
    setting = "SET delete_after = :gone"
    if expression.startswith("SET "):
        changed = expression.replace("SET ", f"{setting}, ", 1)
    else:
        changed = f"{setting} {expression}"
    values = {**body["ExpressionAttributeValues"], ":gone": gone["delete_after"]}
    return {"Update": {**body, "UpdateExpression": changed, "ExpressionAttributeValues": values}}
