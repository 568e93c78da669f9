"""Mutants that change nothing that anybody could see, each with the reason, for review."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("equivalents.toml")
Name = tuple[str, str, str]
"""Module, function, and what was changed."""


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The list."""

    reasons: dict[Name, str]

    @classmethod
    def read(cls, text: str | None = None) -> "Equivalents":
        """``ValueError`` for a mutant that is listed twice, or without a reason."""
        rows = tomllib.loads(LIST.read_text("utf-8") if text is None else text).get("mutant", [])
        reasons: dict[Name, str] = {}
        for row in rows:
            name = (row["module"], row["function"], row["change"])
            if name in reasons or not row["why"].strip():
                raise ValueError(f"{name} stands twice in the list, or without a reason")
            reasons[name] = row["why"]
        return cls(reasons)
