"""How the local Step Functions calls Converse; each name is AWS's documented behaviour."""

import pytest

from cost_sentry_local.stand_in.control import orders
from tests.e2e.cloud_kit import converse_arguments, conversing, passing, run_machine

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]


class TestConverse:
    def test_arguments_and_answers_are_pascal_case_but_documents_are_the_callers(self, local_cloud):
        schema = {"type": "object", "properties": {"city_name": {"type": "string"}}}
        tool = {"ToolSpec": {"Name": "weather", "InputSchema": {"Json": schema}}}

        answer = run_machine(
            local_cloud,
            {"A": conversing()},
            converse_arguments("use the #tool", ToolConfig={"Tools": [tool]}),
        )["output"]

        use = answer["Output"]["Message"]["Content"][0]["ToolUse"]
        assert use["Input"] == {"city_name": "Berlin"}
        assert use["Type"], "a key that Converse does not have, as seen in live state machines"
        assert answer["StopReason"] == "tool_use"
        assert answer["Usage"]["TotalTokens"] > 0

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("throttle", "BedrockRuntime.ThrottlingException"),
            ("validation", "BedrockRuntime.ValidationException"),
            ("access_denied", "BedrockRuntime.AccessDeniedException"),
            ("not_found", "BedrockRuntime.ResourceNotFoundException"),
            ("not_ready", "BedrockRuntime.ModelNotReadyException"),
            ("quota", "BedrockRuntime.ServiceQuotaExceededException"),
            ("model_timeout", "BedrockRuntime.ModelTimeoutException"),
            ("model_error", "BedrockRuntime.ModelErrorException"),
            ("internal", "BedrockRuntime.InternalServerException"),
            ("unavailable", "BedrockRuntime.ServiceUnavailableException"),
            ("break", "BedrockRuntime.SdkClientException"),
            ("disconnect", "BedrockRuntime.SdkClientException"),
        ],
    )
    def test_errors_carry_the_services_name_and_can_be_caught(self, local_cloud, fault, error):
        caught = {"ErrorEquals": [error], "Next": "C", "Output": "{% $states.errorOutput.Error %}"}
        states = {"A": conversing(Catch=[caught]), "C": passing("{% $states.input %}")}
        arguments = converse_arguments(RequestMetadata=orders(fault=fault))

        assert run_machine(local_cloud, states, arguments)["output"] == error

    def test_camel_case_arguments_are_refused(self, local_cloud):
        answer = run_machine(local_cloud, {"A": conversing()}, converse_arguments(modelId="x"))

        assert answer["error"] == "States.Runtime"
        assert "'modelId' is not supported" in answer["cause"]
