"""For any price and any budgets: a lowered limit is paid for, and nobody who could have one is
refused.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.admit_request import Admission
from cost_sentry.application.candidate_tries import LOWERED_TRIES_MAX
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.price_book import ModelPrice, quote_picodollars
from cost_sentry.domain.unit import amount_held
from tests.fakes.admissions import BLIND, DAY, FixedConfig, SmallBook, config, request
from tests.fakes.builders import ManualClock, budget
from tests.fakes.memory_ledger import MemoryLedger
from tests.properties.test_price_laws import prices

FLOOR = 16


class OnePrice(SmallBook):
    def __init__(self, price: ModelPrice) -> None:
        self._price = price

    def price(self, model_id: str) -> ModelPrice | None:
        return self._price

    def card(self, model_id: str) -> Any:
        return None


prompt, asked = st.integers(0, 400), st.integers(FLOOR - 2, 400)
pots = st.lists(
    st.tuples(st.sampled_from([Unit.USD, Unit.TOKENS, Unit.OUTPUT_TOKENS]), st.integers(40, 110)),
    min_size=1,
    max_size=LOWERED_TRIES_MAX,
)


@given(prices, prompt, asked, pots, st.booleans())
def test_a_lowered_limit_is_paid_for_and_refused_is_only_who_cannot_have_the_floor(
    price, prompt_tokens, asked_tokens, limits, caches
):
    def needed(unit: Unit, output: int) -> int:
        quote = quote_picodollars(
            price,
            input_bound_tokens=prompt_tokens,
            output_limit_tokens=output,
            writes_cache=caches,
        )
        return amount_held(
            unit, quote_picodollars=quote, input_tokens=prompt_tokens, output_tokens=output
        )

    budgets = [
        budget(f"b{n}", needed(unit, asked_tokens) * percent // 100, unit=unit)
        for n, (unit, percent) in enumerate(limits)
    ]
    ledger, clock = MemoryLedger(), ManualClock()
    for one in budgets:
        ledger.define(one, DAY)
    admission = Admission(
        config_source=FixedConfig(config(*budgets, output_tokens_min=FLOOR)),
        price_book=OnePrice(price),
        ledger=ledger,
        clock=clock,
    )
    of = request(
        model_id=BLIND,
        max_tokens=asked_tokens,
        input_bound_tokens=prompt_tokens,
        input_floor_tokens=0,
        needs=Needs(prompt_cache=caches),
    )

    held = admission.decide(of, "attempt").reservation

    least = min(FLOOR, asked_tokens)
    if held is None:
        assert any(needed(b.unit, least) > b.limit for b in budgets) or asked_tokens < FLOOR
        assert any(needed(b.unit, asked_tokens) > b.limit for b in budgets)
        return
    sent = held.output_limit_tokens
    assert least <= sent <= asked_tokens
    assert all(ledger.balance(b, DAY).left >= 0 for b in budgets)
    assert held.quote_picodollars == needed(Unit.USD, sent)
    assert sent == asked_tokens or any(needed(b.unit, sent + 1) > b.limit for b in budgets)
