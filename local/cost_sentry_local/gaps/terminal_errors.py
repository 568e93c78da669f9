"""Step Functions: `States.ALL` catches neither `States.Runtime` nor `States.DataLimitExceeded`.

docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-names.
The emulator lets `States.ALL` and `States.TaskFailed` match every error.
"""

from ministack.services import stepfunctions

_ONLY_BY_NAME = frozenset({"States.DataLimitExceeded"})
_NEVER = frozenset({"States.Runtime"})


def close() -> None:
    """Wrap the matching of error names."""
    matches = stepfunctions._error_matches

    def matches_unless_terminal(error_equals: list[str], error: str) -> bool:
        if error in _NEVER:
            return False
        if error in _ONLY_BY_NAME:
            return error in error_equals
        return bool(matches(error_equals, error))

    stepfunctions._error_matches = matches_unless_terminal
