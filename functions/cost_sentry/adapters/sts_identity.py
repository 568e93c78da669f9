"""``application.approval_ports.CallerIdentity``: a caller lets AWS STS say who it is.

A caller signs a ``GetCallerIdentity`` with its own credentials and sends the signature, not the
request; this end writes the request anew, sends it to STS of its own Region, and reads who signed
it. What is to be done is in a header that is signed too, so the signature is good for nothing else.
HashiCorp Vault and the authenticator of Amazon EKS prove their callers so.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.model import Shape
from botocore.parsers import ResponseParserError, create_parser
from botocore.session import get_session

from cost_sentry.application.ports import Clock
from cost_sentry.domain.approval_deed import DEED_HEADER
from cost_sentry.domain.errors import CallerUnproven

QUESTION = b"Action=GetCallerIdentity&Version=2011-06-15"
CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
SIGNED_FOR = timedelta(minutes=5)
"""How long a signature is good; also how far the clocks of caller and function may differ."""
_CHARACTERS_MAX = 8_192
"""Of one part of a proof; a session's token has some two thousand."""
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[A-Za-z0-9_]{4,128}/(?P<day>\d{8})/(?P<region>[a-z0-9-]{1,32})"
    r"/(?P<service>[a-z]{1,16})/aws4_request, SignedHeaders=(?P<headers>[a-z0-9;-]{1,512}),"
    r" Signature=[0-9a-f]{64}"
)
_DATE = re.compile(r"\d{8}T\d{6}Z")
_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:[\x21-\x7e]{1,600}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedQuestion:
    """What a caller sends of its signed question."""

    authorization: str
    date: str
    token: str | None


class StsIdentity:
    """See above.

    Args:
        send: sends a prepared request and gives the answer; does not follow redirections.
        endpoint: of STS, with its scheme.
        region: whose STS that is.
        clock: says whether a signature is fresh.
    """

    def __init__(
        self,
        send: Callable[[AWSPreparedRequest], Any],
        endpoint: str,
        region: str,
        clock: Clock,
    ) -> None:
        self._send = send
        self._endpoint = endpoint
        self._region = region
        self._clock = clock

    def principal(self, proof: Mapping[str, object], deed: str) -> str:
        """See the port."""
        question = _question(proof)
        self._must_be_signed(question)
        return self._told(self._asked(question, deed))

    def _must_be_signed(self, question: SignedQuestion) -> None:
        """STS checks the signature; what it covers, and for how long it is good, is our concern."""
        parts = _AUTHORIZATION.fullmatch(question.authorization)
        if parts is None:
            raise CallerUnproven("authorization is no Signature Version 4 of AWS")
        if (parts["region"], parts["service"]) != (self._region, "sts"):
            raise CallerUnproven(
                f"it is signed for {parts['service']} in {parts['region']}, and must be for sts in"
                f" {self._region}"
            )
        needed = {"host", "x-amz-date", DEED_HEADER}
        if question.token is not None:
            needed.add("x-amz-security-token")
        missing = needed.difference(parts["headers"].split(";"))
        if missing:
            raise CallerUnproven(f"the signature leaves out {', '.join(sorted(missing))}")
        signed_at = _moment(question.date)
        if abs(self._clock.now() - signed_at) > SIGNED_FOR:
            raise CallerUnproven(
                f"it was signed at {question.date}, which is more than"
                f" {SIGNED_FOR // timedelta(minutes=1)} minutes from now: sign again, by a clock"
                " that is right"
            )

    def _asked(self, question: SignedQuestion, deed: str) -> Any:  # noqa: ANN401 - botocore's
        try:
            return self._send(signed_request(self._endpoint, question, deed))
        except (BotoCoreError, HTTPClientError) as error:
            raise CallerUnproven(f"AWS STS did not answer; try again ({error})") from error

    def _told(self, answer: Any) -> str:  # noqa: ANN401 - botocore's
        if answer.status_code != _OK:
            raise CallerUnproven(
                f"AWS STS did not accept the signature (HTTP {answer.status_code}): it was made"
                " with other credentials, for something else, or by a clock that is wrong"
            )
        model = get_session().get_service_model("sts").operation_model("GetCallerIdentity")
        shape = cast("Shape", model.output_shape)
        told = {
            "status_code": answer.status_code,
            "headers": answer.headers,
            "body": answer.content,
        }
        try:
            arn = create_parser("query").parse(told, shape).get("Arn", "")
        except (ResponseParserError, LookupError) as error:
            raise CallerUnproven(f"AWS STS gave an answer that cannot be read: {error}") from error
        if not _ARN.fullmatch(arn):
            raise CallerUnproven("AWS STS told no principal")
        return str(arn)


_OK = 200


def signed_request(endpoint: str, question: SignedQuestion, deed: str) -> AWSPreparedRequest:
    """The one question that is ever sent, with the caller's signature."""
    headers = {
        "Authorization": question.authorization,
        "Content-Type": CONTENT_TYPE,
        "X-Amz-Date": question.date,
        DEED_HEADER: deed,
        **({"X-Amz-Security-Token": question.token} if question.token else {}),
    }
    return AWSRequest(method="POST", url=endpoint, data=QUESTION, headers=headers).prepare()


def _question(proof: Mapping[str, object]) -> SignedQuestion:
    authorization, date, token = (proof.get(n) for n in ("authorization", "date", "token"))
    texts = [part for part in (authorization, date, token) if part is not None]
    for part in texts:
        if not isinstance(part, str) or len(part) > _CHARACTERS_MAX or not part.isprintable():
            raise CallerUnproven("a part of the proof is no text, or too long")
    if not isinstance(authorization, str) or not isinstance(date, str):
        raise CallerUnproven("the proof needs authorization and date")
    return SignedQuestion(
        authorization=authorization, date=date, token=token if isinstance(token, str) else None
    )


def _moment(date: str) -> datetime:
    if not _DATE.fullmatch(date):
        raise CallerUnproven(f"date {date!r} is none such as 20261129T165500Z")
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise CallerUnproven(f"date {date!r} is no moment") from error
