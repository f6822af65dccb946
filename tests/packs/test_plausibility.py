"""The simulated city against the real one: the same quality rules, the same bounds, and what goes with what.

Numbers of real series stand where they are used; a test that reads a real file is skipped where there is none.
"""

from __future__ import annotations

import csv
import io
import statistics
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rhinecloud.base.clock import SECOND
from rhinecloud.base.model import Flag
from rhinecloud.connect import Quality
from rhinecloud.kit import Kind, Model, Thing, World, moment, packs
from rhinecloud.kit.weather import sun_of_clear_sky
from rhinecloud.packs.parking.places import CAR_PARKS

HOUR = 3_600.0
DAY = 24 * HOUR
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
WORLD = World(7)
THINGS = {thing.device: thing for pack in packs() if pack.simulator for thing in pack.simulator(WORLD)}
MODEL = Model(kind for pack in packs() for kind in pack.types)
BERLIN = ZoneInfo("Europe/Berlin")
BAD = Flag.RANGE | Flag.JUMP | Flag.STUCK | Flag.TYPE | Flag.UNKNOWN


def _hours(device: str, name: str, start: float, hours: int) -> list[float]:
    return [float(THINGS[device].measure(start + hour * HOUR)[name]) for hour in range(hours)]


def _lag(first: Sequence[float], second: Sequence[float], most: int) -> int:
    """Hours by which the changes (over 6 hours) of the second series follow those of the first."""
    a, b = ([y - x for x, y in zip(s, s[6:], strict=False)] for s in (first, second))
    return max(range(most), key=lambda lag: statistics.correlation(a[: len(a) - lag], b[lag:]))


def _levels(samples: Path) -> dict[str, list[float]]:
    rows = list(
        csv.DictReader((samples / "water/pegelonline-rhine/pegelstaende_datawrapper.csv").open(encoding="utf-8"))
    )
    return {
        name: [float(r[name]) / 100 for r in rows if r[name] not in ("", "NA")] for name in rows[0] if name != "Datum"
    }


def _flags(kind: str, name: str, readings: Iterable[tuple[float, object]]) -> list[Flag]:
    """What quality says of a series, as the present would be told it."""
    iri = MODEL.terms[kind]
    check = Quality(MODEL).checker((iri,), next(a.iri for a in MODEL.attributes(iri) if a.name == name))
    found, old = [], None
    for at, value in readings:
        new = {"type": "GeoProperty" if name == "location" else "Property", "value": value}
        found.append(Flag(check(old, new, round(at) * SECOND, round(at) * SECOND)))
        old = new
    return found


@pytest.mark.parametrize("season", ["2026-02-03", "2026-07-14", "2026-10-30"])
def test_simulated_values_pass_the_quality_rules_of_real_ones(season: str) -> None:
    start = datetime.fromisoformat(season).replace(tzinfo=UTC).timestamp()
    for thing in [*THINGS.values()][::4]:
        told = [(start + step * 900, thing.measure(start + step * 900)) for step in range(4 * 48)]
        for name in told[0][1]:
            flags = _flags(thing.type, name, [(at, values[name]) for at, values in told if name in values])
            assert not any(flag & BAD for flag in flags), f"{thing.device}.{name}: {[f for f in flags if f & BAD][:3]}"


@pytest.mark.data
def test_real_levels_pass_the_same_rules(samples: Path) -> None:
    for levels in _levels(samples).values():
        flags = _flags("WaterObserved", "height", [(START + i * HOUR, level) for i, level in enumerate(levels)])
        assert not any(flag & BAD for flag in flags)


