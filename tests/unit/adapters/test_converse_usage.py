import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.converse_values import JSON_SCALARS

COUNTS = st.integers(0, 2**31 - 1)


def test_every_token_kind_that_converse_reports_is_read():
    usage = {
        "inputTokens": 10,
        "outputTokens": 20,
        "totalTokens": 160,
        "cacheReadInputTokens": 30,
        "cacheWriteInputTokens": 100,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 60}, {"ttl": "5m", "inputTokens": 40}],
    }

    assert parse_usage({"usage": usage}) == TokenUsage(
        input_tokens=10,
        output_tokens=20,
        cache_read_tokens=30,
        cache_write_5m_tokens=40,
        cache_write_1h_tokens=60,
    )


def test_cache_writes_without_details_are_five_minute_writes():
    usage = parse_usage(
        {"usage": {"inputTokens": 1, "outputTokens": 2, "cacheWriteInputTokens": 3}}
    )

    assert usage == TokenUsage(input_tokens=1, output_tokens=2, cache_write_5m_tokens=3)


def test_cache_writes_that_the_details_leave_out_are_taken_for_the_dearer_kind():
    usage = parse_usage(
        {
            "usage": {
                "inputTokens": 1,
                "outputTokens": 2,
                "cacheWriteInputTokens": 10,
                "cacheDetails": [{"ttl": "5m", "inputTokens": 4}],
            }
        }
    )

    assert usage is not None
    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (4, 6)


@given(COUNTS, COUNTS, st.lists(st.tuples(st.sampled_from(["5m", "1h"]), COUNTS), max_size=3))
def test_no_reported_cache_write_is_ever_lost(total, read, details):
    usage = parse_usage(
        {
            "usage": {
                "inputTokens": 0,
                "outputTokens": 0,
                "cacheReadInputTokens": read,
                "cacheWriteInputTokens": total,
                "cacheDetails": [{"ttl": ttl, "inputTokens": count} for ttl, count in details],
            }
        }
    )

    assert usage is not None
    written = usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    assert written == max(total, sum(count for _, count in details))


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        "12",
        {},
        {"inputTokens": 1},
        {"inputTokens": 1, "outputTokens": None},
        {"inputTokens": -1, "outputTokens": 1},
        {"inputTokens": 1.5, "outputTokens": 1},
        {"inputTokens": True, "outputTokens": 1},
        {"inputTokens": "1", "outputTokens": 1},
        {"inputTokens": 10**300, "outputTokens": 1},
        {"inputTokens": 1, "outputTokens": 1, "cacheReadInputTokens": -1},
        {"inputTokens": 1, "outputTokens": 1, "cacheDetails": 5},
        {"inputTokens": 1, "outputTokens": 1, "cacheDetails": [5]},
        {"inputTokens": 1, "outputTokens": 1, "cacheDetails": [{"ttl": [], "inputTokens": 1}]},
        {"inputTokens": 1, "outputTokens": 1, "cacheDetails": [{"ttl": "9h", "inputTokens": 1}]},
        {"inputTokens": 1, "outputTokens": 1, "cacheDetails": [{"ttl": "1h"}]},
    ],
)
def test_a_broken_usage_is_unknown_not_zero(usage):
    assert parse_usage({"usage": usage}) is None
    assert parse_usage({}) is None


@given(
    st.dictionaries(
        st.sampled_from(["inputTokens", "outputTokens", "cacheDetails", "cacheWriteInputTokens"]),
        JSON_SCALARS | st.lists(st.dictionaries(st.sampled_from(["ttl"]), JSON_SCALARS)),
    )
)
def test_reading_a_usage_never_fails(usage):
    parsed = parse_usage({"usage": usage})

    assert parsed is None or parsed.total_tokens >= 0
