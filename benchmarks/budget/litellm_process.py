"""A running LiteLLM side, asked one thing at a time."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from benchmarks.budget.litellm_environment import ENVIRONMENT, PYTHON, environment

_LOG = ENVIRONMENT / "side.log"


class LiteLlmFailed(Exception):  # noqa: N818 - named as the message reads
    """LiteLLM's process ended; the message says where its log is."""


class LiteLlm:
    """``ask("closed_loop", strict=True, …)``: see ``litellm_side.__main__.verbs``."""

    def __init__(self, asked: IO[str], answers: IO[str]) -> None:
        self._asked = asked
        self._answers = answers

    def ask(self, verb: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """The answer; ``LiteLlmFailed`` if there is none."""
        try:
            self._asked.write(json.dumps({"verb": verb, **arguments}) + "\n")
            self._asked.flush()
        except BrokenPipeError as error:
            raise _failed(verb) from error
        line = self._answers.readline()
        if not line:
            raise _failed(verb)
        return json.loads(line)["answer"]


@contextmanager
def running_litellm() -> Iterator[LiteLlm]:
    """For the length of a ``with``; ends when its input ends."""
    command = [str(PYTHON), "-m", "benchmarks.budget.litellm_side"]
    with (
        _LOG.open("w") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=dict(environment()),
        ) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise _failed("start")
        try:
            yield LiteLlm(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def _failed(verb: str) -> LiteLlmFailed:
    last = "\n".join(_LOG.read_text(errors="replace").splitlines()[-5:])
    return LiteLlmFailed(f"LiteLLM ended while it was asked for {verb}; {_LOG} ends with:\n{last}")
