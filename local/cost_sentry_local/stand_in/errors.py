"""Bedrock's errors as the wire carries them."""

from http import HTTPStatus

_STATUS = {
    "ThrottlingException": HTTPStatus.TOO_MANY_REQUESTS,
    "ModelNotReadyException": HTTPStatus.TOO_MANY_REQUESTS,
    "AccessDeniedException": HTTPStatus.FORBIDDEN,
    "ValidationException": HTTPStatus.BAD_REQUEST,
    "ServiceQuotaExceededException": HTTPStatus.BAD_REQUEST,
    "ResourceNotFoundException": HTTPStatus.NOT_FOUND,
    "ModelTimeoutException": HTTPStatus.REQUEST_TIMEOUT,
    "ModelErrorException": HTTPStatus.FAILED_DEPENDENCY,
    "InternalServerException": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ServiceUnavailableException": HTTPStatus.SERVICE_UNAVAILABLE,
}


class BedrockError(Exception):
    """An error answer; ``name`` is Bedrock's own, the status follows from it."""

    def __init__(self, name: str, message: str) -> None:
        """Keep Bedrock's name and message."""
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = int(_STATUS[name])


def invalid(message: str) -> BedrockError:
    """A request that Bedrock refuses without running a model."""
    return BedrockError("ValidationException", message)
