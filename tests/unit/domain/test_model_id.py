import pytest

from cost_sentry.domain.model_id import (
    arn_region,
    base_model_id,
    id_within,
    is_model_name,
    known_as,
    profile_scope,
    provider_of,
)

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE_ARN = f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{SONNET}"
MODEL_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}"


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        (SONNET, None),
        (f"us.{SONNET}", "us"),
        (f"eu.{SONNET}", "eu"),
        (f"apac.{SONNET}", "apac"),
        (f"jp.{SONNET}", "jp"),
        (f"au.{SONNET}", "au"),
        (f"global.{SONNET}", "global"),
        (f"us-gov.{SONNET}", "us-gov"),
        (MODEL_ARN, None),
        (PROFILE_ARN, "eu"),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{SONNET}", None),
    ],
)
def test_every_way_to_name_a_model_leads_to_the_same_base_id(name, scope):
    assert base_model_id(name) == SONNET
    assert profile_scope(name) == scope
    assert is_model_name(name)
    assert provider_of(name) == "anthropic"


@pytest.mark.parametrize(
    "base",
    [
        "meta.llama3-70b-instruct-v1:0",
        "amazon.titan-text-express-v1",
        "openai.gpt-5.6-sol",
        "moonshotai.kimi-k3.1",
        "mistral.mixtral-8x7b-instruct-v0:1",
    ],
)
def test_dots_and_versions_inside_a_model_id_are_kept(base):
    assert base_model_id(base) == base
    assert base_model_id(f"us.{base}") == base
    assert profile_scope(base) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "claude",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123",
        f"arn:aws:bedrock:us-east-1::foundation-model/us.{SONNET}",
        f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{SONNET}",
        f"arn:aws:bedrock:us-east-1:12:inference-profile/us.{SONNET}",
        f"arn:aws:sagemaker:us-east-1::foundation-model/{SONNET}",
        f"{SONNET}\n",
        f" {SONNET}",
        SONNET.upper(),
        "a/b.c",
    ],
)
def test_a_name_that_says_nothing_about_its_model_is_left_as_it_is(name):
    assert base_model_id(name) == name
    assert profile_scope(name) is None
    assert not is_model_name(name)


@pytest.mark.parametrize("name", [f"us.{SONNET}", f"eu.{SONNET}", SONNET])
def test_a_model_has_one_name_in_its_region_and_another_model_has_another(name):
    profile = profile_scope(name) is not None
    kind = "123456789012:inference-profile" if profile else ":foundation-model"
    arn = f"arn:aws:bedrock:eu-west-1:{kind}/{name}"

    assert known_as(arn, "eu-west-1") == known_as(name, "eu-west-1") == name
    assert known_as(arn, "us-east-1") == known_as(arn, None) == arn
    assert known_as(name, None) == name
    assert id_within(arn) == id_within(name) == name


def test_what_says_nothing_about_its_model_has_no_other_name():
    unknown = f"arn:aws:bedrock:us-east-1::foundation-model/us.{SONNET}"

    assert known_as(unknown, "us-east-1") == unknown


def test_only_an_arn_names_a_region():
    assert arn_region(MODEL_ARN) == "us-east-1"
    assert arn_region(PROFILE_ARN) == "eu-west-1"
    assert arn_region(SONNET) is None
