"""The page of costs says what kept answers come to, and what it counts is what is written."""

import pytest

from scripts import running_cost as cost
from tests.contract.test_savings_contract import hit
from tests.fakes.admissions import request
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import journal_on_moto
from tests.tidy.tree import ROOT

PAGE = ROOT / "docs" / "explanation" / "what-the-sentry-costs.md"
KILOBYTES = 2
WRITE_UNIT_BYTES = 1024


@pytest.mark.parametrize(
    ("row", "dollars"),
    [
        ("a call that is answered from the cache, all in all", cost.answered_from_cache(KILOBYTES)),
        ("of which its note and the day's savings, one transaction", cost.noted_hit()),
        ("a lookup in vain, on top of an ordinary call", cost.looked_up(0)),
        ("an answer that is kept, on top of its call", cost.kept_answer(KILOBYTES)),
    ],
)
def test_the_page_says_what_a_million_cost(row, dollars):
    assert f"| {row} | ${dollars * 10**6:.2f} |" in PAGE.read_text(encoding="utf-8")


def test_a_note_and_a_days_savings_are_two_small_items(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        store.log.record_hit(hit("01a2254d-6d39-7476-ad8e-f28c5d0c7714"), NOON, request())
        items = store.client.scan(TableName="ledger")["Items"]

    sizes = [sum(len(n) + len(next(iter(v.values()))) for n, v in item.items()) for item in items]
    assert len(sizes) == 2
    assert max(sizes) <= WRITE_UNIT_BYTES
    assert 2 * len(sizes) == cost.HIT_WRITE_UNITS
