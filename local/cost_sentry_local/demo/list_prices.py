"""List prices read straight from the price book's rows, without the sentry's own arithmetic."""

import json
from collections.abc import Mapping
from pathlib import Path

import cost_sentry

PRICE_BOOK = Path(cost_sentry.__file__).parent / "data" / "price_book.json"


class ListPrices:
    """Picodollars per token by model id, for models of one price whatever the prompt's length."""

    def __init__(self, rows: Mapping[str, Mapping[str, int]]) -> None:
        self._rows = rows

    @classmethod
    def read(cls, path: Path = PRICE_BOOK) -> "ListPrices":
        """All rows; a place other than ``regional`` stands before the model's id."""
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            {
                row["model_id"] if place == "regional" else f"{place}.{row['model_id']}": row
                for row in document["prices"]
                for place in row["places"]
            }
        )

    def knows(self, model_id: str) -> bool:
        """Whether there is a price (P6)."""
        return model_id in self._rows

    def cost(
        self, model_id: str, *, fresh: int, output: int, cache_read: int = 0, cache_write: int = 0
    ) -> int:
        """What so many tokens cost; ``KeyError`` without a price, also of a kind that was used.

        Cache writes are those of five minutes; prompts are below every long-context tier.
        """
        row = self._rows[model_id]
        tiers = [tier["above_prompt_tokens"] for tier in row.get("context_tiers", ())]  # type: ignore[attr-defined]
        if tiers and fresh + cache_read + cache_write > min(tiers):
            raise KeyError(f"{model_id} above {min(tiers)} prompt tokens")
        kinds = {
            "input": fresh,
            "output": output,
            "cache_read": cache_read,
            "cache_write_5m": cache_write,
        }
        return sum(row[kind] * tokens for kind, tokens in kinds.items() if tokens)
