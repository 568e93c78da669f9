"""A file of requests as calls in the order of their times."""

import json
from datetime import timedelta

import pytest

from cost_sentry.application.simulated_call import DURATION_ASSUMED, CallEnd
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.problems import Problem
from cost_sentry_client.simulation import call_file
from cost_sentry_client.simulation.call_file import LINE_BYTES_MAX, read_calls, source_of
from tests.fakes.builders import NOON

PLAIN = {"modelId": "m", "tags": {"team": "search"}, "inputTokens": 5}
USED = {"inputTokens": 5, "outputTokens": 1}


@pytest.fixture
def file(tmp_path):
    def write(*lines):
        path = tmp_path / "calls.jsonl"
        texts = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
        path.write_bytes(b"\n".join(texts))
        return path

    return write


def read(path, *, skip_bad=False):
    return read_calls(path, now=NOON, skip_bad=skip_bad, progress=lambda _: None)


def refused(path, **how):
    with pytest.raises(Problem) as caught:
        read(path, **how)
    return caught.value


def test_calls_come_in_the_order_of_their_times_whatever_the_lines_order(file):
    path = file(
        {**PLAIN, "at": "2026-11-21T12:00:09Z"},
        {**PLAIN, "at": "2026-11-21T12:00:03Z", "usage": USED},
    )

    first, second = read(path).calls

    assert [one.request.request_id for one in (first, second)] == ["line-2", "line-1"]
    assert (first.end, second.end) == (CallEnd.SETTLED, CallEnd.UNKNOWN)


def test_a_line_that_does_not_say_when_comes_when_the_one_before_has_ended(file):
    path = file(
        PLAIN, {**PLAIN, "durationSeconds": 8}, PLAIN, {**PLAIN, "at": "2026-11-21T13:00:00Z"}
    )

    found = read(path)

    ends = [DURATION_ASSUMED, DURATION_ASSUMED + timedelta(seconds=8), timedelta(hours=1)]
    assert [one.at - NOON for one in found.calls] == [timedelta(0), *ends]
    assert found.untimed == 3
    assert any("3 lines do not say when" in note for note in source_of(found).notes)


def test_blank_lines_and_a_mark_of_utf_8_are_no_lines(file):
    path = file(b"\xef\xbb\xbf" + json.dumps(PLAIN).encode(), b"", b"  \r", PLAIN)

    assert [one.request.request_id for one in read(path).calls] == ["line-1", "line-4"]


def test_a_bad_line_stops_before_anything_is_decided_and_all_of_them_are_named(file):
    path = file(PLAIN, {**PLAIN, "at": 1}, b"{", {**PLAIN, "tags": {}})

    problem = refused(path)

    assert problem.what == "3 lines are not a call; nothing was decided"
    places = [line.split(": ")[0] for line in problem.where.splitlines()]
    assert places == [f"{path}:2", f"{path}:3", f"{path}:4"]
    assert problem.where.splitlines()[0].startswith(f"{path}:2: at: is 1; allowed: ISO 8601")
    assert "--skip-bad" in problem.fix
    assert problem.exit_code is ExitCode.REFUSED
    assert problem.details["badLines"] == 3


def test_of_many_bad_lines_the_first_are_named_and_all_are_counted(file):
    problem = refused(file(*[b"{"] * 50))

    assert problem.details["badLines"] == 50
    assert len(problem.details["problems"]) == call_file.PROBLEMS_SHOWN_MAX


def test_bad_lines_may_be_counted_and_left_out(file):
    found = read(file(b"{", PLAIN, {}), skip_bad=True)

    assert (len(found.calls), found.bad_lines) == (1, 2)
    assert source_of(found).notes[0] == "Left out: 2 bad lines."


def test_a_line_that_is_longer_than_any_request_is_passed_over_without_being_kept(file):
    long = b'{"x": "' + b"a" * (3 * LINE_BYTES_MAX) + b'"}'

    found = read(file(long, PLAIN), skip_bad=True)

    assert [one.request.request_id for one in found.calls] == ["line-2"]
    assert f"at most {LINE_BYTES_MAX} bytes" in found.problems[0]


def test_a_file_without_a_call_is_refused(file):
    assert "no call in the file" in refused(file(b"")).what
    assert "no call in the file" in refused(file(b"{"), skip_bad=True).what


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    assert "no such file" in refused(tmp_path / "none.jsonl").what
    assert "is a directory" in refused(tmp_path).what


def test_more_calls_than_fit_into_memory_are_refused(file, monkeypatch):
    monkeypatch.setattr(call_file, "CALLS_MAX", 2)

    assert "too many calls" in refused(file(PLAIN, PLAIN, PLAIN)).what


def test_equal_tags_are_kept_once(file):
    first, second = read(file(PLAIN, PLAIN)).calls

    assert first.request.tags is second.request.tags


def test_prompts_that_are_held_by_their_bytes_are_told(file):
    text = {**PLAIN, "messages": [{"role": "user", "content": [{"text": "Hello."}]}]}
    del text["inputTokens"]

    assert any("held by their bytes" in note for note in source_of(read(file(text))).notes)
    assert not any("their bytes" in note for note in source_of(read(file(PLAIN))).notes)
