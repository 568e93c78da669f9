"""Application inference profiles of the stand-in, as Bedrock has them."""

import pytest
from botocore.exceptions import ClientError

from cost_sentry.domain.inference_profile import may_be_profile, model_behind
from cost_sentry_local import stand_in_control
from cost_sentry_local.stand_in.call_log import Call
from cost_sentry_local.stand_in.metering import data_of
from cost_sentry_local.stand_in.usage import TokenUsage
from tests.e2e.bedrock_kit import HAIKU, NOVA, ask

FOUNDATION = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
SYSTEM = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"


def made(stand_in, source):
    return stand_in.client("bedrock").create_inference_profile(
        inferenceProfileName="helpdesk", modelSource={"copyFrom": source}
    )["inferenceProfileArn"]


@pytest.mark.parametrize(
    ("source", "model"),
    [(FOUNDATION, "amazon.nova-lite-v1:0"), (SYSTEM, "us.amazon.nova-lite-v1:0")],
)
def test_a_profile_is_read_by_id_and_arn_and_says_which_model_it_is(stand_in, source, model):
    arn = made(stand_in, source)
    control = stand_in.client("bedrock")

    by_arn, by_id = (
        control.get_inference_profile(inferenceProfileIdentifier=name)
        for name in (arn, arn.rpartition("/")[2])
    )

    assert (by_arn["inferenceProfileArn"], by_arn["type"]) == (arn, "APPLICATION")
    assert by_arn["models"] == by_id["models"]
    assert may_be_profile(arn)
    assert may_be_profile(by_id["inferenceProfileId"])
    assert model_behind([one["modelArn"] for one in by_id["models"]], "us-east-1") == model


def test_a_profile_answers_as_its_model_does(stand_in, bedrock):
    by_profile = ask(bedrock, model=made(stand_in, SYSTEM))
    by_model = ask(bedrock, model="us.amazon.nova-lite-v1:0")
    stand_in_control.forget_calls(stand_in)

    assert by_profile["usage"] == by_model["usage"]


def test_calls_are_metered_under_the_profile_s_id():
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
    used = TokenUsage(input=1, output=1)
    call = Call(
        model=arn, operation="Converse", outcome="end_turn", billed=True, usage=used, metadata={}
    )

    [dimensions] = {str(datum["Dimensions"]) for datum in data_of(call, at=None)}

    assert "'abc123def456'" in dimensions


@pytest.mark.parametrize("name", ["abc123def456", NOVA, HAIKU])
def test_what_nobody_made_is_not_found(stand_in, name):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stand_in.client("bedrock").get_inference_profile(inferenceProfileIdentifier=name)


@pytest.mark.parametrize("source", ["arn:aws:bedrock:us-east-1::foundation-model/none", "nova"])
def test_no_profile_is_made_of_what_is_no_model(stand_in, source):
    with pytest.raises(ClientError):
        made(stand_in, source)
