"""SageMaker's errors as the wire carries them."""

from http import HTTPStatus

MODEL_ERROR = "ModelError"
_STATUS = {
    MODEL_ERROR: HTTPStatus.FAILED_DEPENDENCY,
    "InternalFailure": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "ModelNotReadyException": HTTPStatus.TOO_MANY_REQUESTS,
    "NotImplemented": HTTPStatus.NOT_IMPLEMENTED,
}


class SageMakerError(Exception):
    """An error answer; ``code`` is AWS's own, the status follows from it."""

    def __init__(self, code: str, message: str, original_status: int | None = None) -> None:
        """Keep AWS's code and message; of a model's own error also its status."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.original_status = original_status
        self.status = int(_STATUS.get(code, HTTPStatus.BAD_REQUEST))

    def to_json(self) -> dict[str, object]:
        """The body. SageMaker Runtime writes its members with a capital, the others in small."""
        told: dict[str, object] = {
            "__type": self.code,
            "message": self.message,
            "Message": self.message,
        }
        if self.original_status is not None:
            told |= {"OriginalStatusCode": self.original_status, "OriginalMessage": self.message}
        return told


def invalid(message: str) -> SageMakerError:
    """What SageMaker will not do."""
    return SageMakerError("ValidationException", message)


def not_found(kind: str, arn: str) -> SageMakerError:
    """SageMaker has no code of its own for what is not there."""
    return invalid(f'Could not find {kind} "{arn}".')


def already_there(kind: str, arn: str) -> SageMakerError:
    """Names are given once."""
    return invalid(f'Cannot create already existing {kind} "{arn}".')
