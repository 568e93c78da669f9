"""Mutants that change nothing that anybody could see, each with the reason, for review."""

import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.planting import source_of

PACKAGE = "cost_sentry."
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

    def has(self, module: str, mutant: Mutant) -> bool:
        """Whether it is listed, by the full name of its module."""
        name = module.removeprefix(PACKAGE), mutant.function, mutant.what
        return name in self.reasons

    def lost(self) -> list[str]:
        """Those that no longer exist: what they stood for may be a mistake now."""
        existing = {
            (module, mutant.function, mutant.what)
            for module in {name[0] for name in self.reasons}
            for mutant in mutants(source_of(import_module(PACKAGE + module)))
        }
        return [" ".join(name) for name in self.reasons if name not in existing]
