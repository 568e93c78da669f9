"""What holds for every command: one JSON document, no stack trace, a light start, its page."""

import errno
import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from typer.main import get_command
from typer.testing import CliRunner

from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from cost_sentry_client import operations
from cost_sentry_client.command_line import app
from cost_sentry_client.exit_codes import MEANINGS, ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.reference import PAGE, page
from tests.unit.client.conftest import cost_sentry

DENIED = ClientError(
    {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeStacks"
)
EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "DescribeStacks")
FAULTS = [
    (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "no answer", "local status"),
    (NoCredentialsError(), "credentials", "get-caller-identity"),
    (DENIED, "AccessDeniedException: no", "permission for DescribeStacks"),
    (EXPIRED, "ExpiredToken", "aws sso login"),
    (LedgerUnavailable("the ledger could not be asked"), "could not be asked", "try again"),
    (LedgerContention("too many writers"), "too many writers", "try again"),
    (
        OSError(errno.EROFS, "Read-only file system", "/srv/.build/lock"),
        "/srv/.build/lock cannot be written: Read-only file system",
        "make its folder writable",
    ),
    (OSError(errno.EPIPE, "Broken pipe"), "Broken pipe", "bug in cost-sentry"),
    (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero", "bug in cost-sentry"),
]


def leaves(command, path=()):
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from leaves(child, (*path, name))


COMMANDS = list(leaves(get_command(app)))


@pytest.mark.parametrize(("error", "what", "fix"), FAULTS)
def test_a_fault_is_exit_code_3_with_what_where_and_how_to_fix_it(
    monkeypatch, desk, error, what, fix
):
    def fail(*_):
        raise error

    monkeypatch.setattr(operations, "find_deployment", fail)

    ended = cost_sentry("budget", "list", "--json")

    assert ended.code == 3
    assert list(ended.json["error"])[:3] == ["what", "where", "fix"]
    assert what in ended.json["error"]["what"]
    assert fix in ended.json["error"]["fix"]
    for line in ("error: ", "where: ", "fix:   "):
        assert line in ended.stderr


def test_verbose_adds_the_stack_trace_on_stderr_only(monkeypatch, desk):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(operations, "find_deployment", fail)

    result = CliRunner().invoke(app, ["budget", "list", "--json", "--verbose"])

    assert "Traceback" in result.stderr
    assert list(json.loads(result.stdout)) == ["error"]


def test_interrupting_is_exit_code_130(monkeypatch, desk):
    def interrupt(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Operator, "budgets", interrupt)

    assert cost_sentry("budget", "list").code == 130


def test_every_command_says_which_deployment_it_talks_to(desk):
    assert cost_sentry("budget", "list").stderr.startswith("target: AWS, us-east-1, stage dev\n")


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_every_command_has_json_and_explains_itself(path, command):
    options = {option for parameter in command.params for option in parameter.opts}

    assert {"--json", "--verbose"} <= options
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{path}: {parameter.name} has no help"


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_help_fits_80_columns(path, command):
    ended = cost_sentry(*path, "--help")

    assert ended.code == 0
    assert max(len(line) for line in ended.stdout.splitlines()) <= 80


@pytest.mark.parametrize(
    "arguments", [("nope",), ("budget", "list", "--nope"), ("budget", "set", "x")]
)
def test_calling_it_wrongly_is_exit_code_2_and_nothing_on_stdout(arguments):
    ended = cost_sentry(*arguments)

    assert (ended.code, ended.stdout) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "what", "where"),
    [
        (("nope", "--json"), "No such command 'nope'", "cost-sentry"),
        (("--json",), "No such option: --json", "cost-sentry"),
        (("budget", "list", "--nope", "--json"), "No such option: --nope", "cost-sentry budget"),
        (("budget", "set", "x", "--json"), "Missing argument", "cost-sentry budget set"),
        (("explain", "no id!", "--json"), "it has 6 characters", "cost-sentry explain"),
        (("explain", "x" * 5_000, "--json"), "it has 5000 characters", "cost-sentry explain"),
    ],
)
def test_calling_it_wrongly_with_json_says_so_in_json(arguments, what, where):
    ended = cost_sentry(*arguments)

    assert ended.code == 2
    error = ended.json["error"]
    assert what in error["what"]
    assert error["where"].startswith(where)
    assert error["fix"] == f"see {error['where']} --help"
    assert len(ended.stdout) + len(ended.stderr) < 1_000


def test_what_comes_after_two_dashes_asks_for_nothing():
    ended = cost_sentry("budget", "set", "--", "--json")

    assert (ended.code, ended.stdout) == (2, "")


def test_version_names_the_price_book():
    ended = cost_sentry("version", "--json")

    assert list(ended.json) == ["version", "priceBook"]
    assert ended.json["priceBook"].startswith("20")


def test_help_waits_for_neither_boto3_nor_rich_tables_nor_pydantic():
    heavy = "boto3", "botocore", "pydantic", "yaml", "cost_sentry_local", "rich.table"
    code = (
        "import sys, cost_sentry_client.command_line;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    found = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_every_exit_code_has_a_meaning():
    assert set(MEANINGS) == set(ExitCode)


def test_the_reference_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m cost_sentry_client.reference"
