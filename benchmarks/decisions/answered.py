"""Prompts with known answers of a cheap and a dear model, and what asking each of them costs."""

import csv
import gzip
import hashlib
import io
import statistics
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cost_sentry.domain.complexity import features_of

DATA = Path(__file__).parent / "data"
FILES = {"gsm8k": "routing_gsm8k.csv.gz", "mmlu": "routing_mmlu_part1.csv.gz"}
"""By the name of the data set; ``data/NOTICE`` says where they come from."""
_PRICES = DATA / "prices.toml"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One prompt; a prompt that a file holds more than once is still one."""

    text: str
    cheap: float
    """1 if the cheap model was right, 0 if not; the mean, where it was asked more than once."""
    dear: float
    cheap_picodollars: int
    """Of asking the cheap model."""
    dear_picodollars: int
    features: Mapping[str, float]

    @property
    def extra_picodollars(self) -> int:
        """That the dear model costs more."""
        return self.dear_picodollars - self.cheap_picodollars


@cache
def answered(data_set: str) -> tuple[Answered, ...]:
    """Every prompt of the data set once, in the order of the file."""
    text = gzip.decompress((DATA / FILES[data_set]).read_bytes()).decode("utf-8")
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        found.setdefault(row["prompt"], []).append(row)
    return tuple(_answered(prompt, rows, data_set) for prompt, rows in found.items())


def is_shown(text: str) -> bool:
    """Whether the features were chosen, and the packaged weights learned, with this prompt.

    Half of all prompts, by the first bit of their SHA-256; nobody looked at the other half.
    """
    return hashlib.sha256(text.encode("utf-8")).digest()[0] < 128


@cache
def prices() -> Json:
    """The dated file of prices and lengths."""
    return tomllib.loads(_PRICES.read_text(encoding="utf-8"))


def _answered(prompt: str, rows: Sequence[Mapping[str, str]], data_set: str) -> Answered:
    return Answered(
        text=prompt,
        cheap=statistics.fmean(int(row["cheap_correct"]) for row in rows),
        dear=statistics.fmean(int(row["dear_correct"]) for row in rows),
        cheap_picodollars=_cost_picodollars("cheap", prompt, data_set),
        dear_picodollars=_cost_picodollars("dear", prompt, data_set),
        features=features_of([prompt]),
    )


def _cost_picodollars(which: str, prompt: str, data_set: str) -> int:
    known, rates = prices()["tokens"], prices()[which]
    read = -(-len(prompt.encode("utf-8")) // known["bytes_per_token"])
    written: int = known["answer"][data_set]
    cost: int = rates["input"] * read + rates["output"] * written
    return cost
