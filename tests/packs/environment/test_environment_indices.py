"""The environment's figures, against examples worked out by hand."""

from __future__ import annotations

import pytest

from rhinecloud.packs.environment.indices import (
    air_quality_index,
    day_evening_night_level,
    plant_available_water,
)


def test_the_worst_pollutant_decides_the_air_quality_index() -> None:
    assert air_quality_index(no2=10, pm10=9, pm25=5, o3=24, so2=10) == 1
    assert air_quality_index(no2=11, pm10=9, pm25=5, o3=24) == 2
    assert air_quality_index(no2=10, pm10=28) == 3
    assert air_quality_index(o3=145, no2=5) == 4
    assert air_quality_index(pm25=51, no2=5) == 5


def test_a_concentration_is_rounded_before_it_is_classed() -> None:
    assert air_quality_index(no2=30.4) == 2
    assert air_quality_index(no2=30.6) == 3


def test_an_even_day_is_louder_by_its_evening_and_night() -> None:
    # 60 dB all day: 10 lg((12 + 4 × 3.1623 + 8 × 10) / 24) = 6.395 dB more.
    assert day_evening_night_level(60, 60, 60) == pytest.approx(66.4, abs=0.01)
    # 5 dB less in the evening and 10 in the night make it even again.
    assert day_evening_night_level(60, 55, 50) == pytest.approx(60.0, abs=0.01)


def test_plant_available_water_is_a_share_of_the_usable_field_capacity() -> None:
    assert plant_available_water(0.20, 0.08, 0.28) == pytest.approx(60)
    assert plant_available_water(0.05, 0.08, 0.28) == 0
    assert plant_available_water(0.30, 0.08, 0.28) == pytest.approx(110)
