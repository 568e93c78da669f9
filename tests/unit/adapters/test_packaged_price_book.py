import dataclasses
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook, checksum_of
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import CACHE_WRITE_BOUND_RATIO, TokenRates
from scripts.build_price_book import OVERLAY, PRICE_BOOK, build
from scripts.price_overlay import OverlayError, apply_overlay, read_overlay, renamed
from scripts.price_source import bedrock, picodollars_per_token, read_source

BOOK = PackagedPriceBook()
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"


def bedrock_id(source_id):
    """Bedrock's own id of a row that genai-prices may name otherwise."""
    base = source_id.removeprefix("global.").removeprefix("regional.")
    return renamed(read_overlay(OVERLAY)).get(base, base)


def per_million(picodollars):
    return None if picodollars is None else Decimal(picodollars) / 10**6


def dollars(rates):
    return [per_million(rate) for rate in dataclasses.astuple(rates)]


def every_rates():
    for model_id in BOOK.model_ids():
        price = BOOK.price(model_id)
        for rates in (price.rates, *(tier.rates for tier in price.context_tiers)):
            yield model_id, rates


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        (SONNET, "3.30 16.50 0.33 4.125 6.60"),
        (f"us.{SONNET}", "3.30 16.50 0.33 4.125 6.60"),
        (f"eu.{SONNET}", "3.30 16.50 0.33 4.125 6.60"),
        (f"jp.{SONNET}", "3.30 16.50 0.33 4.125 6.60"),
        (f"global.{SONNET}", "3.00 15.00 0.30 3.75 6.00"),
        (f"us-gov.{SONNET}", "3.60 18.00 0.36 4.50 7.20"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "1.10 5.50 0.11 1.375 2.20"),
        ("global.anthropic.claude-opus-5-5", "4 20 0.20 5 8"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", "3 15 0.30 3.75 6"),
        ("amazon.nova-pro-v1:0", "0.80 3.20 0.20 0.80 0.80"),
        ("eu.amazon.nova-pro-v1:0", "1.05 4.20 0.2625 1.05 1.05"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "0.72 0.72 - - -"),
        ("mistral.mistral-large-2402-v1:0", "4 12 - - -"),
    ],
)
def test_known_prices_in_dollars_per_million_tokens(model_id, expected):
    known = [None if text == "-" else Decimal(text) for text in expected.split()]

    assert dollars(BOOK.price(model_id).rates) == known


@pytest.mark.parametrize(
    ("model_id", "above", "expected"),
    [
        (f"global.{SONNET}", 200_000, "6 22.5 0.6 7.5 12"),
        (f"us.{SONNET}", 200_000, "6.6 24.75 0.66 8.25 13.2"),
        ("global.anthropic.claude-haiku-5-5", 100_000, "0.5 2.5 0.05 0.625 1"),
        ("us.openai.gpt-5.6-sol", 272_000, "8.8 33 0.88 11 11"),
    ],
)
def test_long_prompts_have_prices_of_their_own(model_id, above, expected):
    (tier,) = BOOK.price(model_id).context_tiers

    assert tier.above_prompt_tokens == above
    assert dollars(tier.rates) == [Decimal(text) for text in expected.split()]


@pytest.mark.parametrize(
    "name",
    [
        f"eu.{SONNET}",
        f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{SONNET}",
    ],
)
def test_an_inference_profile_and_its_arn_have_one_price(name):
    assert BOOK.price(name) == BOOK.price(f"eu.{SONNET}")
    assert BOOK.price(name).model_id == f"eu.{SONNET}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gpt-4",
        SONNET.upper(),
        "amazon.nova-pro-v9:0",
        "eu.meta.llama3-3-70b-instruct-v1:0",
        "us-gov.anthropic.claude-opus-4-5-20251101-v1:0",
        "amazon.titan-embed-text-v2:0",
        "amazon.nova-sonic-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v9:0",
    ],
)
def test_what_the_book_does_not_know_has_no_price(name):
    assert BOOK.price(name) is None


