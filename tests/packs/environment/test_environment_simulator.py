"""The environment's small models, against figures worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rhinecloud.kit import World, event
from rhinecloud.packs.environment import places
from rhinecloud.packs.environment.river import Brook, River, Ruhr, discharge_to_level, level_elsewhere
from rhinecloud.packs.environment.river import level_to_discharge as discharge
from rhinecloud.packs.environment.simulator import feels_like, smelt, things
from rhinecloud.packs.environment.soil import KINDS, Soil

DAY = 86_400.0
HOUR = 3_600.0
WINTER = 1_768_500_000.0  # 2026-01-15


def test_discharge_meets_known_pairs_at_ruhrort() -> None:
    assert discharge(11.66) == pytest.approx(11_600, rel=0.05)  # 31.01.1995
    assert discharge(4.0) == pytest.approx(2_240, rel=0.05)
    assert discharge(1.43) == pytest.approx(640, rel=0.05)
    assert discharge_to_level(discharge(6.7)) == pytest.approx(6.7)


def test_a_flood_by_command_rises_to_the_level_asked_for_and_falls_more_slowly() -> None:
    calm = River(World(7))
    river = River(World(7, [event("flood", WINTER, strength=10.2)]))
    levels = [river.level(WINTER + hour * HOUR) for hour in range(9 * 24)]
    crest = levels.index(max(levels))
    assert max(levels) == pytest.approx(10.2, abs=0.02)
    assert crest / 24 == pytest.approx(9 * 0.36, abs=0.3)
    assert max(abs(b - a) for a, b in pairwise(levels)) < 0.2
    assert river.level(WINTER - 1) == calm.level(WINTER - 1)
    assert river.level(WINTER + 9 * DAY) == calm.level(WINTER + 9 * DAY)


def test_a_crest_passes_all_gauges_downstream_at_the_pace_of_a_wave() -> None:
    gauges = {t.device: t for t in things(World(7, [event("flood", WINTER)]))}
    crests = []
    for device, _, _, _, km, *_ in places.RHINE:
        levels = [gauges[device].measure(WINTER + DAY + q * 900)["height"] for q in range(4 * 24 * 6)]
        crests.append((km, levels.index(max(levels)) / 4))
    (first_km, first_h), (last_km, last_h) = crests[0], crests[-1]
    assert (last_km - first_km) / (last_h - first_h) == pytest.approx(6.0, rel=0.15)
    for km, hour in crests:  # the top of a wave is flat, and ships pass
        assert hour - first_h == pytest.approx((km - first_km) / 6.0, abs=2.5)


def test_every_gauge_of_the_rhine_stands_at_its_mean_when_ruhrort_does() -> None:
    class Mean:
        def level(self, at_s: float) -> float:
            return places.RUHRORT_MEAN

    for device, _, _, _, km, mean, below, above, *_ in places.RHINE:
        assert level_elsewhere(Mean(), 0, km, mean, below, above) == mean, device  # type: ignore[arg-type]


def test_koeln_in_low_water_is_where_it_was_in_august_2026() -> None:
    class Low:
        def level(self, at_s: float) -> float:
            return 1.43

    _, _, _, _, km, mean, below, above, *_ = places.RHINE[0]
    assert level_elsewhere(Low(), 0, km, mean, below, above) == pytest.approx(0.62, abs=0.08)  # type: ignore[arg-type]


def test_what_remembers_gives_the_same_whatever_was_asked_before() -> None:
    at = WINTER + 3 * DAY
    fresh, used = River(World(7)), River(World(7))
    for day in range(0, 700, 7):
        used.level(WINTER - 300 * DAY + day * DAY)
    assert used.level(at) == pytest.approx(fresh.level(at), abs=1e-3)


def test_a_downpour_fills_the_brooks_within_hours_and_the_ruhr_within_a_day() -> None:
    dry, wet = World(7), World(7, [event("downpour", WINTER)])
    brooks = Brook(dry, 10 * HOUR), Brook(wet, 10 * HOUR)
    rise = [brooks[1].load(WINTER + h * HOUR) - brooks[0].load(WINTER + h * HOUR) for h in range(24)]
    assert 1 <= rise.index(max(rise)) <= 8
    assert max(rise) > 0.8
    assert rise[-1] < 0.5 * max(rise)
    flows = [Ruhr(dry).discharge(WINTER + day * DAY) for day in range(365)]
    assert 18 <= min(flows) < 45
    assert 250 < max(flows) < 1_000


def test_rain_fills_the_soil_and_a_dry_july_empties_it() -> None:
    soil = Soil(World(7))
    year = [[soil.reading(kind, WINTER + day * DAY, 0.0) for day in range(365)] for kind in KINDS]
    for readings in year:
        water = [reading["plantAvailableWater"] for reading in readings]
        assert 0 <= min(water) < 60
        assert 85 < max(water) <= 145
        assert sum(water[30:60]) > sum(water[170:200])


def test_wind_makes_the_cold_colder_and_damp_makes_the_heat_hotter() -> None:
    assert feels_like(-5, 0.8, 8.3) == pytest.approx(-13, abs=1)  # 30 km/h: Environment Canada's table
    assert feels_like(15, 0.6, 3) == 15
    assert feels_like(33, 0.6, 1) > 36


def test_a_place_beside_the_steelworks_smells_it() -> None:
    assert smelt(6.735, 51.488) > 0.9
    assert smelt(6.80, 51.43) < 0.15


def test_smoke_reaches_who_is_near() -> None:
    fire = event("fire", WINTER, place=(6.7607, 51.5049))
    stations = {t.device: t for t in things(World(7, [fire]))}
    at = WINTER + 1.2 * HOUR
    assert stations["air-marxloh"].measure(at)["pm10"] > 150
    assert stations["air-marxloh"].measure(at)["airQualityIndex"] == 5
    assert stations["air-buchholz"].measure(at)["pm10"] < 80
