"""Long lists in pages, as the APIs cut them."""

from collections.abc import Sequence

from cost_sentry_local.sagemaker.errors import invalid
from cost_sentry_local.sagemaker.records import Json

_ROWS = 10
"""Of a page, where nobody says how many."""


def page(member: str, rows: Sequence[Json], asked: Json, limit: str = "MaxResults") -> Json:
    """The page that was asked for; its token is where the next begins."""
    token = asked.get("NextToken", "0")
    if not token.isdigit() or int(token) > len(rows):
        raise invalid(f"The token {token!r} is not one that was given.")
    first, most = int(token), int(asked.get(limit, _ROWS))
    told: Json = {member: list(rows[first : first + most])}
    if first + most < len(rows):
        told["NextToken"] = str(first + most)
    return told
