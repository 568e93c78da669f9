"""`cost-sentry invoke`: the answer on stdout, the reason on stderr, honest exit codes."""

import base64
import json

import pytest

from tests.fakes.scripted_workflow import (
    REFUSED_BUDGET,
    always,
    answered,
    failed,
    refused_block,
    sentry_block,
    succeeded,
)
from tests.unit.client.conftest import LITE, cost_sentry

CALL = ("invoke", "hi", "--model", LITE, "--team", "search")


def test_the_models_text_alone_is_on_stdout_and_what_it_cost_on_stderr(desk):
    ended = cost_sentry(*CALL)

    assert (ended.code, ended.stdout) == (0, "hello\n")
    assert "$0.00000077 ($0.000043435 reserved, settled)" in ended.stderr
    assert "2 in, 5 out" in ended.stderr


def test_options_become_converses_own_fields(desk):
    ended = cost_sentry(
        *CALL,
        *("--system", "be brief", "--max-tokens", "5", "--priority", "low"),
        *("--tag", "application=chat", "--request-id", "mine", "--no-lower-output-limit"),
    )

    assert ended.code == 0
    assert desk.workflow.inputs == [
        {
            "modelId": LITE,
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
            "system": [{"text": "be brief"}],
            "inferenceConfig": {"maxTokens": 5},
            "requestId": "mine",
            "tags": {"team": "search", "application": "chat"},
            "priority": "low",
            "lowerOutputLimit": False,
        }
    ]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ((), {}),
        (("--path", "/"), {"path": []}),
        (("--path", "planner/searcher"), {"path": ["planner", "searcher"]}),
        (("--path", "/planner", "--retry", "1"), {"path": ["planner"], "retry": 1}),
    ],
)
def test_an_agent_says_where_in_its_run_it_stands_and_nothing_is_said_for_it(desk, given, sent):
    run = "01a1fdc3-5780-7000-8000-0000000000aa"

    cost_sentry(*CALL, "--session", run, *given)

    assert desk.workflow.inputs[0]["session"] == {"id": run, **sent}


@pytest.mark.parametrize("prompt", [(), ("-",)])
def test_a_prompt_may_come_from_stdin(desk, prompt):
    cost_sentry("invoke", *prompt, "--model", LITE, "--team", "search", stdin="from a pipe\n")

    content = desk.workflow.inputs[0]["messages"][0]["content"]
    assert content == [{"text": "from a pipe\n"}]


def test_what_is_left_is_shown_with_the_moment_at_which_that_was_so(desk):
    budgets = [{**REFUSED_BUDGET, "binding": False}, {**REFUSED_BUDGET, "leftAsOf": None}]
    desk.workflow = always(succeeded(answered(budgets=budgets)))

    header, _, known, unknown = cost_sentry(*CALL).stderr.splitlines()[-4:]

    assert header.split()[-5:] == ["needed", "left", "as", "of", "limit"]
    assert known.split()[-3:] == ["$0.01", "12:00:00", "$0.12"]
    assert unknown.split()[-2:] == ["–", "$0.12"]


def test_an_empty_pipe_is_a_usage_error_and_calls_nothing(desk):
    ended = cost_sentry("invoke", "--model", LITE, "--team", "search", stdin="\n")

    assert (ended.code, desk.workflow.inputs) == (2, [])
    assert "empty" in ended.stderr


def test_images_and_documents_travel_as_base64_with_format_and_name(desk, tmp_path):
    image, document = tmp_path / "photo.JPG", tmp_path / "Q3 results_v2.md"
    image.write_bytes(b"\xff\xd8")
    document.write_text("# Q3")

    cost_sentry(*CALL, "--image", str(image), "--document", str(document))

    _, sent_image, sent_document = desk.workflow.inputs[0]["messages"][0]["content"]
    data = base64.b64encode(b"\xff\xd8").decode()
    assert sent_image == {"image": {"format": "jpeg", "source": {"bytes": data}}}
    assert sent_document["document"]["format"] == "md"
    assert sent_document["document"]["name"] == "Q3 results v2"


def test_a_file_that_no_model_takes_or_that_is_not_there_is_a_usage_error(desk, tmp_path):
    (tmp_path / "photo.bmp").write_bytes(b"BM")

    unknown = cost_sentry(*CALL, "--image", str(tmp_path / "photo.bmp"))
    missing = cost_sentry(*CALL, "--document", str(tmp_path / "none.pdf"))

    assert (unknown.code, missing.code, desk.workflow.inputs) == (2, 2, [])
    assert "png, jpeg, gif, webp" in unknown.stderr
    assert "cannot be read: No such file" in missing.stderr


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        (("--tag", "application"), "NAME=VALUE"),
        (("--tag", "=x"), "NAME=VALUE"),
        (("--tag", "a=1", "--tag", "a=2"), "given twice"),
        (("--tag", "team=growth"), "two teams"),
    ],
)
def test_malformed_tags_are_usage_errors(desk, tags, why):
    ended = cost_sentry(*CALL, *tags)

    assert (ended.code, ended.stdout, desk.workflow.inputs) == (2, "", [])
    assert why in " ".join(ended.stderr.split())


