"""Prompt caching: prefixes that a cache point has kept, per model, with Bedrock's lifetimes."""

import hashlib
import threading
from dataclasses import dataclass

from cost_sentry_local.stand_in.prompt import Piece

_LIFETIME_SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """Prompt tokens by what the cache did with them."""

    plain: int
    read: int = 0
    written: int = 0
    written_hour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prefix:
    digest: str
    tokens: int
    ttl: str


class PromptCache:
    """Known prefixes with the time at which each is forgotten; safe to use from many threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._until: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def use(self, model: str, row: list[Piece], shortest: int | None, now: float) -> CacheUse:
        """Read the longest known prefix, keep the longest marked one, and count both.

        Args:
            model: base model id; models share no cache.
            row: the prompt in cache order.
            shortest: the fewest tokens that this model caches; None for no cache at all.
            now: seconds on any steady clock.
        """
        total = sum(piece.tokens for piece in row)
        marked = [prefix for prefix in _prefixes(row) if shortest and prefix.tokens >= shortest]
        if not marked:
            return CacheUse(plain=total)
        with self._lock:
            read = max((p.tokens for p in marked if self._knows(model, p, now)), default=0)
            self._keep(model, marked, now)
        kept = marked[-1].tokens
        hour = max((p.tokens for p in marked if p.ttl == "1h"), default=0)
        return CacheUse(
            plain=total - kept,
            read=read,
            written=kept - read,
            written_hour=max(0, hour - read),
        )

    def _knows(self, model: str, prefix: _Prefix, now: float) -> bool:
        return self._until.get((model, prefix.digest), 0.0) > now

    def _keep(self, model: str, prefixes: list[_Prefix], now: float) -> None:
        for prefix in prefixes:
            self._until[(model, prefix.digest)] = now + _LIFETIME_SECONDS.get(prefix.ttl, 300.0)


def _prefixes(row: list[Piece]) -> list[_Prefix]:
    """Every prefix that ends at a cache point, shortest first."""
    digest, tokens, found = hashlib.sha256(), 0, []
    for piece in row:
        digest.update(f"{len(piece.content)}:{piece.content}".encode())
        tokens += piece.tokens
        if piece.cache_ttl is not None:
            found.append(_Prefix(digest=digest.hexdigest(), tokens=tokens, ttl=piece.cache_ttl))
    return found