# ── the Rhine ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_rhine_has_the_discharge_of_the_rhine() -> None:
    # Ruhrort and Rees: mean 2,200 m³/s, mean lowest of a year 1,050, mean highest 6,500, ever 12,600 (GRDC, LANUV).
    flow = THINGS["gauge-ruhrort"].measure
    flows = [[flow(START + (365 * year + day) * DAY)["flow"] for day in range(365)] for year in range(-6, 1)]
    every = [value for year in flows for value in year]
    assert statistics.mean(every) == pytest.approx(2_100, rel=0.15)
    assert statistics.mean(map(min, flows)) == pytest.approx(950, rel=0.2)
    assert statistics.mean(map(max, flows)) == pytest.approx(6_000, rel=0.2)
    assert max(every) < 12_600
    late_winter = [v for y in flows for v in y[30:90]]
    autumn = [v for y in flows for v in y[240:300]]
    assert statistics.mean(late_winter) > 1.3 * statistics.mean(autumn)


def test_the_rhine_rises_and_falls_at_its_pace() -> None:
    # In January 1995 Ruhrort rose by some 1.5 m in a day; waves fall at half that pace.
    levels = [
        level
        for year in (-3, -2, -1)
        for level in _hours("gauge-ruhrort", "height", START + 365 * year * DAY, 365 * 24)
    ]
    rises = [b - a for a, b in zip(levels, levels[24:], strict=False)]
    assert 0.6 < max(rises) < 1.7
    assert -1.2 < min(rises) < -0.4
    assert max(abs(b - a) for a, b in pairwise(levels)) < 0.15


@pytest.mark.data
def test_a_wave_reaches_ruhrort_from_koeln_as_it_did_in_august_2026(samples: Path) -> None:
    real = _levels(samples)
    upstream, here = (_hours(device, "height", START, 24 * 60) for device in ("gauge-koeln", "gauge-ruhrort"))
    assert _lag(real["Koeln"], real["Duisburg-Ruhrort"], 36) in range(13, 19)  # 16 h
    assert _lag(upstream, here, 36) in range(13, 19)


def test_neighbouring_gauges_tell_of_the_same_wave() -> None:
    koeln, emmerich = (_hours(device, "height", START, 24 * 90) for device in ("gauge-koeln", "gauge-emmerich"))
    lag = _lag(koeln, emmerich, 48)
    assert lag == pytest.approx((851.9 - 688.0) / 6.0, abs=3)
    assert statistics.correlation(koeln[: len(koeln) - lag], emmerich[lag:]) > 0.99


def test_the_emscher_answers_to_rain_within_hours() -> None:
    # The real gauge in autumn 2024: up by 0.21 m an hour at most, half of a wave gone after half a day.
    levels = _hours("gauge-emscher-bahnstr", "height", START, 24 * 200)
    rain = [WORLD.weather(START + hour * HOUR).rain for hour in range(24 * 200)]
    steps = [b - a for a, b in pairwise(levels)]
    assert 0.08 < max(steps) < 0.35
    assert min(steps) > -0.12
    assert max(range(20), key=lambda lag: statistics.correlation(rain[: len(rain) - lag], levels[lag:])) in range(2, 16)


# ── weather and what depends on it ──────────────────────────────────────────────────────────────────────────────────


def test_the_climate_is_the_lower_rhine_s() -> None:
    # German weather service, Duisburg and Düsseldorf 1991 to 2020: 11.1 °C, 790 mm, 3.5 m/s, 1,040 kWh/m².
    hours = [WORLD.weather(START + hour * HOUR) for hour in range(-24 * 365 * 2, 24 * 365)]
    assert statistics.mean(w.temperature for w in hours) == pytest.approx(11.1, abs=0.8)
    assert sum(w.rain for w in hours) / 3 == pytest.approx(790, rel=0.25)
    assert statistics.mean(w.wind for w in hours) == pytest.approx(3.5, abs=0.5)
    assert sum(w.sun for w in hours) / 3_000 == pytest.approx(1_040, rel=0.1)
    assert statistics.mean(w.pressure for w in hours) == pytest.approx(1_016, abs=2)
    assert 0.06 < sum(w.rain > 0.05 for w in hours) / len(hours) < 0.15
    assert min(w.pressure for w in hours) > 965 and max(w.pressure for w in hours) < 1_055
    assert min(w.temperature for w in hours) > -20 and max(w.temperature for w in hours) < 41


