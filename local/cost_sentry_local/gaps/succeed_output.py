"""Step Functions: `Output` of a JSONata Succeed state.

docs.aws.amazon.com/step-functions/latest/dg/state-succeed.html. The emulator passes the input on.
"""

from typing import Any

from ministack.services import stepfunctions


def close() -> None:
    """Wrap the one function that only a Succeed state reaches in JSONata."""
    apply = stepfunctions._apply_input_path

    def apply_output(state: dict[str, Any], data: Any, context: Any = None) -> Any:
        succeeds = state.get("Type") == "Succeed" and "Output" in state
        if succeeds and stepfunctions._state_query_language(state, context) == "JSONata":
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return apply(state, data, context)

    stepfunctions._apply_input_path = apply_output