def test_a_dear_region_is_known_by_its_arn_or_by_where_the_book_is_read():
    mistral = "mistral.mistral-large-2402-v1:0"
    paris = "arn:aws:bedrock:eu-west-3::foundation-model/" + mistral

    assert BOOK.price(paris).rates == TokenRates(input=5_200_000, output=15_600_000)
    assert PackagedPriceBook(region="eu-west-3").price(mistral) == BOOK.price(paris)
    assert PackagedPriceBook(region="us-west-2").price(mistral) == BOOK.price(mistral)


def test_a_region_without_a_price_of_its_own_is_bounded_by_the_dearest_commercial_price():
    milan = PackagedPriceBook(region="eu-south-1")
    nova, mistral = "amazon.nova-pro-v1:0", "mistral.mistral-large-2402-v1:0"

    assert milan.price(nova).rates == BOOK.price(f"eu.{nova}").rates
    assert milan.price(nova).model_id == nova
    assert BOOK.price(f"arn:aws:bedrock:eu-south-1::foundation-model/{nova}") == milan.price(nova)
    assert milan.price(mistral).rates == TokenRates(input=5_200_000, output=15_600_000)
    assert milan.price(f"us.{nova}") == BOOK.price(f"us.{nova}")
    assert PackagedPriceBook(region="us-east-1").price(nova) == BOOK.price(nova)


def test_a_model_with_one_commercial_price_costs_it_in_every_region():
    llama = "meta.llama3-3-70b-instruct-v1:0"

    assert PackagedPriceBook(region="eu-south-1").price(llama) == BOOK.price(llama)


def test_a_model_that_is_only_sold_by_profile_has_no_plain_price_anywhere():
    assert PackagedPriceBook(region="eu-south-1").price("amazon.nova-2-lite-v1:0") is None


def test_the_bound_of_a_region_keeps_the_prices_of_long_prompts():
    plain = PackagedPriceBook(region="eu-south-1").price(SONNET)

    assert plain.context_tiers == BOOK.price(SONNET).context_tiers
    assert plain.context_tiers


def test_govcloud_never_gets_a_commercial_price():
    govcloud = PackagedPriceBook(region="us-gov-west-1")

    assert govcloud.price(SONNET) == BOOK.price(f"us-gov.{SONNET}")
    assert govcloud.price("meta.llama3-3-70b-instruct-v1:0") is None


def test_no_known_rate_breaks_the_bounds_that_stand_in_for_unknown_ones():
    for model_id, rates in every_rates():
        assert rates.input > 0, model_id
        assert rates.output > 0, model_id
        assert rates.cache_read is None or 0 < rates.cache_read <= rates.input, model_id
        for write in (rates.cache_write_5m, rates.cache_write_1h):
            assert write is None or write <= CACHE_WRITE_BOUND_RATIO * rates.input, model_id


def test_every_claude_with_a_cache_has_both_cache_writes():
    claudes = [(i, r) for i, r in every_rates() if "claude" in i and r.cache_read is not None]

    assert claudes
    assert [i for i, r in claudes if None in (r.cache_write_5m, r.cache_write_1h)] == []


def test_a_global_profile_never_costs_more_than_its_region():
    pairs = [
        (BOOK.price(model_id), BOOK.price(base_model_id(model_id)))
        for model_id in BOOK.model_ids()
        if model_id.startswith("global.") and BOOK.price(base_model_id(model_id))
    ]

    assert pairs
    assert [g.model_id for g, r in pairs if g.rates.input > r.rates.input] == []


def test_the_book_is_what_the_generator_writes_today_from_the_same_inputs():
    on = date.fromisoformat(BOOK.date)

    assert build(on) == PRICE_BOOK.read_text(encoding="utf-8")


def test_the_version_names_the_date_and_the_content():
    document = json.loads(PRICE_BOOK.read_text(encoding="utf-8"))
    content = {name: value for name, value in document.items() if name != "checksum"}

    assert document["checksum"] == checksum_of(content)
    assert BOOK.version == f"{document['date']}+{document['checksum'][:12]}"