@pytest.mark.parametrize(
    ("given", "option", "configured"),
    [(("--team", "search"), "--model", LITE), (("--model", LITE), "--team", "search, growth")],
)
def test_a_missing_model_or_team_is_answered_with_those_configured(desk, given, option, configured):
    ended = cost_sentry("invoke", "hi", *given)

    assert ended.code == 2
    assert option in ended.stderr
    assert configured in " ".join(ended.stderr.split())


def test_with_json_stdout_is_the_whole_answer_and_nothing_else(desk):
    ended = cost_sentry(*CALL, "--json")

    assert ended.json == answered("hello")


def test_an_output_limit_that_was_lowered_is_shown_beside_the_one_asked_for(desk):
    lowered = answered(code="OUTPUT_LIMIT_LOWERED", maxTokens=300, maxTokensAsked=1000)
    desk.workflow = always(succeeded(lowered))

    assert "300 instead of 1000 tokens" in cost_sentry(*CALL).stderr


def test_a_rejection_is_exit_code_1_with_the_binding_budget_and_its_reset(desk):
    desk.workflow = always(succeeded({"sentry": refused_block()}))

    told, document = cost_sentry(*CALL), cost_sentry(*CALL, "--json")

    assert (told.code, document.code, told.stdout) == (1, 1, "")
    assert "search-daily (refused)" in told.stderr
    assert "2026-11-22 00:00 UTC" in told.stderr
    assert document.json == {"sentry": refused_block()}


def test_an_id_used_before_is_exit_code_1_with_what_it_cost_then(desk):
    replay = sentry_block(code="ALREADY_ANSWERED", message="answered before", replayed=True)
    desk.workflow = always(succeeded({"sentry": replay}))

    ended = cost_sentry(*CALL, "--request-id", "r1")

    assert ended.code == 1
    assert "$0.00000077" in ended.stderr


def test_malformed_fields_are_listed_with_what_is_allowed(desk):
    error = {"field": "tags.team", "problem": "there is no team 'x'", "allowed": "search, growth"}
    block = refused_block(code="UNKNOWN_TEAM", errors=[error])
    desk.workflow = always(succeeded({"sentry": {**block, "budgets": []}}))

    ended = cost_sentry(*CALL)

    assert ended.code == 1
    assert "there is no team 'x'" in ended.stderr
    assert "allowed: search, growth" in ended.stderr


@pytest.mark.parametrize(
    ("status", "advice"), [("VOIDED", "nothing was charged"), ("PENDING", "stays charged")]
)
def test_a_failed_call_is_exit_code_3_and_says_what_became_of_the_money(desk, status, advice):
    cause = {"message": "slow down", "sentry": sentry_block(status=status, costUsd=None)}
    desk.workflow = always(failed("BedrockRuntime.ThrottlingException", json.dumps(cause)))

    ended = cost_sentry(*CALL, "--json")

    error = ended.json["error"]
    assert ended.code == 3
    assert "ThrottlingException: slow down" in error["what"]
    assert advice in error["fix"]
    assert "cost-sentry explain r1" in error["fix"]
    assert error["sentry"]["status"] == status


def test_the_report_fits_80_columns_with_every_amount_whole(desk):
    long = {
        **REFUSED_BUDGET,
        "id": "a-budget-with-a-long-name-of-somebody-who-likes-them-long",
        "limit": "123456.789012345678",
        "left": "0.000000000001",
        "needed": "999999.99",
    }
    unseen = {
        **REFUSED_BUDGET,
        "limit": None,
        "left": None,
        "unit": "tokens",
        "needed": "123456789",
    }
    rungs = [
        {"modelId": f"us.anthropic.claude-sonnet-{n}-20250929-v1:0", "outcome": "refused by x" * 4}
        for n in range(3)
    ]
    block = refused_block(long, unseen, modelAsked="us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    desk.workflow = always(succeeded({"sentry": {**block, "rungs": rungs}}))

    report = cost_sentry(*CALL).stderr

    assert max(len(line) for line in report.splitlines()) <= 80
    assert "…" not in report
    for amount in ("$999,999.99", "$123,456.78", "123.457 M tok"):
        assert amount in report


def test_text_of_the_model_is_never_taken_for_markup_nor_broken_into_lines(desk):
    text = "[bold]not bold[/bold] :smile: " + "word " * 60
    desk.workflow = always(succeeded(answered(text)))

    assert cost_sentry(*CALL).stdout == text + "\n"


def test_what_is_no_text_is_shown_as_json(desk):
    tool = {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": "ü"}}}
    output = answered()
    output["output"]["message"]["content"] = [tool]
    desk.workflow = always(succeeded(output))

    assert json.loads(cost_sentry(*CALL).stdout) == tool
