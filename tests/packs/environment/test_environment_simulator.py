"""The environment's small models, against figures worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rhinecloud.kit import World
from rhinecloud.packs.environment.simulator import River, Sky, discharge, quality_index, things

DAY = 86_400.0
WINTER = 1_768_500_000.0  # 2026-01-15


def test_discharge_meets_known_pairs_at_ruhrort() -> None:
    assert discharge(11.66) == pytest.approx(11_600, rel=0.05)  # 31.01.1995
    assert discharge(4.0) == pytest.approx(2_240, rel=0.05)
    assert discharge(1.43) == pytest.approx(640, rel=0.05)


def test_the_river_never_jumps_and_shows_high_and_low_water_over_the_years() -> None:
    river = River(7)
    hours = [river.level(WINTER + hour * 3600) for hour in range(24 * 365 * 2)]
    assert max(abs(b - a) for a, b in pairwise(hours)) < 0.2
    assert min(hours) < 2.6
    assert max(hours) > 5.5


def test_a_wave_passes_upstream_gauges_before_downstream_ones() -> None:
    gauges = {t.device: t for t in things(World(7))}
    up, down = gauges["gauge-muendelheim"], gauges["gauge-walsum"]
    at = WINTER
    assert up.measure(at)["height"] - 0.35 == pytest.approx(down.measure(at + 7 * 3600)["height"] + 0.15, abs=0.05)


def test_nights_have_no_sun_and_july_has_more_than_january() -> None:
    sky = Sky(7)
    midnight = 1_783_549_800.0  # 2026-07-08T22:30Z, half past midnight
    assert sky.sun_w_m2(midnight) == 0
    july = sum(sky.sun_w_m2(midnight + h * 3600) for h in range(240))
    january = sum(sky.sun_w_m2(WINTER + h * 3600) for h in range(240))
    assert july > 3 * january


def test_the_worst_pollutant_decides_the_index() -> None:
    assert quality_index(no2=10, pm10=10, pm25=5, o3=30) == 1
    assert quality_index(no2=20, pm10=20, pm25=10, o3=60) == 1
    assert quality_index(no2=41, pm10=10, pm25=5, o3=30) == 3
    assert quality_index(no2=10, pm10=10, pm25=51, o3=30) == 5
