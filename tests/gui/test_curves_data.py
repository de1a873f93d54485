"""The numbers behind the curves, against slow and obvious references."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.app.panels.curve_data import Growing, RunCurves, Series, SmoothedSeries, Smoother, bounds

numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))
chunks = st.lists(st.lists(numbers, max_size=70), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(allow_nan=True), max_size=3000), max_size=6))
def test_a_growing_buffer_holds_what_was_appended(parts: list[list[float]]) -> None:
    growing = Growing()
    for part in parts:
        growing.extend(part)
    everything = [value for part in parts for value in part]
    assert len(growing) == len(everything)
    np.testing.assert_array_equal(growing.values, everything)


def test_appending_to_a_growing_buffer_copies_each_number_a_constant_number_of_times() -> None:
    growing = Growing()
    copied, buffer = 0, growing._buffer
    for _ in range(20_000):
        growing.extend([1.0])
        if growing._buffer is not buffer:
            buffer = growing._buffer
            copied += len(growing)
    assert copied < 2.1 * 20_000


@settings(max_examples=60, deadline=None)
@given(chunks, st.integers(1, 200))
def test_smoothing_in_packets_is_the_debiased_moving_average(parts: list[list[float]], span: int) -> None:
    smoother = Smoother(span)
    found = np.concatenate([smoother.smooth(np.array(part)) for part in parts] or [np.empty(0)])
    keep, total, weight, expected = 1 - 2 / (span + 1), 0.0, 0.0, []
    for value in (v for part in parts for v in part):
        known = np.isfinite(value)
        total = keep * total + (1 - keep) * (value if known else 0)
        weight = keep * weight + (1 - keep) * known
        expected.append(total / weight if weight else np.nan)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_a_span_of_one_is_the_raw_curve() -> None:
    values = np.random.default_rng(0).normal(size=500)
    np.testing.assert_array_equal(Smoother(1).smooth(values), values)


def _series(parts: list[list[float]]) -> Series:
    series = Series()
    for part in parts:
        start = len(series)
        series.append(np.arange(start + 1, start + 1 + len(part)), part)
    return series


@settings(max_examples=80, deadline=None)
@given(chunks, st.floats(0, 900), st.floats(0, 900), st.integers(1, 40))
def test_what_is_visible_keeps_every_peak(parts: list[list[float]], a: float, b: float, pixels: int) -> None:
    series = _series(parts)
    start, end = min(a, b), max(a, b)
    x, y = series.visible(start, end, pixels)
    assert np.all(np.diff(x) > 0)
    assert len(x) <= 4 * pixels + 4 * (len(series) // max(pixels, 1)) + 4
    inside = series.y[(series.x >= start) & (series.x <= end)]
    finite = inside[np.isfinite(inside)]
    if finite.size:
        assert np.nanmin(y) <= finite.min() and np.nanmax(y) >= finite.max()
    known = y[np.isfinite(y)]
    assert np.isin(known, series.y).all()


def test_a_million_points_become_a_few_thousand() -> None:
    series = Series()
    series.append(np.arange(1_000_000), np.random.default_rng(0).random(1_000_000))
    x, y = series.visible(0, 1_000_000, 1000)
    assert 2000 <= len(x) <= 4096
    assert y.min() == series.y.min() and y.max() == series.y.max()


def test_few_points_are_drawn_as_they_are() -> None:
    series = _series([[3.0, 1.0, 2.0]])
    np.testing.assert_array_equal(series.visible(0, 10, 500)[1], [3.0, 1.0, 2.0])


@settings(max_examples=60, deadline=None)
@given(chunks, st.integers(0, 400), st.lists(numbers, max_size=50), st.integers(1, 40))
def test_a_truncated_series_is_as_if_the_rest_had_never_been(
    parts: list[list[float]], size: int, more: list[float], span: int
) -> None:
    values = [value for part in parts for value in part]
    series, fresh = SmoothedSeries(span), SmoothedSeries(span)
    series.append(np.arange(len(values)), values)
    series.truncate(size)
    kept = min(size, len(values))
    fresh.append(np.arange(kept), values[:kept])
    for one in (series, fresh):
        one.append(np.arange(kept, kept + len(more)), more)
    for one, other in zip(series.visible(0, 1e9, 10), fresh.visible(0, 1e9, 10), strict=True):
        np.testing.assert_allclose(one, other)


def test_the_value_at_a_place_is_that_of_the_last_point_before_it() -> None:
    series = Series()
    series.append([1, 2, 5], [10.0, np.nan, 30.0])
    assert [series.at(x) for x in (0.5, 1, 1.9, 2, 4, 5, 99)] == [None, 10, 10, None, None, 30, 30]


def test_a_resumed_run_takes_the_place_of_what_it_does_again() -> None:
    curves = RunCurves(4)
    curves.add_steps(range(1, 11), np.full(10, 1.0), np.full(10, 50.0), np.full(10, 0.1))
    curves.add_epoch(5, 1.0, 50.0, 1.1, 55.0)
    curves.add_epoch(10, 1.0, 50.0, 1.1, 52.0)
    curves.add_steps(range(6, 9), np.full(3, 2.0), np.full(3, 60.0), np.full(3, 0.2))
    assert curves.training_loss.raw.y.tolist() == [1] * 5 + [2] * 3
    assert curves.learning_rate.x.tolist() == list(range(1, 9))
    assert curves.validation_error.x.tolist() == [5]
    assert curves.last_iteration == 8


def test_every_number_is_in_the_csv_with_errors_as_shares() -> None:
    curves = RunCurves()
    curves.iterations_per_epoch = 2
    curves.add_steps([1, 2, 3], [2.5, 2.25, 2.0], [90.0, 80.0, 70.0], [0.1, 0.1, 0.01])
    curves.add_epoch(2, 2.375, 85.0, 2.4, 81.5)
    file = io.StringIO()
    curves.table().write_csv(file)
    assert file.getvalue().splitlines() == [
        "iteration,epoch,training_loss,training_error,learning_rate,epoch_training_loss,epoch_training_error,"
        "validation_loss,validation_error",
        "1,0.5,2.5,0.9,0.1,,,,",
        "2,1,2.25,0.8,0.1,2.375,0.85,2.4,0.815",
        "3,1.5,2,0.7,0.01,,,,",
    ]


@pytest.mark.parametrize(
    ("values", "positive", "expected"),
    [
        ([], False, None),
        ([np.nan], False, None),
        ([-1.0, np.inf, 2.0], False, (-1, 2)),
        ([-1.0, 0.5], True, (0.5, 0.5)),
    ],
)
def test_bounds_leave_out_what_cannot_be_drawn(values: list[float], positive: bool, expected: object) -> None:
    assert bounds([np.array(values)], positive=positive) == expected