def test_a_book_changed_by_hand_is_refused(tmp_path):
    text = PRICE_BOOK.read_text(encoding="utf-8")
    (tmp_path / "price_book.json").write_text(text.replace('"input": 800000', '"input": 8'))

    with pytest.raises(ConfigurationError, match="changed by hand"):
        PackagedPriceBook(directory=tmp_path).price("amazon.nova-pro-v1:0")


def test_the_book_holds_no_floats():
    def refuse(text):
        raise AssertionError(text)

    json.loads(PRICE_BOOK.read_text(encoding="utf-8"), parse_float=refuse)


def test_every_bedrock_row_of_the_source_is_priced_or_left_out_for_a_reason():
    document = json.loads(PRICE_BOOK.read_text(encoding="utf-8"))
    priced = {row["model_id"] for row in document["prices"]}

    for model in bedrock().models:
        assert model.id in document["left_out"] or bedrock_id(model.id) in priced


def test_float_noise_is_dropped_and_real_digits_are_refused():
    assert picodollars_per_token(Decimal("0.30000000000000004")) == 300_000
    with pytest.raises(ValueError, match="not whole picodollars"):
        picodollars_per_token(Decimal("0.0000005"))
    with pytest.raises(ValueError, match="not whole picodollars"):
        picodollars_per_token(Decimal(-1))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"models": ["no.such-model"]}, "no model of the book is called no.such-model"),
        ({"models": ["meta.llama3-3-70b-instruct-v1:0"]}, "changes nothing"),
        ({"models": ["anthropic.claude-sonnet-5"], "source": ""}, "lacks source"),
    ],
)
def test_a_correction_without_source_or_effect_stops_the_generator(row, problem):
    book, _ = read_source(
        date(2026, 11, 21), {"anthropic.claude-sonnet-5-v1:0": "anthropic.claude-sonnet-5"}
    )
    fill = {"cache_write_1h_times_input": "2", "source": "a bill", "seen": date(2026, 11, 21)}

    with pytest.raises(OverlayError, match=problem):
        apply_overlay(book, {"fill": [fill | row]})


def test_a_misspelt_kind_of_correction_is_refused(tmp_path):
    path = tmp_path / "overlay.toml"
    path.write_text('[[prise]]\nmodels = ["a.b"]\n')

    with pytest.raises(OverlayError, match="prise"):
        read_overlay(path)


def test_a_card_is_found_by_any_name_of_its_model():
    card = BOOK.card(SONNET)

    assert card.tools
    assert "image" in card.modalities
    assert BOOK.card(f"global.{SONNET}") == card
    assert BOOK.card("no.such-model") is None


def test_cards_are_of_priced_models_and_promise_no_more_than_the_source():
    sizes = {bedrock_id(model.id): model.context_window for model in bedrock().models}
    bases = {base_model_id(model_id) for model_id in BOOK.model_ids()}

    carded = [card for base in bases if (card := BOOK.card(base))]

    assert len(carded) == len(BOOK._cards)
    for card in carded:
        assert card.context_tokens <= (sizes.get(card.model_id) or card.context_tokens)
        assert card.output_tokens_max <= card.context_tokens
        assert "text" in card.modalities
        assert card.modalities <= {"text", "image", "document", "video", "audio"}


def test_every_context_tier_can_be_reached_within_the_card_that_bounds_a_quote():
    for model_id in BOOK.model_ids():
        card = BOOK.card(model_id)
        for tier in BOOK.price(model_id).context_tiers if card else ():
            assert tier.above_prompt_tokens < card.prompt_tokens_ceiling, model_id


def test_reading_a_price_loads_neither_genai_prices_nor_pydantic():
    code = (
        "import sys; from cost_sentry.adapters.packaged_price_book import PackagedPriceBook as B;"
        "assert B().price('amazon.nova-pro-v1:0') and B().card('amazon.nova-pro-v1:0');"
        "print([m for m in ('genai_prices', 'pydantic', 'boto3') if m in sys.modules])"
    )

    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
