"""The answers that the documentation shows, made by the code that gives them.

``python -m tests.docs.answers_shown`` writes them into examples/. Only what a model would say, and
the day, are invented: prices, budgets and decisions are those of the packaged book and of
examples/sentry.yaml.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cost_sentry.adapters.admission_answer import admission_answer
from cost_sentry.adapters.answer_block import resolved_block
from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.load import load_config
from tests.fakes.builders import ManualClock
from tests.fakes.memory_ledger import MemoryLedger

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CALLS_BEFORE_MAX = 100
"""Of research this month: it calls until it is refused, and the next refusal is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``ConfigSource`` of examples/sentry.yaml."""

    config: SentryConfig

    def current(self) -> SentryConfig:
        return self.config


@dataclass(slots=True, kw_only=True)
class Sentry:
    """Admission and settlement, with the ledger in memory and the model invented."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    clock: ManualClock = field(default_factory=ManualClock)
    book: PackagedPriceBook = field(default_factory=lambda: PackagedPriceBook(region="us-east-1"))
    config: SentryConfig = field(
        default_factory=lambda: load_config(EXAMPLES / "sentry.yaml").config
    )

    def __post_init__(self) -> None:
        for budget in self.config.budgets:
            self.ledger.define(budget, budget.window_at(self.clock.now()).id)

    def answer(self, request: dict[str, Any], text: str, output_tokens: int) -> dict[str, Any]:
        """What StartSyncExecution's output holds for this request."""
        parsed = parse_request(request, default_request_id="execution")
        admission = Admission(
            config_source=Config(config=self.config),
            price_book=self.book,
            ledger=self.ledger,
            clock=self.clock,
        )
        decision = admission.decide(parsed, attempt=parsed.request_id)
        block = admission_answer(decision, parsed, self.book.version)["sentry"]
        if decision.reservation is None or decision.price is None:
            return {"sentry": block}
        self.clock.advance(seconds=2)
        response = _response(text, min(output_tokens, block["maxTokens"]))
        resolved = settle_reservation(
            decision.reservation,
            decision.price,
            parse_usage(response),
            ledger=self.ledger,
            clock=self.clock,
        )
        return {**response, "sentry": resolved_block(block, resolved.resolved)}


def _response(text: str, output_tokens: int) -> dict[str, Any]:
    usage = {"inputTokens": 21, "outputTokens": output_tokens}
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {**usage, "totalTokens": sum(usage.values())},
        "metrics": {"latencyMs": 2000},
    }


def answers() -> dict[str, str]:
    """Every answer that is shown, as text, by the name of its file."""
    sentry = Sentry()
    allowed = sentry.answer(_example("request.json"), "Fire on floor 3, at the printer.", 9)
    asked = _example("request_refused.json")
    for number in range(CALLS_BEFORE_MAX):
        earlier = sentry.answer({**asked, "requestId": f"earlier-{number}"}, "…", 2_000)
        if earlier["sentry"]["decision"] == "REJECT":
            break
    refused = sentry.answer(asked, "", 0)
    return {"answer_allowed.json": _text(allowed), "answer_refused.json": _text(refused)}


def _example(name: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    return request


def _text(answer: dict[str, Any]) -> str:
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them."""
    for name, text in answers().items():
        (EXAMPLES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