@pytest.mark.data
def test_a_clear_sky_gives_as_much_sun_as_was_measured(samples: Path) -> None:
    # Münster/Osnabrück, 9 and 10 June 2023, both clear: 847 and 860 W/m² at noon, 305 and 333 over the day.
    with zipfile.ZipFile(samples / "weather/dwd/10minutenwerte_SOLAR_01766_akt.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode("latin-1")
    rows = [r for r in csv.reader(io.StringIO(text), delimiter=";") if r[1].strip().startswith("202306")]
    real = [(r[1], float(r[4]) * 10_000 / 600) for r in rows if float(r[4]) >= 0]
    clear = [sun_of_clear_sky(datetime.strptime(t, "%Y%m%d%H%M").replace(tzinfo=UTC).timestamp()) for t, _ in real]
    assert max(clear) == pytest.approx(max(value for _, value in real), rel=0.08)
    assert statistics.mean(clear) == pytest.approx(statistics.mean(value for _, value in real), rel=0.12)
    assert statistics.correlation(clear, [value for _, value in real]) > 0.98


def _days(value: Callable[[float], float], days: int, start: float = START) -> list[list[float]]:
    return [[value(start + day * DAY + hour * HOUR) for hour in range(24)] for day in range(days)]


def test_weather_goes_together() -> None:
    hours = [WORLD.weather(START + hour * HOUR) for hour in range(24 * 365)]
    assert statistics.correlation([w.pressure for w in hours], [w.wind for w in hours]) < -0.5
    assert statistics.correlation([w.pressure for w in hours], [w.rain for w in hours]) < -0.15
    swing = [max(d) - min(d) for d in _days(lambda at: WORLD.weather(at).temperature, 365)]
    sun = [statistics.mean(d) for d in _days(lambda at: WORLD.weather(at).sun, 365)]
    assert statistics.correlation(swing, sun) > 0.6  # days of sun are the days with warm noons and cool nights
    means = [statistics.mean(d) for d in _days(lambda at: WORLD.weather(at).temperature, 365)]
    assert statistics.correlation(means, sun) > 0.5


def test_rain_wets_the_soil() -> None:
    device = next(d for d, t in THINGS.items() if t.type == "GreenspaceRecord" and t.fixed["soilKind"] == "loam")
    water = [THINGS[device].measure(START + day * DAY)["soilMoistureVwc"] for day in range(120, 301)]
    rain = [sum(d) for d in _days(lambda at: WORLD.weather(at).rain, 180, START + 120 * DAY)]
    assert statistics.correlation(rain, [b - a for a, b in pairwise(water)]) > 0.6


def test_wind_clears_the_air_and_traffic_fouls_it() -> None:
    station = THINGS["air-kardinal-galen"].measure
    rush = [START + day * DAY + 7 * HOUR for day in range(365)]
    no2 = [station(at)["no2"] for at in rush]
    assert statistics.correlation(no2, [WORLD.weather(at).wind for at in rush]) < -0.35
    working = [v for at, v in zip(rush, no2, strict=True) if moment(at).day.kind is Kind.WORK]
    free = [v for at, v in zip(rush, no2, strict=True) if moment(at).day.kind is Kind.SUNDAY]
    assert statistics.mean(working) > 1.5 * statistics.mean(free)
    # As the state's network had it at the Kardinal-Galen-Straße in the 2020s: about 25 to 30 µg/m³ in the year's mean.
    assert statistics.mean(station(START + hour * HOUR)["no2"] for hour in range(0, 8760, 5)) == pytest.approx(
        24, abs=8
    )


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _parks(*visitors: str) -> list[Thing]:
    return [THINGS[device] for device, *_, who in CAR_PARKS if who in visitors]


def _filled(things: list[Thing], text: str) -> float:
    at = datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()
    return statistics.mean(thing.measure(at)["occupancy"] for thing in things)


@pytest.mark.data
def test_car_parks_fill_as_real_ones_did_on_a_thursday(samples: Path) -> None:
    real = _real_occupancy(samples / "parking/occupancy-series")
    inner_city = _parks("shops", "station", "evening", "patients")  # such as most of the real ones are
    simulated = [_filled(inner_city, f"2026-08-20T{hour:02}:30") for hour in range(24)]
    assert statistics.correlation(real, simulated) > 0.95
    assert max(simulated) == pytest.approx(max(real), abs=0.1)
    assert abs(simulated.index(max(simulated)) - real.index(max(real))) <= 2


def _real_occupancy(folder: Path) -> list[float]:
    """Mean share of places taken by local hour, of car parks with more than 50 places and a day of readings."""
    with (folder / "meta-data.csv").open(encoding="utf-8") as file:
        places = {r["place_id"]: float(r["num_all"] or 0) for r in csv.DictReader(file)}
    with (folder / "2026-08-20.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hours = [datetime.fromisoformat(row["timestamp"]).astimezone(BERLIN).hour for row in rows]
    curves = []
    for park in rows[0]:
        read = [(h, float(r[park])) for h, r in zip(hours, rows, strict=True) if r.get(park) and park in places]
        if places.get(park, 0) > 50 and len(read) > 60:
            shares = [(h, min(max(1 - free / places[park], 0.0), 1.0)) for h, free in read]
            curve = [[s for h, s in shares if h == hour] for hour in range(24)]
            means = [statistics.mean(found) if found else None for found in curve]
            known = [m for m in means if m is not None]
            if max(known) - min(known) > 0.1:
                curves.append(means)
    assert len(curves) > 80
    return [statistics.mean(c[hour] for c in curves if c[hour] is not None) for hour in range(24)]


def test_commuters_come_on_working_days_and_not_on_a_holiday() -> None:
    parks = _parks("commuters")
    assert _filled(parks, "2026-11-18T10:30") > 0.75
    assert _filled(parks, "2026-11-22T10:30") < 0.35
    assert _filled(parks, "2026-10-03T10:30") < 0.35  # a Saturday, and the national day
    assert _filled(parks, "2026-05-14T10:30") < 0.35  # Ascension, a Thursday


def test_a_match_fills_the_arena_and_is_heard() -> None:
    arena = _parks("match")
    days = [f"2026-09-{day:02}" for day in range(1, 31)]
    matches = [day for day in days if moment(datetime.fromisoformat(f"{day}T12:00+02:00").timestamp()).day.match]
    assert len(matches) == 2
    assert _filled(arena, f"{matches[0]}T14:30") > 0.8
    assert _filled(arena, "2026-09-08T14:30") < 0.25
    meter = min(
        (t for t in THINGS.values() if t.type == "NoiseLevelObserved"),
        key=lambda t: (t.location[0] - 6.778) ** 2 + (t.location[1] - 51.409) ** 2,
    )
    during = datetime.fromisoformat(f"{matches[0]}T15:00+02:00").timestamp()
    assert meter.measure(during)["LAeq"] > meter.measure(during - 7 * DAY)["LAeq"] + 5


def test_bays_are_taken_as_their_street_is() -> None:
    street = THINGS["street-koenigstrasse"]
    bays = [t for t in THINGS.values() if t.device.startswith("bay-koenigstrasse-")]
    at = datetime(2026, 11, 18, 12, tzinfo=BERLIN).timestamp()
    assert sum(b.measure(at)["status"] == "occupied" for b in bays) == street.measure(at)["occupiedSpotNumber"]
    minutes = [[b.measure(at + m * 60)["status"] for m in range(600)] for b in bays]
    changes = statistics.mean(sum(x != y for x, y in pairwise(states)) for states in minutes)
    assert 5 < changes < 40  # in ten hours
