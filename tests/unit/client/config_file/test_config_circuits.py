"""What `sentry.yaml` says of unwell models: defaults, bounds, and what is easily misread."""

import pytest

from cost_sentry.application.config_document import config_from_document
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.retry import RetryRules
from tests.fakes.sentry_files import GOOD, load, problems


def test_without_either_nobody_watches_and_nothing_is_tried_again(file):
    loaded = load(file, GOOD)

    assert (loaded.config.circuit_breaker, loaded.config.retries) == (None, None)
    assert not {"circuitBreaker", "retries"} & loaded.document.keys()


def test_empty_ones_have_the_defaults(file):
    config = load(file, f"{GOOD}circuitBreaker: {{}}\nretries: {{}}\n").config

    assert config.circuit_breaker == CircuitRules()
    assert config.retries == RetryRules(percent=10, attempts_max=2)


def test_what_is_named_is_what_the_sentry_decides_by(file):
    breaker = "{failures: 3, failurePercent: 20, withinSeconds: 60, openSeconds: 90}"
    text = f"{GOOD}circuitBreaker: {breaker}\nretries: {{percent: 4, attemptsMax: 3}}\n"

    loaded = load(file, text)

    rules = CircuitRules(failures=3, failure_percent=20, within_seconds=60, open_seconds=90)
    assert loaded.config.circuit_breaker == rules
    assert loaded.config.retries == RetryRules(percent=4, attempts_max=3)
    assert config_from_document(loaded.document) == loaded.config


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("retries: {percent: 11}", "retries.percent", "at most 10"),
        ("retries: {percent: -1}", "retries.percent", "at least 0"),
        ("retries: {attemptsMax: 1}", "retries.attemptsMax", "at least 2"),
        ("retries: {attemptsMax: 4}", "retries.attemptsMax", "at most 3"),
        ("circuitBreaker: {failures: 0}", "circuitBreaker.failures", "at least 1"),
        ("circuitBreaker: {failurePercent: 101}", "circuitBreaker.failurePercent", "at most 100"),
        ("circuitBreaker: {withinSeconds: 5}", "circuitBreaker.withinSeconds", "at least 15"),
        ("circuitBreaker: {openSeconds: 1.5}", "circuitBreaker.openSeconds", ""),
        ("circuitBreaker: {after: 3}", "circuitBreaker.after", ""),
        ("circuitBreaker:", "circuitBreaker", "circuitBreaker: {}"),
        ("retries: ~", "retries", "retries: {}"),
    ],
)
def test_what_cannot_be_meant_is_named_with_what_is_allowed(file, text, field, allowed):
    (problem,) = problems(file, f"{GOOD}{text}\n")

    assert problem.field == field
    assert allowed in problem.allowed
