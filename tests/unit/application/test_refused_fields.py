"""A refusal names the field, and what this model and this configuration allow there."""

import pytest

from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.invocation import Needs
from tests.fakes.admissions import Sentry, request
from tests.fakes.builders import budget


@pytest.mark.parametrize("max_tokens", [401, 10**12])
def test_too_many_tokens_are_refused_with_what_this_model_and_this_configuration_allow(max_tokens):
    decision = Sentry(budget()).decide(request(max_tokens=max_tokens))

    assert decision.code is ReasonCode.INVALID_REQUEST
    [error] = decision.errors
    assert (error.field, error.allowed) == ("inferenceConfig.maxTokens", "1 to 400")


def test_a_message_of_a_role_that_the_model_does_not_take_is_refused_at_its_field():
    decision = Sentry(budget()).decide(request(needs=Needs(system=True, system_message=3)))

    assert decision.code is ReasonCode.MODEL_UNSUITABLE
    [error] = decision.errors
    assert error.field == "messages[3].role"
    assert error.allowed.startswith("user or assistant")
