"""How much more is held than is spent, on a published workload.

The conversations of the Azure LLM inference trace 2023 in examples/, each asking for the next step
of 256 tokens above what it gets, as in the demo; prompts of that many tokens of plain words.
"""

from fractions import Fraction

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.ports import Uncounted
from cost_sentry.domain.price_book import cost_picodollars
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_local.demo.prompts import words
from cost_sentry_local.demo.trace import read_trace
from cost_sentry_local.stand_in.tokenizer import text_tokens
from tests.fakes.admissions import FixedConfig, config
from tests.fakes.builders import ManualClock, budget
from tests.fakes.memory_ledger import MemoryLedger

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
CALLS = 400
STEP = 256


class Counts:
    """What the stand-in's tokenizer makes of the one text of a prompt."""

    def count(self, model_id: str, converse: dict) -> int | Uncounted:
        return text_tokens(converse["messages"][0]["content"][0]["text"])


def reserved_over_real(counter, model_id: str) -> Fraction:
    rich = budget(limit=10**18)
    ledger, book = MemoryLedger(), PackagedPriceBook(region="us-east-1")
    ledger.define(rich, rich.window_at(ManualClock().now()).id)
    models = {model_id: Model(id=model_id)}
    admission = Admission(
        config_source=FixedConfig(config(rich, models=models, output_tokens_max=8192)),
        price_book=book,
        ledger=ledger,
        clock=ManualClock(),
        token_counter=counter,
    )
    reserved = real = 0
    for number, row in enumerate(read_trace(CALLS)):
        text = words(row.context_tokens)
        limit = -(-(row.generated_tokens + 1) // STEP) * STEP
        request = {
            "modelId": model_id,
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "inferenceConfig": {"maxTokens": limit},
            "tags": {"team": "search"},
        }
        decision = admission.decide(parse_request(request, default_request_id=f"r{number}"), "a")
        usage = TokenUsage(input_tokens=text_tokens(text), output_tokens=row.generated_tokens)
        cost = cost_picodollars(decision.price, usage)
        assert decision.reservation.quote_picodollars >= cost
        reserved, real = reserved + decision.reservation.quote_picodollars, real + cost
    return Fraction(reserved, real)


@pytest.mark.parametrize("model_id", [SONNET, HAIKU])
def test_a_published_workload_holds_at_most_half_again_what_it_costs(model_id):
    assert reserved_over_real(Counts(), model_id) <= Fraction(3, 2)


def test_by_its_bytes_alone_it_would_hold_over_three_times_that():
    assert reserved_over_real(None, SONNET) > 3
