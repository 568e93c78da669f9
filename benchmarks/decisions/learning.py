"""Logistic regression by Newton's method, in plain Python: columns of numbers, no matrices."""

from collections.abc import Sequence
from math import exp
from operator import mul

STEPS_MAX = 12
SMALL_STEP = 1e-5
LOGIT_MAX = 30

Column = Sequence[float]


def learned(
    columns: Sequence[Column], answers: Column, weights: Column, *, ridge: float, free: int
) -> list[float]:
    """The coefficient of each column.

    Args:
        columns: of the same length; an intercept is a column of ones.
        answers: 0 to 1, what is to be told from the columns.
        weights: how much each row counts.
        ridge: pulls coefficients to zero.
        free: so many of the first columns are not pulled.
    """
    found = [0.0] * len(columns)
    for _ in range(STEPS_MAX):
        chances = [_chance(logit) for logit in _logits(columns, found)]
        off = [w * (y - p) for w, y, p in zip(weights, answers, chances, strict=True)]
        curve = [w * max(p * (1 - p), 1e-9) for w, p in zip(weights, chances, strict=True)]
        slope = [_product(column, off) for column in columns]
        bend = _gram(columns, curve)
        for place in range(free, len(columns)):
            slope[place] -= ridge * found[place]
            bend[place][place] += ridge
        step = solved(bend, slope)
        found = [one + more for one, more in zip(found, step, strict=True)]
        if max(map(abs, step)) < SMALL_STEP:
            break
    return found


def solved(matrix: Sequence[Column], right: Column) -> list[float]:
    """The x of matrix · x = right, by elimination with the largest pivot."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place in range(size):
        best = max(range(place, size), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        for below in range(place + 1, size):
            factor = rows[below][place] / rows[place][place]
            rows[below] = [a - factor * b for a, b in zip(rows[below], rows[place], strict=True)]
    found = [0.0] * size
    for place in reversed(range(size)):
        known = _product(rows[place][place + 1 : size], found[place + 1 :])
        found[place] = (rows[place][size] - known) / rows[place][place]
    return found


def _logits(columns: Sequence[Column], coefficients: Column) -> list[float]:
    logits = [0.0] * len(columns[0])
    for column, coefficient in zip(columns, coefficients, strict=True):
        logits = [logit + coefficient * value for logit, value in zip(logits, column, strict=True)]
    return logits


def _chance(logit: float) -> float:
    return 1 / (1 + exp(-min(max(logit, -LOGIT_MAX), LOGIT_MAX)))


def _gram(columns: Sequence[Column], weights: Column) -> list[list[float]]:
    size = len(columns)
    found = [[0.0] * size for _ in range(size)]
    for row in range(size):
        weighted = list(map(mul, columns[row], weights))
        for column in range(row, size):
            found[row][column] = found[column][row] = _product(weighted, columns[column])
    return found


def _product(one: Column, other: Column) -> float:
    total: float = sum(map(mul, one, other))
    return total
