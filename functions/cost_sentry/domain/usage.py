"""Token counts of one call, in the buckets that are priced apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """What Bedrock reported. Buckets are exclusive: ``input_tokens`` holds no cached tokens.

    That is Converse's own convention: ``inputTokens`` leaves out what was read from or written to
    the prompt cache (Bedrock user guide, "Prompt caching").
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Every token of the call, in and out; what a token budget is charged."""
        return self.prompt_tokens + self.output_tokens

    @property
    def prompt_tokens(self) -> int:
        """Every token of the prompt, cached or not; what long-context prices look at."""
        cached = self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens
        return self.input_tokens + cached
