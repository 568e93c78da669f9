"""Keys of what is kept of the trees of agent runs. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| children of an agent | ``RUN#<session>`` | ``CHILDREN#<budget id>#<digest of its path>`` |

A path and a name are kept as digests: agents are called as their makers like.
"""

import base64
from hashlib import blake2b

from cost_sentry.adapters.ledger_items import Key, key
from cost_sentry.domain.session import Edge

_DIGEST_BYTES = 12
"""Of two paths, or names, of one run: they share a digest once in 10²⁸ times."""


def children_key(budget_id: str, session: str, parent: tuple[str, ...]) -> Key:
    """Of the item that holds who called right below this agent."""
    path = _digest("/".join(parent))  # No name has a slash.
    return key(run_partition(session), f"{children_prefix(budget_id)}{path}")


def run_partition(session: str) -> str:
    """Under which all of a run's tree is kept."""
    return f"RUN#{session}"


def children_prefix(budget_id: str) -> str:
    """What the sort keys begin with of what one budget counts."""
    return f"CHILDREN#{budget_id}#"


def child_of(edge: Edge) -> str:
    """What stands in the set for the child."""
    return _digest(edge.child)


def _digest(text: str) -> str:
    digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES, person=b"run tree").digest()
    return base64.urlsafe_b64encode(digest).decode()
