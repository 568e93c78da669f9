"""The mail of a notice: what a person needs to act is what is seen first."""

import shlex
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.mail_text import (
    COLUMNS,
    LABEL_COLUMNS,
    SUBJECT_CHARACTERS_MAX,
    TEXT_COLUMNS,
    fitted,
)
from cost_sentry.domain.notice_mail import NoticeText, write_notice
from tests.fakes.builders import NOON

TEXT = NoticeText(
    subject="team search spends 9 x its usual rate",
    what="$4.10 a minute since 11:52 UTC, 9 x what is usual at this hour",
    whose="team search; most of it is search/web on amazon.nova-pro-v1:0",
    done="held to $0.90 a minute until 13:00 UTC",
    undo="cost-sentry incidents lift inc-20261121-1152-search",
    more=(("Evidence", "calls 9 x, tokens a call as usual " * 4),),
    tail=("A paragraph that is long enough to be wrapped. " * 4, "  cost-sentry incidents"),
)
said = st.text(max_size=200)


def notice(text):
    return write_notice(text, key="k", recipients=("a@example.com", "a@example.com"), at=NOON)


def test_what_whose_done_and_undo_are_the_first_four_lines():
    lines = notice(TEXT).body.splitlines()

    assert [line[:10].strip() for line in lines[:5]] == [
        "What:", "Whose:", "Done:", "Undo:", "Evidence:",
    ]  # fmt: skip
    assert lines[3].endswith("cost-sentry incidents lift inc-20261121-1152-search")


def test_who_is_named_twice_gets_one_mail():
    assert notice(TEXT).recipients == ("a@example.com",)


@given(st.builds(NoticeText, subject=said, what=said, whose=said, done=said, undo=said))
def test_whatever_callers_choose_as_names_the_mail_is_plain_and_its_first_lines_are_kept(text):
    made = notice(text)

    assert made.subject.isascii()
    assert made.subject.isprintable()
    assert len(made.subject) <= SUBJECT_CHARACTERS_MAX
    lines = made.body.removesuffix("\n").split("\n")
    assert all(line.isascii() and len(line) <= COLUMNS for line in lines)
    labels = [line[:LABEL_COLUMNS].strip() for line in lines]
    first = [label for label in ("What:", "Whose:", "Done:", "Undo:") if label in labels]
    assert labels[: len(first)] == first, "each takes one line at the most"


@given(st.text("abc", min_size=71, max_size=300))
def test_what_does_not_fit_into_its_line_stands_whole_below(name):
    lines = notice(replace(TEXT, what=f"{name} could not be woken", more=())).body.splitlines()

    assert lines[0].endswith("could not be woken")
    assert lines[3].startswith("Undo:")
    assert name in "".join(line[LABEL_COLUMNS:].strip() for line in lines[4:])


def test_a_name_is_shortened_in_its_middle_and_what_is_said_of_it_is_kept():
    endpoint = "huggingface-pytorch-tgi-inference-2026-11-29-15-20-33-123-blue"

    short = fitted(f"{endpoint} could not be woken", 70)

    assert short.startswith("huggingface-pytorch-tgi-")
    assert short.endswith("-123-blue could not be woken")
    assert len(short) == 70


def test_nothing_is_left_that_a_mail_program_makes_a_link_of():
    assert (
        fitted("see https://x.example or WWW.x.example", 70)
        == "see https:_x.example or www_x.example"
    )


def test_a_long_label_and_its_text_do_not_run_together():
    assert "In 2026-11: $0.00" in notice(replace(TEXT, more=(("In 2026-11", "$0.00"),))).body


def test_a_line_that_begins_with_blanks_is_kept_and_others_are_wrapped():
    lines = notice(TEXT).body.splitlines()

    assert lines[-1] == "  cost-sentry incidents"
    assert max(map(len, lines)) <= COLUMNS


@given(
    st.text("abc-", min_size=1, max_size=300).map(lambda name: f"x{name}"),
    st.sampled_from(["", " --reason 'all is well'"]),
)
def test_a_command_is_never_cut_and_does_in_a_shell_what_it_says(name, tail):
    command = f"cost-sentry endpoint wake {name}{tail}"

    lines = notice(replace(TEXT, undo=command)).body.splitlines()

    next_label = next(place for place in range(4, len(lines)) if lines[place][0] != " ")
    undo = [line[LABEL_COLUMNS:] for line in lines[3:next_label]]
    assert lines[3].startswith("Undo:     cost-sentry ")
    as_a_shell_reads = "\n".join(undo).replace("\\\n", "")
    assert shlex.split(as_a_shell_reads) == shlex.split(command)
    assert all(len(line) <= TEXT_COLUMNS or " " not in line[: -len(" \\")] for line in undo)
    assert "Undo:" not in "".join(lines[4:]), "what stands whole is not said again"
