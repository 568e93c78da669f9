"""Step Functions: JSONata's `$eval` is refused.

docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html: "all of JSONata except $eval".
"""

from typing import Any, NoReturn

from ministack.services import stepfunctions


def close() -> None:
    """Wrap the registration of functions."""
    register = stepfunctions._register_sfn_jsonata_functions

    def register_without_eval(expression: Any) -> None:
        register(expression)
        expression.register_lambda("eval", _refuse)

    stepfunctions._register_sfn_jsonata_functions = register_without_eval


def _refuse(*_args: Any) -> NoReturn:
    raise ValueError("The function $eval is not supported")
