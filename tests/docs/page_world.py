"""A sentry in memory that is configured as a page says, and what the page says, word for word."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.sentry_config import SentryConfig
from tests.docs.page_code import blocks
from tests.fakes.admissions import FixedConfig
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_run_trees import MemoryRunTrees
from tests.tidy.tree import ROOT

BOOK = PackagedPriceBook(region="eu-central-1")


def of_page(page: str, language: str) -> list[str]:
    """The page's blocks of code in this language, in order."""
    return [body for name, body in blocks(language) if name == page]


def says(page: str, sentence: str) -> bool:
    """Whether the page has this sentence, wherever its lines end."""
    return sentence in " ".join((ROOT / page).read_text(encoding="utf-8").split())


def leads_to(page: str, target: str) -> bool:
    """Whether the page links to this file of the project, and it is there."""
    path = ROOT / target
    link = os.path.relpath(path, (ROOT / page).parent)
    return path.exists() and f"]({link})" in (ROOT / page).read_text(encoding="utf-8")


def written(folder: Path, yaml: str, **policies: str) -> Path:
    """A ``sentry.yaml`` with policy files beside it."""
    (folder / "policies").mkdir(exist_ok=True)
    for name, text in policies.items():
        (folder / "policies" / f"{name}.cedar").write_text(text, encoding="utf-8")
    file = folder / "sentry.yaml"
    file.write_text(yaml, encoding="utf-8")
    return file


class World:
    """Decides calls at a time that the test names."""

    def __init__(self, config: SentryConfig, at: datetime = NOON, book: PriceBook = BOOK) -> None:
        self.clock, self.ledger = ManualClock(at), MemoryLedger()
        trees = MemoryRunTrees()
        for budget in config.budgets:
            self.ledger.define(budget, budget.window_at(at).id)
        self._admission = Admission(
            config_source=FixedConfig(config),
            price_book=book,
            ledger=self.ledger,
            clock=self.clock,
            policy_engines=CedarPolicies,
            run_trees=lambda: trees,
        )
        self._calls = 0

    def decide(self, **request: Any) -> Decision:
        """A short question of team search, unless it is told otherwise."""
        self._calls += 1
        raw = {
            "tags": {"team": "search"},
            "messages": [{"role": "user", "content": [{"text": "Hello."}]}],
            "inferenceConfig": {"maxTokens": 500},
            **request,
        }
        name = f"call-{self._calls}"
        return self._admission.decide(parse_request(raw, default_request_id=name), name)
