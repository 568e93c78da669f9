"""What people read when a command fails: what is wrong, where, and how to fix it."""

from collections.abc import Mapping

from cost_sentry_client.exit_codes import ExitCode


class Problem(Exception):  # noqa: N818 - it is what the user has, not what the program did
    """A failure that its reader can act on."""

    def __init__(
        self,
        what: str,
        *,
        where: str,
        fix: str,
        exit_code: ExitCode = ExitCode.FAULT,
        details: Mapping[str, object] | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        self.exit_code = exit_code
        self.details = dict(details or {})
        super().__init__(f"{what} ({where}); {fix}")

    def to_json(self) -> dict[str, object]:
        """The same three facts for machines, with ``details`` beside them."""
        return {"what": self.what, "where": self.where, "fix": self.fix, **self.details}
