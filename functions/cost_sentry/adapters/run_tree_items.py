"""Keys of what is kept of the trees of agent runs. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| children of an agent | ``RUN#<session>`` | ``CHILDREN#<budget id>#<digest of its path>`` |

A path and a name are kept as digests: agents are called as their makers like.
"""

from cost_sentry.adapters.ledger_items import Key, key
from cost_sentry.domain.session import Edge, digest_of


def children_key(budget_id: str, session: str, parent: tuple[str, ...]) -> Key:
    """Of the item that holds who called right below this agent."""
    path = digest_of("/".join(parent))  # No name has a slash.
    return key(run_partition(session), f"{children_prefix(budget_id)}{path}")


def run_partition(session: str) -> str:
    """Under which all of a run's tree is kept."""
    return f"RUN#{session}"


def children_prefix(budget_id: str) -> str:
    """What the sort keys begin with of what one budget counts."""
    return f"CHILDREN#{budget_id}#"


def child_of(edge: Edge) -> str:
    """What stands in the set for the child."""
    return digest_of(edge.child)
