"""AWS STS as far as it knows some keys: it checks signatures as AWS does, and says whose."""

from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_ANSWER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    content: bytes
    headers: dict[str, str]


class VerifyingSts:
    """``send`` of ``StsIdentity``. It signs what it gets with the key of whom it claims to be."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._known: dict[str, tuple[Credentials, str]] = {}
        self.asked: list[Any] = []

    def knows(self, credentials: Credentials, arn: str) -> None:
        self._known[credentials.access_key] = credentials, arn

    def __call__(self, request: Any) -> Answer:
        self.asked.append(request)
        given = str(request.headers["Authorization"])
        credentials, arn = self._known[given.split("Credential=")[1].split("/", maxsplit=1)[0]]
        if self._signature(request, credentials, given) != given:
            return Answer(403, b"<Error>SignatureDoesNotMatch</Error>", {})
        return Answer(200, _ANSWER.format(arn=arn).encode(), {})

    def _signature(self, request: Any, credentials: Credentials, given: str) -> str:
        """Made anew from what arrived: all signed headers, the body, and the secret."""
        signed = given.split("SignedHeaders=")[1].split(",", maxsplit=1)[0].split(";")
        headers = {n: v for n, v in request.headers.items() if n.lower() in signed}
        again = AWSRequest(
            method=request.method, url=self._endpoint, data=request.body, headers=headers
        )
        again.context["timestamp"] = headers.get("X-Amz-Date", "")
        auth = SigV4Auth(credentials, "sts", self._region)
        canonical = auth.canonical_request(again)
        string = auth.string_to_sign(again, canonical)
        signature = auth.signature(string, again)
        return f"{given.rpartition('Signature=')[0]}Signature={signature}"
