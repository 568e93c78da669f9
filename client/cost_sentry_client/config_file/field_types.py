"""Kinds of values in ``sentry.yaml``. A pattern's words are what an error message says."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from cost_sentry.domain.approval_rules import APPROVER

TEAM_ID = r"^[a-z0-9][a-z0-9._-]{0,62}$"
BUDGET_ID = r"^[a-z0-9][a-z0-9-]{0,62}$"
MODEL_ID = r"^[a-z0-9.:-]{3,128}$"
VIRTUAL_MODEL = r"^[a-z0-9][a-z0-9.:-]{0,62}$"
TAG_NAME = r"^[^#\x00-\x1f\x7f-\x9f]{1,64}$"
TAG_VALUE = r"^[^#\x00-\x1f\x7f-\x9f]{1,128}$"
AMOUNT = r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?$"
TIME_OF_DAY = r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"
SAGEMAKER_NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
INSTANCE_TYPE = r"^ml\.[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}$"
TIME_ZONE = r"^[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}$"
ADDRESS = (
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}$"
)

WORDS = {
    TEAM_ID: "a-z, 0-9, '.', '_' and '-', starting with a letter or digit, at most 63 characters",
    BUDGET_ID: "a-z, 0-9 and '-', starting with a letter or digit, at most 63 characters",
    MODEL_ID: "a model id or inference profile id, such as us.amazon.nova-pro-v1:0",
    VIRTUAL_MODEL: "a name of a-z, 0-9, '.', ':' and '-', at most 63 characters, such as auto",
    TAG_NAME: "1 to 64 characters, no '#' and no control characters",
    TAG_VALUE: "1 to 128 characters, no '#' and no control characters",
    AMOUNT: "an amount in plain digits, such as 12.50, with at most 12 decimals",
    TIME_OF_DAY: "a time of day, such as 8:00 or 18:30",
    INSTANCE_TYPE: "an instance type of SageMaker, such as ml.g5.xlarge",
    SAGEMAKER_NAME: "a name in SageMaker: letters, digits and '-' between them, at most 63",
    TIME_ZONE: "a time zone of the tz database, such as Europe/Berlin",
    ADDRESS: "an e-mail address such as finops@example.com",
    APPROVER: (
        "the ARN of a user, a role or a role's session, such as "
        "arn:aws:iam::111122223333:role/Owners; * at the end of a role's name, or in a session's"
    ),
}
"""What each pattern allows, in words."""


def _digits(value: object) -> object:
    # `team: 2026` and `limit: 5` are numbers to YAML and text to us; digits lose nothing.
    return str(value) if type(value) is int else value


def _truth(value: object) -> object:
    # Every word of the file is text to us: to YAML itself `no` is false, and a team's name.
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


_Written = BeforeValidator(_digits)

TeamId = Annotated[str, StringConstraints(pattern=TEAM_ID), _Written]
BudgetId = Annotated[str, StringConstraints(pattern=BUDGET_ID), _Written]
ModelId = Annotated[str, StringConstraints(pattern=MODEL_ID)]
VirtualModelName = Annotated[str, StringConstraints(pattern=VIRTUAL_MODEL), _Written]
TagName = Annotated[str, StringConstraints(pattern=TAG_NAME)]
TagValue = Annotated[str, StringConstraints(pattern=TAG_VALUE), _Written]
TimeZone = Annotated[str, StringConstraints(pattern=TIME_ZONE)]
Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=254)]
Approver = Annotated[str, StringConstraints(pattern=APPROVER)]
Switch = Annotated[bool, BeforeValidator(_truth)]
Percent = Annotated[int, Field(ge=1, le=100)]
Amount = Annotated[
    str,
    StringConstraints(pattern=AMOUNT),
    _Written,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": AMOUNT},
                {"type": "number", "minimum": 0},
            ]
        }
    ),
]
"""The digits as they stand in the file: quoted or not, they never pass through a double."""
