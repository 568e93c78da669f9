"""Which alert mails went out, and what they said."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cost_sentry_local.demo.result import Result
from cost_sentry_local.mailbox import Mail

_FIRST_LINES = 1
_INDENT = 9


def alert_report(result: Result) -> Iterator[RenderableType]:
    """Each alert once with its readers and first lines; the last one in full."""
    if not result.mails:
        yield Text("No threshold was crossed.")
        return
    alerts: dict[tuple[str, str], list[Mail]] = {}
    for mail in result.mails:
        alerts.setdefault((mail["subject"], mail["body"]), []).append(mail)
    yield Text(f"{len(alerts)} alerts in {len(result.mails)} mails, one per reader:", style="dim")
    for (subject, body), mails in alerts.items():
        yield from _headlines(subject, body, mails)
    yield ""
    subject, body = next(reversed(alerts))
    yield Text(f"The last one in full, from “{subject}”:", style="dim")
    yield Text(body.rstrip())


def _headlines(subject: str, body: str, mails: list[Mail]) -> Iterator[RenderableType]:
    yield Text(f"{mails[0]['at'][11:19]} {subject}", style="bold")
    lines = ["to " + ", ".join(mail["to"] for mail in mails), *body.splitlines()[:_FIRST_LINES]]
    yield Padding(Text("\n".join(lines)), (0, 0, 0, _INDENT))
