"""How far a scope may be from what is usual by chance."""

import random

import pytest

from cost_sentry.domain.burn_minutes import Use
from cost_sentry.domain.burn_noise import FIRST_NOISE, Noise, noise_after


def hour(chance, *, calls=60, cost=10**9, swing=1.0):
    uses = []
    for minute in range(60):
        number = max(round(chance.gauss(calls, calls**0.5)), 0)
        factor = swing if minute // 5 % 2 else 1 / swing
        uses.append(Use(number, round(number * cost * factor), number * 1_000))
    return uses


def after(hours, usually=60 * 10**9 * 5):
    noise = FIRST_NOISE
    for uses in hours:
        noise = noise_after(noise, uses, [usually] * 12)
    return noise


def test_calm_hours_make_bars_lower_and_wild_ones_higher():
    chance = random.Random(1)

    calm = after(hour(chance) for _ in range(300))
    wild = after(hour(chance, swing=2) for _ in range(300))

    for calls in (1, 30, 1_000):
        first = FIRST_NOISE.of_money(calls, 5, FIRST_NOISE.level)
        assert calm.of_money(calls, 5, calm.level) < first
        assert wild.of_money(calls, 5, wild.level) > first
    assert calm.of_cost(100, 5) < wild.of_cost(100, 5)


@pytest.mark.parametrize("deviations", [3, 5])
def test_few_calls_may_be_further_off_than_many(deviations):
    bars = [FIRST_NOISE.of_calls(calls, deviations, 0) for calls in (0, 1, 10, 100, 10_000)]

    assert bars == sorted(bars, reverse=True)
    assert bars[-1] == pytest.approx(1, abs=0.1)


def test_no_number_of_calls_averages_out_how_the_level_wanders():
    noise = Noise(level=90)

    assert noise.of_money(10**9, 4, noise.level) == pytest.approx(1 + 4 * 0.3, abs=0.01)


def test_one_dear_call_among_cheap_ones_is_no_surprise_where_it_happened_before():
    chance = random.Random(2)
    uses = [hour(chance) for _ in range(200)]
    for number, one in enumerate(uses):
        one[number % 60] = one[number % 60]._replace(picodollars=10**12)

    mixed, plain = after(uses), after(hour(chance) for _ in range(200))

    assert mixed.of_money(20, 5, 0) > 2 * plain.of_money(20, 5, 0)


def test_an_hour_with_few_calls_teaches_nothing():
    assert noise_after(FIRST_NOISE, [Use(0, 0, 0)] * 60, ()) == FIRST_NOISE
    assert noise_after(FIRST_NOISE, [Use(1, 10**12, 5)] + [Use(0, 0, 0)] * 59, ()) == FIRST_NOISE


def test_what_is_learned_is_whole_numbers_within_bounds():
    chance = random.Random(3)
    wild = after([hour(chance, swing=50)] * 100)

    assert all(isinstance(part, int) for part in wild)
    assert wild.cost_level <= 400
    assert wild.level <= 400
    assert wild.hour_level <= 250
