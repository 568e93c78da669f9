"""Keys of what is kept of the trees of agent runs. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| children of an agent | ``RUN#<session>`` | ``CHILDREN#<budget>#<caller>#<digest of its path>`` |

A path and a name are kept as digests: agents are called as their makers like.
"""

from cost_sentry.adapters.ledger_items import Key, key
from cost_sentry.domain.session import Edge, digest_of
from cost_sentry.domain.window_id import session_and_caller


def children_key(budget_id: str, run: str, parent: tuple[str, ...]) -> Key:
    """Of the item that holds who called right below this agent."""
    path = digest_of("/".join(parent))  # No name has a slash.
    return key(run_partition(run), f"{children_prefix(budget_id, run)}{path}")


def run_partition(run: str) -> str:
    """Under which all of a run's tree is kept, and that of any other caller's run of this id."""
    return f"RUN#{session_and_caller(run)[0]}"


def children_prefix(budget_id: str, run: str) -> str:
    """What the sort keys begin with of what one budget counts of a run.

    Of one without its caller, of all that have its id.
    """
    caller = session_and_caller(run)[1]
    return f"CHILDREN#{budget_id}#{caller}#" if caller else f"CHILDREN#{budget_id}#"


def caller_in(sort_key: str) -> str:
    """Whose run an item tells of."""
    return sort_key.split("#")[-2]


def child_of(edge: Edge) -> str:
    """What stands in the set for the child."""
    return digest_of(edge.child)
