"""Which failures of a call say that its model is unwell, by the names that the workflow catches."""

NOT_RUN = frozenset(
    {
        "ThrottlingException",
        "ModelNotReadyException",
        "ServiceQuotaExceededException",
        "ModelCallNotSent",
    }
)
"""Proven not to have run. Other refusals that prove it are a caller's mistake, and say nothing."""

PERHAPS_RUN = frozenset(
    {
        "ModelTimeoutException",
        "ModelErrorException",
        "InternalServerException",
        "ServiceUnavailableException",
        "ModelCallTimedOut",
        "ModelAnswerBroken",
        "SdkClientException",
        "States.Timeout",
    }
)
"""It may have run, and may be billed: never tried again."""

_PREFIX = "BedrockRuntime."


def bare_name(error: str) -> str:
    """Without the prefix that errors have on the direct branch."""
    return error.removeprefix(_PREFIX)


def may_be_tried_again(error: str) -> bool:
    """Whether the model refused a call that a well one would have taken, before it ran."""
    return bare_name(error) in NOT_RUN


def is_unwell(error: str) -> bool:
    """Whether a call that ended so counts against its model."""
    return bare_name(error) in NOT_RUN | PERHAPS_RUN
