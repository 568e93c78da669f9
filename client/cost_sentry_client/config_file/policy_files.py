"""From the policy files of a ``sentry.yaml`` to policies, or to all that is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from cost_sentry.domain.policy import Policies, Policy
from cost_sentry_client.config_file.cedar_text import statements
from cost_sentry_client.config_file.policy_checks import (
    WrittenPolicy,
    faults_between,
    faults_of,
    read_policy,
)
from cost_sentry_client.config_file.policy_claims import claims
from cost_sentry_client.config_file.policy_names import name_faults, name_warnings
from cost_sentry_client.config_file.policy_set_checks import (
    holds_none,
    permits_nothing,
    would_permit_nothing,
)
from cost_sentry_client.config_file.policy_values import value_warnings
from cost_sentry_client.config_file.problems import ConfigProblem, Finding, quoted
from cost_sentry_client.config_file.shapes import SentryFile

POLICIES_MAX = 500
"""Each of them is read at a cold start, and may be asked about every model of every call."""
FILE_BYTES_MAX = 256 * 1024


@dataclass(slots=True)
class PolicyReport:
    """What the files hold, and what is wrong with them."""

    findings: list[Finding] = field(default_factory=list)
    """In ``sentry.yaml`` itself."""
    problems: list[ConfigProblem] = field(default_factory=list)
    """In the policy files."""
    warnings: list[ConfigProblem] = field(default_factory=list)
    """Of the policy files: allowed, and probably not meant."""
    written: list[WrittenPolicy] = field(default_factory=list)

    def policies(self, time_zone: str) -> Policies:
        """As the configuration keeps them."""
        rules = (
            Policy(id=one.id, text=one.text, sentence=one.sentence, mode=one.mode)
            for one in self.written
        )
        return Policies(rules=tuple(rules), time_zone=time_zone)


def read_policies(file: SentryFile, beside: FilePath) -> PolicyReport:
    """Every policy of every file that matches, in the order of patterns and names.

    Args:
        file: a ``sentry.yaml`` whose fields are each in order.
        beside: its folder; patterns start there, and lead nowhere above it.
    """
    report = PolicyReport()
    for path in _matching(file, beside, report):
        _read(path, report)
    faults = [fault for one in report.written for fault in faults_of(one, file)]
    faults += [fault for one in report.written for fault in name_faults(one, file)]
    report.problems += [*faults, *faults_between(report.written, file)]
    if len(report.written) > POLICIES_MAX:
        report.findings.append(
            Finding(
                path=("policies", "files"),
                problem=f"{len(report.written)} policies are too many",
                allowed=f"at most {POLICIES_MAX}: say in one policy what holds for many models",
            )
        )
    if not report.problems and not report.findings:
        report.problems += permits_nothing(report.written)
        report.warnings += would_permit_nothing(report.written)
        for policy in report.written:
            report.warnings += [*claims(policy, file), *name_warnings(policy, file)]
            report.warnings += value_warnings(policy, file)
    return report


def _read(path: FilePath, report: PolicyReport) -> None:
    text = _text(path, report)
    if text is None:
        return
    told = list(statements(text))
    if not told:
        report.warnings.append(holds_none(str(path)))
    for statement in told:
        found = read_policy(str(path), statement)
        if isinstance(found, ConfigProblem):
            report.problems.append(found)
        else:
            report.written.append(found)


def _matching(file: SentryFile, beside: FilePath, report: PolicyReport) -> Iterator[FilePath]:
    seen: set[FilePath] = set()
    for i, pattern in enumerate(file.policies.files if file.policies else ()):
        found = _found(pattern, beside)
        if not found:
            report.findings.append(
                Finding(
                    path=("policies", "files", i),
                    problem=f"{quoted(pattern)} matches no file",
                    allowed="a path from the folder of this file, such as policies/*.cedar",
                )
            )
        yield from (path for path in found if path not in seen)
        seen.update(found)


def _found(pattern: str, beside: FilePath) -> Sequence[FilePath]:
    if FilePath(pattern).is_absolute() or ".." in FilePath(pattern).parts:
        return ()
    return sorted(path for path in beside.glob(pattern) if path.is_file())


def _text(path: FilePath, report: PolicyReport) -> str | None:
    try:
        content = path.read_bytes()
        if len(content) <= FILE_BYTES_MAX:
            return content.decode("utf-8-sig")
        problem, allowed = "the file is too large", f"at most {FILE_BYTES_MAX // 1024} KiB"
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        problem, allowed = f"cannot be read: {why}", "a file that can be read"
    except UnicodeDecodeError:
        problem, allowed = "the text is not UTF-8", "UTF-8 text"
    report.problems.append(
        ConfigProblem(file=str(path), line=1, column=1, field="", problem=problem, allowed=allowed)
    )
    return None
