"""Token usage of one call, in Converse's words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens by kind; ``input`` excludes what the prompt cache read or wrote, as on Bedrock."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_hour: int = 0
    """The part of ``cache_write`` that is kept for one hour instead of five minutes."""

    def to_json(self) -> dict[str, object]:
        """Converse's ``usage``; cache fields only for calls that met a cache point."""
        total = self.input + self.output + self.cache_read + self.cache_write
        usage: dict[str, object] = {
            "inputTokens": self.input,
            "outputTokens": self.output,
            "totalTokens": total,
        }
        if self.cache_read or self.cache_write:
            usage["cacheReadInputTokens"] = self.cache_read
            usage["cacheWriteInputTokens"] = self.cache_write
        if self.cache_write:
            usage["cacheDetails"] = self._cache_details()
        return usage

    def _cache_details(self) -> list[dict[str, object]]:
        parts = (("5m", self.cache_write - self.cache_write_hour), ("1h", self.cache_write_hour))
        return [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in parts if tokens]


NOTHING = TokenUsage(input=0, output=0)
