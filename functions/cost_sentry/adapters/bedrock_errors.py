# ruff: noqa: N818 - Step Functions' Catch matches these names, and they are Bedrock's
"""How a call to a model can fail, named so that the workflow can tell what is proven.

ModelCallError
├── surely not run: the reservation is voided
│   ├── ThrottlingException, ValidationException, AccessDeniedException,
│   │   ResourceNotFoundException, ModelNotReadyException, ServiceQuotaExceededException
│   └── ModelCallNotSent        no connection, or no credentials to sign with
└── may have run, and may be billed: the reservation stays pending
    ├── ModelTimeoutException, ModelErrorException, InternalServerException,
    │   ServiceUnavailableException
    ├── ModelCallTimedOut       sent, and no answer within the read time-out
    ├── ModelAnswerBroken       an answer that cannot be read to its end
    └── ModelCallFailed         anything else
"""


class ModelCallError(Exception):
    """One attempt to call a model has failed. The message holds no prompt text (P10)."""


class ThrottlingException(ModelCallError):
    """429: over a quota of requests or tokens a minute."""


class ValidationException(ModelCallError):
    """400: the request is not one that this model takes."""


class AccessDeniedException(ModelCallError):
    """403: this account may not call this model."""


class ResourceNotFoundException(ModelCallError):
    """404: no such model or profile here."""


class ModelNotReadyException(ModelCallError):
    """429: the model is being loaded."""


class ServiceQuotaExceededException(ModelCallError):
    """400: over a quota of the account."""


class ModelCallNotSent(ModelCallError):
    """No byte of the request left this machine."""


class ModelTimeoutException(ModelCallError):
    """408: Bedrock gave up on the model."""


class ModelErrorException(ModelCallError):
    """424: the model failed while it worked."""


class InternalServerException(ModelCallError):
    """500."""


class ServiceUnavailableException(ModelCallError):
    """503."""


class ModelCallTimedOut(ModelCallError):
    """The request was sent; no answer came within the read time-out."""


class ModelAnswerBroken(ModelCallError):
    """The answer was cut off or cannot be read."""


class ModelCallFailed(ModelCallError):
    """Whatever has no name above."""


BY_STATUS: dict[int, type[ModelCallError]] = {
    400: ValidationException,
    403: AccessDeniedException,
    404: ResourceNotFoundException,
    408: ModelTimeoutException,
    424: ModelErrorException,
    429: ThrottlingException,
    500: InternalServerException,
    503: ServiceUnavailableException,
}
"""For codes that Bedrock's model does not name, such as those of request signing."""

BY_CODE: dict[str, type[ModelCallError]] = {
    error.__name__: error
    for error in (*BY_STATUS.values(), ModelNotReadyException, ServiceQuotaExceededException)
}
"""Every error code that Converse is modelled with, and what becomes of it."""
