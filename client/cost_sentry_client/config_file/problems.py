"""What is wrong with a ``sentry.yaml``: where, what, and what would be accepted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cost_sentry.domain.errors import ConfigurationError

Path = tuple[str | int, ...]
"""Keys and positions from the top of the file: ``("budgets", 2, "scope", "team")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem by its path; the file's own text says which line that is."""

    path: Path
    problem: str
    allowed: str
    at_key: bool = False
    """The name itself is wrong, not what stands behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """A problem as people and programs read it. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    field: str
    """``budgets[2].limit``; empty when it is the file as a whole."""
    problem: str
    allowed: str

    @property
    def text(self) -> str:
        """One line that editors can jump to: ``sentry.yaml:12:5: budgets[0].limit: …``."""
        place = f"{self.file}:{self.line}:{self.column}"
        what = f"{self.field}: {self.problem}" if self.field else self.problem
        return f"{place}: {what}; allowed: {self.allowed}"


class ConfigFileInvalid(ConfigurationError):  # noqa: N818 - named as the answer it becomes
    """The file was not accepted; nothing was changed. ``problems`` holds all that were found."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.text for problem in problems))


def field_text(path: Path) -> str:
    """A path as people write it; names with dots are quoted: ``models."a.b".ladder[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = f'"{shown(part)}"' if not part or not _plain(part) else part
            text += f".{name}" if text else name
    return text


def shown(value: object, characters_max: int = 80) -> str:
    """A value as a message repeats it: on one line, not endless, no control characters."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value)[:1000])
    return text if len(text) <= characters_max else f"{text[:characters_max]}…"


def listed(names: Iterable[str], shown_max: int = 8) -> str:
    """Names with commas; of many, the first and how many more."""
    known = list(names)
    more = len(known) - shown_max
    return ", ".join(known[:shown_max]) + (f" and {more} more" if more > 0 else "")


def quoted(value: object) -> str:
    """The value given, in quotes."""
    return f'"{shown(value)}"'


def _plain(name: str) -> bool:
    return all(c.isalnum() or c in "-_" for c in name)
