"""Names that Bedrock meters under and that are no model's, and the model behind them."""

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.domain.inference_profile import may_be_profile, model_behind

HERE = "us-east-1"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"


def models(*regions, model=HAIKU):
    return [f"arn:aws:bedrock:{region}::foundation-model/{model}" for region in regions]


@pytest.mark.parametrize("name", ["abc123def456", ARN])
def test_ids_and_arns_of_application_inference_profiles_are_known_by_their_form(name):
    assert may_be_profile(name)


@pytest.mark.parametrize(
    "name",
    [
        HAIKU,
        f"us.{HAIKU}",
        "abc123def45",
        "ABC123DEF456",
        ARN.replace("application-", ""),
        "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc123def456",
        "",
    ],
)
def test_no_other_name_is_taken_for_one(name):
    assert not may_be_profile(name)


@pytest.mark.parametrize(
    ("regions", "name"),
    [
        (["us-east-1"], HAIKU),
        (["eu-west-1"], models("eu-west-1")[0]),
        (["us-east-1", "us-east-2", "us-west-2"], f"us.{HAIKU}"),
        (["ca-central-1", "us-east-1", "us-east-2"], f"us.{HAIKU}"),
        (["ca-central-1", "ca-west-1"], f"ca.{HAIKU}"),
        (["us-gov-east-1", "us-gov-west-1"], f"us-gov.{HAIKU}"),
        (["eu-central-1", "eu-north-1", "eu-west-3"], f"eu.{HAIKU}"),
        (["ap-northeast-1", "ap-northeast-3"], f"jp.{HAIKU}"),
        (["ap-southeast-2", "ap-southeast-4"], f"au.{HAIKU}"),
        (["ap-northeast-1", "ap-southeast-2", "ap-south-1"], f"apac.{HAIKU}"),
        (["us-east-1", ""], f"global.{HAIKU}"),
        (["us-east-1", "eu-west-1"], f"global.{HAIKU}"),
    ],
)
def test_a_profile_is_its_model_where_it_routes(regions, name):
    assert model_behind(models(*regions), HERE) == name


def test_the_price_of_a_profile_that_routes_within_the_united_states_is_that_of_its_geography():
    book = PackagedPriceBook(region=HERE)

    name = model_behind(models("us-east-1", "us-west-2"), HERE)

    assert book.price(name) == book.price(f"us.{HAIKU}") is not None


@pytest.mark.parametrize(
    "arns",
    [
        [],
        ["abc123def456"],
        [*models("us-east-1"), *models("us-east-1", model="amazon.nova-lite-v1:0")],
        models("us-east-1", model="no model"),
        ["arn:aws:bedrock:us-east-1:111122223333:custom-model/x"],
        [*models("us-east-1"), "None"],
    ],
)
def test_what_is_not_one_model_is_none(arns):
    assert model_behind(arns, HERE) is None
