"""Whether all that a file says, and the files that it names, can be stored."""

from collections.abc import Iterator, Mapping

from cost_sentry.application.config_size import fault_of_size, largest_parts
from cost_sentry_client.config_file.problems import Finding


def size_findings(document: Mapping[str, object]) -> Iterator[Finding]:
    """What is too large, at the part that takes most; ``document`` is what would be stored."""
    fault = fault_of_size(document)
    if fault:
        largest, _ = largest_parts(document)[0]
        yield Finding(path=(largest,), problem=fault[0], allowed=fault[1], at_key=True)
