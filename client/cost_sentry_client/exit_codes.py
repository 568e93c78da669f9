from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended, for scripts. The same number means the same everywhere."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    FAULT = 3
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "It did what was asked.",
    ExitCode.REFUSED: (
        "It worked, and the answer is no: the call was rejected, the configuration is invalid,"
        " the request id or the budget is unknown, the local cloud is down, the smoke test did"
        " not prove its two calls, a line of a file of requests is not a call, no call is on record"
        " for a day, an endpoint may not wake now, or `simulate --fail-on-refusals` found calls"
        " that become refused."
    ),
    ExitCode.USAGE: (
        "It was called in a way that it does not understand, or that leaves open which deployment"
        " is meant. Nothing was changed."
    ),
    ExitCode.FAULT: (
        "Something broke: no deployment there, AWS or the local cloud unreachable, access denied,"
        " the model call failed, a record could not be read (a list has all others), or a bug."
    ),
    ExitCode.INTERRUPTED: "You pressed Ctrl-C.",
}
"""The table of `docs/reference/command-line.md` is made from this."""
