"""A boto3 client that gives prepared answers one after another, and notes the questions."""

from botocore.exceptions import ClientError, ReadTimeoutError

from cost_sentry.adapters.ledger_calls import LedgerCalls

ITEM = {"pk": {"S": "a"}, "sk": {"S": "b"}}
KEY = dict(ITEM)
TOO_LARGE = "Collection size of all items exceeds the maximum"


class Client:
    """Gives these answers one after another, and notes the questions."""

    def __init__(self, *answers):
        self._answers, self.asked = list(answers), []

    def __getattr__(self, name):
        def call(**arguments):
            self.asked.append((name, arguments))
            answer = self._answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(code, message="", **more):
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, "Call")


def cancelled(*reasons, message=""):
    return refused("TransactionCanceledException", message, CancellationReasons=list(reasons))


def because(code, message=None):
    return {"Code": code} if message is None else {"Code": code, "Message": message}


NOTHING = because("None")
SILENCE = ReadTimeoutError(endpoint_url="dynamodb")


def calls(*answers):
    return LedgerCalls(Client(*answers), "ledger")


def asked(of):
    return [arguments for _, arguments in of._client.asked]
