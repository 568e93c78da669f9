"""From any exception to what its reader can do about it."""

import errno
import traceback
from collections.abc import Callable
from dataclasses import asdict

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)

from cost_sentry.domain.errors import (
    ConfigurationError,
    LedgerContention,
    LedgerUnavailable,
    RecordUnreadable,
)
from cost_sentry_client.call_errors import OPERATION
from cost_sentry_client.config_file.problems import ConfigFileInvalid
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.problems import Problem
from cost_sentry_client.target_options import TargetOptions
from cost_sentry_client.unreadable_report import FIX

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT})


def problem_of(error: Exception, options: TargetOptions) -> Problem:
    """What went wrong, where, and the next thing to try."""
    where = f"stage {options.stage}" + (f", target {options.target}" if options.target else "")
    for kinds, explain in _EXPLANATIONS:
        if isinstance(error, kinds):
            return explain(error, where)
    return _bug(error)


def _itself(error: Exception, _where: str) -> Problem:
    return error if isinstance(error, Problem) else _bug(error)


def _credentials(error: Exception, where: str) -> Problem:
    return Problem(
        f"AWS credentials cannot be used: {error}",
        where=where,
        fix="check --profile and `aws sts get-caller-identity`; for the local cloud, start it with"
        " `cost-sentry local up`",
    )


def _unreachable(error: Exception, where: str) -> Problem:
    return Problem(
        f"no answer: {error}",
        where=where,
        fix="check the network, --region and AWS_ENDPOINT_URL; for the local cloud,"
        " `cost-sentry local status`",
    )


def _file(error: Exception, where: str) -> Problem:
    if not isinstance(error, OSError) or error.errno not in _NOT_WRITABLE:
        return _bug(error)
    return Problem(
        f"{error.filename or 'a file'} cannot be written: {error.strerror}",
        where=where,
        fix="make its folder writable, or free space on its disk",
    )


def _invalid_file(error: Exception, _where: str) -> Problem:
    problems = error.problems if isinstance(error, ConfigFileInvalid) else ()
    return Problem(
        "the configuration file is not valid; nothing was changed",
        where=str(error),
        fix="correct these places, then try again",
        exit_code=ExitCode.REFUSED,
        details={"problems": [asdict(problem) for problem in problems]},
    )


def _contention(error: Exception, where: str) -> Problem:
    return Problem(str(error), where=where, fix="look at it again, then try again")


def _record(error: Exception, where: str) -> Problem:
    return Problem(str(error), where=f"ledger table, {where}", fix=FIX)


def _ledger(error: Exception, where: str) -> Problem:
    return Problem(
        str(error),
        where=f"ledger table, {where}",
        fix="check the network and your permissions on the table; nothing was lost, try again",
    )


def _configuration(error: Exception, where: str) -> Problem:
    return Problem(
        str(error),
        where=where,
        fix="change the configuration as the message says",
        exit_code=ExitCode.REFUSED,
    )


def _aws_error(error: Exception, where: str) -> Problem:
    if not isinstance(error, ClientError):
        return _bug(error)
    code = error.response["Error"]["Code"]
    if error.operation_name == OPERATION:
        return _model_call(error, where)
    fix = "see the message; --verbose shows more"
    if code in _DENIED:
        fix = f"your role needs the permission for {error.operation_name}"
    elif code in _EXPIRED:
        fix = "renew your AWS credentials, such as with `aws sso login`"
    message = error.response["Error"].get("Message") or code
    return Problem(f"{code}: {message}", where=f"{error.operation_name}, {where}", fix=fix)


def _model_call(error: ClientError, where: str) -> Problem:
    sentry = error.response.get("sentry")
    block = sentry if isinstance(sentry, dict) else {}
    wrong = error.response["Error"]["Code"] == "ValidationException"
    status = {
        "VOIDED": "the call did not run and nothing was charged; "
        + ("correct the request" if wrong else "try again"),
        "PENDING": "nobody knows whether the call ran, so it stays charged at the reserved amount"
        " until its true cost is known",
    }.get(str(block.get("status")), "try again")
    request_id = block.get("requestId")
    seen = f"; `cost-sentry explain {request_id}` tells what became of it" if request_id else ""
    facts = error.response["Error"]
    return Problem(
        f"the model call failed: {facts['Code']}: {facts.get('Message', '')}",
        where=where,
        fix=status + seen,
        details={"sentry": block, "code": facts["Code"]},
    )


def _bug(error: Exception) -> Problem:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
    return Problem(
        f"{type(error).__name__}: {error}",
        where=where,
        fix="this is a bug in cost-sentry: run it again with --verbose and report what it says",
    )


_Explanation = tuple[tuple[type[Exception], ...], Callable[[Exception, str], Problem]]

_EXPLANATIONS: tuple[_Explanation, ...] = (
    ((Problem,), _itself),
    ((NoCredentialsError, PartialCredentialsError, ProfileNotFound), _credentials),
    ((EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError), _unreachable),
    ((BotoCoreError,), _unreachable),
    ((ConfigFileInvalid,), _invalid_file),
    ((LedgerContention,), _contention),
    ((RecordUnreadable,), _record),
    ((LedgerUnavailable,), _ledger),
    ((ConfigurationError,), _configuration),
    ((ClientError,), _aws_error),
    ((OSError,), _file),
)
"""The first that fits, so the most telling stand first."""
