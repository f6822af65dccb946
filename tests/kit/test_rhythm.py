"""Noise and rhythms: pure, smooth, seeded."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rhinecloud.kit import Noise, bell, hour_of_day, weekday


def test_noise_is_a_pure_function_of_seed_name_and_instant() -> None:
    assert Noise(1, "a", 60)(1234.5) == Noise(1, "a", 60)(1234.5)
    assert Noise(1, "a", 60)(1234.5) != Noise(2, "a", 60)(1234.5)
    assert Noise(1, "a", 60)(1234.5) != Noise(1, "b", 60)(1234.5)


def test_noise_is_bounded_smooth_and_about_zero() -> None:
    noise = Noise(7, "x", 100)
    values = [noise(float(t)) for t in range(0, 200_000, 5)]
    assert -1 <= min(values) < -0.8
    assert 0.8 < max(values) <= 1
    assert sum(values) / len(values) == pytest.approx(0, abs=0.05)
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.2


def test_noise_has_no_seam_before_1970() -> None:
    noise = Noise(7, "x", 100)
    assert noise(-0.001) == pytest.approx(noise(0.001), abs=1e-3)


def test_the_hour_is_the_city_s_also_when_summer_time_begins() -> None:
    assert hour_of_day(1_774_745_999) == pytest.approx(1.9997, abs=1e-3)  # 2026-03-29T00:59:59Z
    assert hour_of_day(1_774_746_000) == 3.0
    assert weekday(1_774_746_000) == 6


def test_a_bell_wraps_around_midnight() -> None:
    assert bell(23.5, 0.5, 1) == bell(1.5, 0.5, 1)
    assert bell(12, 12, 1) == 1
