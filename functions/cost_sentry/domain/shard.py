"""Which shard of an account a request belongs to, by its id alone.

An account is one shard until it is busy; then a shard **splits** in two, as in extendible hashing
(Fagin et al., ACM TODS 4(3), 1979). A shard is named by the bits that the paths of all its
requests begin with, the first one by no bits. So choosing a shard needs no read, a split touches
one shard only, and a request that is sent again meets the shard of its first try or a descendant.
"""

import base64
from hashlib import blake2b

ROOT = ""
"""The first shard of every account."""
DEPTH_MAX = 24
"""Bits of the longest name: sixteen million shards."""
PENDING_MAX = 4
"""Calls that one of an account's first shards holds: its item is billed by the kilobyte."""
DEEP_FROM_BITS = 4
"""From this length of its name on a shard is one of many, of an account that is hot."""
DEEP_FACTOR = 4
"""A deep shard holds so many times as much. Where there is more load it varies less, as a share: a
shard with room for 4 calls rarely fills up if it holds one on average, one with room for 16 if it
holds six. So fewer shards hold the same calls, each with more money at hand (ADR 0015)."""
_STAMP_BYTES = 6


def path_of(request_id: str) -> str:
    """The bits that lead to the request's shard, ``DEPTH_MAX`` of them."""
    digest = blake2b(request_id.encode(), digest_size=DEPTH_MAX // 8, person=b"shard").digest()
    return f"{int.from_bytes(digest, 'big'):0{DEPTH_MAX}b}"


def pending_max(shard: str) -> int:
    """Calls that a shard of this name holds before it splits."""
    return PENDING_MAX * (DEEP_FACTOR if len(shard) >= DEEP_FROM_BITS else 1)


def stamp_of(request_id: str) -> str:
    """Eight characters that stand for the id in a shard's memory of calls that ended.

    Two of a hundred ids in one memory share a stamp once in 10¹¹ times; then the newer call is
    refused as one that cannot be told from the older, and nothing is spent.
    """
    digest = blake2b(request_id.encode(), digest_size=_STAMP_BYTES, person=b"stamp").digest()
    return base64.urlsafe_b64encode(digest).decode()


def place_of(account: str, shard: str) -> str:
    """A shard's name among all places that hold money: ``search/web`` or ``search/web#01``."""
    return f"{account}#{shard}" if shard else account


def account_and_shard(place: str) -> tuple[str, str]:
    """The inverse of ``place_of``; no account has a ``#`` in its name."""
    account, _, shard = place.partition("#")
    return account, shard


def ancestors(shard: str) -> tuple[str, ...]:
    """The shards that it came from by splitting, nearest first."""
    return tuple(shard[:length] for length in range(len(shard) - 1, -1, -1))
