"""Which errors say that a model is unwell, and which prove that a call did not run."""

import json
import pathlib

from cost_sentry.adapters import bedrock_errors
from cost_sentry.domain.model_failure import (
    NOT_RUN,
    PERHAPS_RUN,
    is_unwell,
    may_be_tried_again,
)

ROOT = pathlib.Path(__file__).parents[3]
STATES = json.loads((ROOT / "statemachines" / "guarded_invocation.asl.json").read_text())["States"]
VOIDED = {
    error.removeprefix("BedrockRuntime.")
    for name in ("Invoke model", "Invoke model with bytes")
    for error in STATES[name]["Catch"][0]["ErrorEquals"]
}
CALLERS_MISTAKES = {"ValidationException", "AccessDeniedException", "ResourceNotFoundException"}


def test_only_what_is_voided_is_ever_tried_again():
    assert VOIDED >= NOT_RUN
    assert not VOIDED & PERHAPS_RUN


def test_every_refusal_that_is_voided_is_a_callers_mistake_or_says_that_the_model_is_unwell():
    assert VOIDED == NOT_RUN | CALLERS_MISTAKES


def test_a_callers_mistake_says_nothing_of_the_model():
    assert not any(is_unwell(name) for name in CALLERS_MISTAKES)


def test_every_error_of_a_model_call_is_judged_but_the_one_that_has_no_name():
    named = {kind.__name__ for kind in bedrock_errors.ModelCallError.__subclasses__()}

    assert named - CALLERS_MISTAKES - NOT_RUN - PERHAPS_RUN == {"ModelCallFailed"}


def test_both_branches_name_the_same_error():
    for name in ("ThrottlingException", "BedrockRuntime.ThrottlingException"):
        assert is_unwell(name)
        assert may_be_tried_again(name)
    assert is_unwell("BedrockRuntime.ModelErrorException")
    assert not may_be_tried_again("BedrockRuntime.ModelErrorException")
