"""The page about answers from a cache, run as it is printed, against the deployed template."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.answers_shown import EXAMPLES
from tests.docs.page_code import blocks, shell_lines
from tests.docs.test_code_on_pages import sections

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("programs")]

PAGE = "docs/how-to/answer-repeated-calls-from-a-cache.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the example's configuration, and the page's part of it."""
    shutil.copytree(EXAMPLES / "policies", tmp_path / "policies")
    whole = sections((EXAMPLES / "sentry.yaml").read_text(encoding="utf-8"))
    (shown,) = (body for page, body in blocks("yaml") if page == PAGE)
    others = whole["teams"].partition("  growth:")[0]
    whole["teams"] = others + shown.removeprefix("teams:\n") + "\n"
    (tmp_path / "sentry.yaml").write_text("".join(whole.values()), encoding="utf-8")
    return tmp_path


def run(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(line)
    return subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name(program), *words],
        env={**os.environ, **environment, "COLUMNS": "80"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_page_does_what_it_says(folder, cloud_environment, newly_deployed) -> None:
    lines = [line for page, line in shell_lines() if page == PAGE]

    done = [run(line, folder, cloud_environment) for line in lines]

    assert [ended.returncode for ended in done] == [0] * len(lines), [e.stderr for e in done]
    checked, applied, first, second, savings = done
    assert first.stdout == second.stdout != ""
    assert "ANSWERED_FROM_CACHE" not in first.stderr
    assert "ANSWERED_FROM_CACHE" in second.stderr
    assert "growth/campaigns" in savings.stdout
    assert checked.stdout != applied.stdout
