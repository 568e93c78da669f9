"""What a simulation takes for granted, in sentences; whoever reads its figures reads these."""

from collections.abc import Iterator
from fractions import Fraction

from cost_sentry.application.config_changes import refuse_new_measure
from cost_sentry.application.simulated_call import Assumed
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.simulation.comparison import Comparison
from cost_sentry_client.simulation.source import CallSource

_EMPTY = "Both ledgers start empty."
_SAME_TOKENS = (
    "A call that is rerouted uses as many tokens of the other model, and runs as long; an answer"
    " that is shortened ends there."
)
_CACHES = (
    "Caches start empty. The same request of an application is one with the same digest; an answer"
    " is kept when its call has ended."
)
_NO_FAILURES = (
    "`circuitBreaker` and `retries` are not simulated: no model fails here, but where the recorded"
    " call did in the end."
)
_NO_OUTAGE = "Calls that are set aside for outages hold no money here."


def assumptions(
    source: CallSource,
    comparison: Comparison,
    before: SentryConfig,
    after: SentryConfig,
    price_version: str,
) -> Iterator[str]:
    """One sentence or two for each."""
    yield from source.notes
    if not source.posted:
        yield _EMPTY
    yield from _unknown(comparison.assumed, len(source.calls))
    yield _SAME_TOKENS
    if _has_cache(before) or _has_cache(after):
        yield from _of_caches(comparison.assumed, len(source.calls))
    yield f"Both pay the prices of {price_version}."
    if before.emergency_allowances or after.emergency_allowances:
        yield _NO_OUTAGE
    if any(one.circuit_breaker or one.retries for one in (before, after)):
        yield _NO_FAILURES
    tally = comparison.tally
    if tally.recorded:
        yield (
            f"Of {tally.recorded:,} recorded decisions the configuration before makes"
            f" {tally.recorded_alike:,} again."
        )
    try:
        refuse_new_measure(before, after)
    except ConfigurationError as error:
        yield f"`config apply` would refuse the new configuration: {error}."


def _unknown(assumed: Assumed, calls: int) -> Iterator[str]:
    if assumed.usage_unknown == calls:
        yield "No call says what it used: each costs the most that it can, all that it holds."
    elif assumed.usage_unknown:
        yield (
            f"{_silent(assumed.usage_unknown)} what was used. Such a call, where it runs, uses"
            f" {_percent(assumed.input_share)} of the tokens that its prompt is bounded by and"
            f" {_percent(assumed.output_share)} of its output limit, as the others do together."
        )
    if assumed.answer_cut:
        yield (
            f"{_answers(assumed.answer_cut)} at an output limit that was lowered, or was the"
            " default: nobody knows how long it would be. With more room such an answer uses as"
            " much of its limit as longer ones together do that had the limit they asked for, all"
            " of it if none is longer, and takes at least the mean time. Lowered answers have no"
            " part in what is said here of others' answers and times."
        )
    if assumed.duration_unknown:
        took = f"{assumed.duration.total_seconds():.1f} s"
        as_others = "" if assumed.duration_unknown == calls else ", the mean of the others"
        yield f"{_silent(assumed.duration_unknown)} how long it took: {took}{as_others}."


def _has_cache(config: SentryConfig) -> bool:
    applications = (one for team in config.teams.values() for one in team.applications.values())
    return any(one.answer_cache for one in applications)


def _of_caches(assumed: Assumed, calls: int) -> Iterator[str]:
    yield _CACHES
    if assumed.whole_limit:
        some = "1 call" if assumed.whole_limit == 1 else f"{assumed.whole_limit:,} calls"
        yield f"{some} used the whole output limit: taken to be cut short, so not kept in a cache."
    if assumed.text_unknown:
        some = "All calls lack" if assumed.text_unknown == calls else _lack(assumed.text_unknown)
        yield f"{some} messages, so nobody knows whether they are asked again: no hits of those."
    if assumed.temperature_unknown:
        yield (
            f"{_silent(assumed.temperature_unknown)} at which temperature: answered from a cache"
            " only where answers of any temperature are kept. There may be more hits."
        )


def _answers(calls: int) -> str:
    return "1 answer ended" if calls == 1 else f"{calls:,} answers ended"


def _lack(calls: int) -> str:
    return "1 call lacks" if calls == 1 else f"{calls:,} calls lack"


def _silent(calls: int) -> str:
    return "1 call does not say" if calls == 1 else f"{calls:,} calls do not say"


def _percent(share: Fraction) -> str:
    return f"{round(share * 100)} %"
