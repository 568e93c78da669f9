"""Every block of code on a page is one that works: it parses, and names what exists."""

import json
import pathlib
import re
import shlex
import shutil

import botocore.session
import pytest
import typer.main

from cost_sentry.adapters.converse_shapes import request_shape
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry_client.command_line import app
from cost_sentry_client.config_file import load_config
from tests.docs.page_code import blocks, examples, shell_lines
from tests.tidy.tree import ROOT

KNOWN_PROGRAMS = {
    "make", "npx", "cost-sentry", "export", "eval", "python", "pytest", "git", "aws", "set",
}  # fmt: skip
OURS = [(page, line) for page, line in shell_lines() if "cost-sentry " in line]


def test_pages_use_only_programs_that_they_explain() -> None:
    unknown = [
        (page, line) for page, line in shell_lines() if line.split()[0] not in KNOWN_PROGRAMS
    ]

    assert unknown == []


@pytest.mark.parametrize(("page", "line"), OURS)
def test_a_command_on_a_page_is_understood(page: str, line: str) -> None:
    inside = re.search(r"\$\((cost-sentry [^)]*)\)", line)
    words = shlex.split(inside[1] if inside else line)

    complain(words[1:])


def complain(words: list[str]) -> None:
    """Parse without running; a word or an option that is not known raises."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    command.make_context("cost-sentry", words)


@pytest.mark.parametrize("words", [["invoke", "hi", "--no-such"], ["budget", "frobnicate"]])
def test_a_command_that_does_not_exist_is_seen(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"no-such|frobnicate"):
        complain(words)


def test_the_cdk_lines_name_context_that_the_app_reads() -> None:
    known = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    lines = [line for _, line in shell_lines() if line.startswith("npx cdk")]
    named = {name for line in lines for name in re.findall(r"-c (\w+)=", line)}

    assert {line.split()[2] for line in lines} <= {"bootstrap", "deploy"}
    assert named
    assert named <= known.keys()


def test_the_aws_command_line_is_called_with_options_that_it_has() -> None:
    service = botocore.session.get_session().get_service_model("stepfunctions")
    members = service.operation_model("StartSyncExecution").input_shape.members
    (line,) = {line for _, line in shell_lines() if line.startswith("aws stepfunctions")}

    options = set(re.findall(r"--([a-z-]+)", line)) - {"query", "output", "cli-read-timeout"}

    assert line.split()[2] == "start-sync-execution"
    assert {_camel(option) for option in options} <= set(members)


def _camel(option: str) -> str:
    first, *rest = option.split("-")
    return first + "".join(word.capitalize() for word in rest)


def test_json_on_pages_is_json() -> None:
    for _, body in blocks("json"):
        json.loads(body)


def test_every_request_that_is_shown_is_well_formed() -> None:
    requests = [path for path in examples() if path.name.startswith("request")]

    for path in requests:
        parse_request(json.loads(path.read_text(encoding="utf-8")), default_request_id="e")

    assert len(requests) >= 2


def test_an_answer_that_is_shown_says_nothing_that_converse_does_not() -> None:
    answer = json.loads((ROOT / "examples/answer_allowed.json").read_text(encoding="utf-8"))

    assert answer.keys() - {"sentry"} <= {"output", "stopReason", "usage", "metrics"}
    assert "messages" in request_shape().members


def test_yaml_on_pages_is_part_of_a_sentry_yaml(tmp_path: pathlib.Path) -> None:
    whole = sections((ROOT / "examples/sentry.yaml").read_text(encoding="utf-8"))
    shown = [body for page, body in blocks("yaml") if "how-to" in page]

    shutil.copytree(ROOT / "examples" / "policies", tmp_path / "policies")
    whole["defaults"] += "  requiredTags: [project, environment, taskType]\n"
    for number, body in enumerate(shown):
        file = tmp_path / f"{number}.yaml"
        part = sections(body)
        if "models" in part:  # more of them; the example's budgets need the example's
            part["models"] = whole["models"] + part["models"].removeprefix("models:\n")
        names = re.findall(r"^  (\w+):", part.get("teams", ""), flags=re.MULTILINE)
        if len(names) == 1:  # one of the example's, said otherwise; its budgets need them all
            others = whole["teams"].partition(f"  {names[0]}:")[0]
            part["teams"] = others + part["teams"].removeprefix("teams:\n")
        if len(names) > 1:  # its own ones, of which the example's rules do not speak
            part.setdefault("anomalies", "")
        file.write_text("".join({**whole, **part}.values()), encoding="utf-8")
        load_config(file)

    assert len(shown) >= 3


def sections(text: str) -> dict[str, str]:
    """The top-level parts of a YAML file, as they are written."""
    parts = re.split(r"^(?=\w+:)", text, flags=re.MULTILINE)
    return {part.split(":")[0]: f"{part.rstrip()}\n" for part in parts if re.match(r"\w+:", part)}
