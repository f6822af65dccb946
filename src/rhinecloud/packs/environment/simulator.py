"""The simulated stations: one weather, one river, and what each station sees of them from where it stands.

Everything is a pure function of the instant. The weather is the kit's, shared with the other packs; waters are in
`river.py`; soil, air and noise follow from weather, traffic and events. It is no forecast of anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from rhinecloud.kit import Kind, Moment, Noise, Thing, World, bell, chance

from . import places, sites
from .indices import LEVELS, air_quality_index, day_evening_night_level
from .river import Brook, River, Ruhr, level_elsewhere, level_to_discharge
from .soil import KINDS as SOILS
from .soil import Soil

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

Measure = Callable[[float], dict[str, Any]]


def things(world: World) -> tuple[Thing, ...]:
    """Every simulated station of this pack."""
    return (*_gauges(world), *_weather_stations(world), *_air(world), *_noise(world), *_soil(world))


def _thing(
    kind: str, place: tuple[str, str, float, float], district: str, interval_s: float, measure: Measure, **fixed: Any
) -> Thing:
    device, name, lon, lat = place
    area = {"areaServed": district} if district else {}
    return Thing(
        device=device,
        name=name,
        type=kind,
        entity=f"urn:ngsi-ld:{kind}:{device.partition('-')[2]}",
        location=(lon, lat),
        interval_s=interval_s,
        measure=measure,
        fixed={"dataProvider": "Rhine Cloud demo (simulated)", **area, **fixed},
    )


# ── waters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _gauges(world: World) -> Iterator[Thing]:
    river, ruhr = River(world), Ruhr(world)
    for device, name, lon, lat, km, mean, below, above, number, mark_1, mark_2, district in places.RHINE:
        fixed = {"waterBody": "Rhein", "riverKilometre": km, "meanLevel": mean}
        fixed |= {"stationCode": number} if number else {}
        fixed |= {"floodMark1": mark_1, "floodMark2": mark_2} if mark_1 else {}
        measure = _rhine(river, world.noise(device, 2 * HOUR), km, mean, below, above)
        if number == "2770010":
            measure = _foretold(measure, river, world.noise(f"{device}/forecast", 7 * HOUR))
        yield _thing("WaterObserved", (device, name, lon, lat), district, 60, measure, **fixed)
    for device, name, lon, lat, zero, lag_h, district in places.HARBOUR:
        water = name.partition(",")[0]
        yield _thing(
            "WaterObserved", (device, name, lon, lat), district, 60, _basin(river, zero, lag_h), waterBody=water
        )
    for device, name, lon, lat, usual, rise, district in places.RUHR:
        measure = _weir(ruhr, world.noise(device, 0.7 * HOUR), usual, rise)
        yield _thing("WaterObserved", (device, name, lon, lat), district, 60, measure, waterBody=name.partition(",")[0])
    brooks: dict[float, Brook] = {}
    for device, name, lon, lat, water, usual, rise, half_h, district in places.BROOKS:
        brook = brooks.setdefault(half_h, Brook(world, half_h * HOUR))
        measure = _brook(brook, world.noise(device, HOUR), usual, rise)
        yield _thing("WaterObserved", (device, name, lon, lat), district, 120, measure, waterBody=water)


def _rhine(river: River, noise: Noise, km: float, mean: float, below: float, above: float) -> Measure:
    lag_s = (km - places.RUHRORT_KM) / 6.0 * HOUR

    def measure(at: float) -> dict[str, Any]:
        level = level_elsewhere(river, at, km, mean, below, above)
        return {
            "height": _round(level + river.ripple(at - lag_s) + 0.006 * noise(at), 2, 0.02, 13.5),
            "flow": round(level_to_discharge(river.level(at - lag_s))),
            "waterTemperature": round(_water_temperature(at) + 0.3 * noise(at), 1),
        }

    return measure


def _foretold(measure: Measure, river: River, noise: Noise) -> Measure:
    """With what a flood centre would expect, two days ahead and made anew each hour; the farther, the less sure."""

    @lru_cache(8)
    def expected(made: float) -> tuple[dict[str, Any], ...]:
        steps = []
        for hours in range(3, 49, 3):
            miss = 0.035 * math.sqrt(hours)
            value = river.level(made + hours * HOUR) + miss * noise(made + hours * 977)
            at = datetime.fromtimestamp(made + hours * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            low, high = round(value - 1.3 * miss, 2), round(value + 1.3 * miss, 2)
            steps.append({"at": at, "value": round(value, 2), "low": low, "high": high})
        return tuple(steps)

    return lambda at: measure(at) | {"heightForecast": list(expected(at // HOUR * HOUR))}


def _basin(river: River, zero: float, lag_h: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        return {"height": _round(river.level(at - lag_h * HOUR) + zero + 0.5 * river.ripple(at), 2, 0.02, 13.5)}

    return measure


def _weir(ruhr: Ruhr, noise: Noise, usual: float, rise: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        discharge = ruhr.discharge(at)
        told: dict[str, Any] = {"height": round(usual + 0.03 * noise(at) + rise * (discharge - 60), 2)}
        return told | {"flow": round(discharge)} if rise else told

    return measure


def _brook(brook: Brook, noise: Noise, usual: float, rise: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        return {"height": round(usual + 0.01 * noise(at) + rise * brook.load(at), 2)}

    return measure


def _water_temperature(at: float) -> float:
    """The Rhine's, °C: 5 in early February, 23 in early August."""
    return 13.8 - 8.8 * math.cos(2 * math.pi * (at / DAY % 365.2425 - 34) / 365.2425)


# ── weather and soil ────────────────────────────────────────────────────────────────────────────────────────────────


def _weather_stations(world: World) -> Iterator[Thing]:
    for device, name, lon, lat, warmer, windy, district in places.WEATHER:
        measure = _weather(world, world.noise(device, HOUR), warmer, windy)
        yield _thing("WeatherObserved", (device, name, lon, lat), district, 30, measure, stationName=name)


def _weather(world: World, noise: Noise, warmer: float, windy: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        weather, odd = world.weather(at), noise(at)
        temperature = weather.temperature + warmer + 0.4 * odd
        humidity = _within(weather.humidity - 0.01 * warmer + 0.02 * odd, 0.15, 1)
        wind, gust = weather.wind * windy, weather.gust * windy
        slot = at // 600 * 600
        fallen = [world.weather(slot - back * 600).rain / 6 * (1 + 0.3 * odd) for back in range(6)]
        return {
            "temperature": round(temperature, 1),
            "feelsLikeTemperature": round(feels_like(temperature, humidity, wind), 1),
            "relativeHumidity": round(humidity, 2),
            "dewPoint": round(_dew_point(temperature, humidity), 1),
            "atmosphericPressure": round(weather.pressure + 0.15 * odd, 1),
            "precipitation": round(fallen[0], 1),  # over ten minutes
            "precipitationLastHour": round(sum(fallen), 1),
            "windSpeed": round(wind, 1),
            "gustSpeed": round(max(wind, gust), 1),
            "windDirection": round(weather.direction + 6 * odd) % 360,
            "solarRadiation": round(weather.sun),
        }

    return measure


def _dew_point(temperature: float, humidity: float) -> float:
    """°C, by the Magnus formula (valid from -45 to 60 °C)."""
    gamma = math.log(max(humidity, 0.01)) + 17.62 * temperature / (243.12 + temperature)
    return 243.12 * gamma / (17.62 - gamma)


def feels_like(temperature: float, humidity: float, wind: float) -> float:
    """°C: wind chill in the cold, sultriness in the heat, the air's own temperature in between.

    Source: Steadman (1994) apparent temperature without radiation, as the Bureau of Meteorology uses it, above 20 °C;
    Environment Canada, wind chill index (2001), below 10 °C and above 1.3 m/s.
    """
    if temperature < 10 and wind > 1.3:
        pull = math.pow(3.6 * wind, 0.16)
        return 13.12 + 0.6215 * temperature - 11.37 * pull + 0.3965 * temperature * pull
    if temperature > 20:
        vapour = humidity * 6.105 * math.exp(17.27 * temperature / (237.7 + temperature))
        felt = temperature + 0.33 * vapour - 0.7 * wind - 4.0
        return felt + (temperature - felt) * max(0.0, 1 - (temperature - 20) / 4)
    return temperature


def _soil(world: World) -> Iterator[Thing]:
    soil = Soil(world)
    for number, (slug, name, lon, lat, district) in enumerate((*sites.SOIL, *places.PARKS)):
        device = f"soil-{slug}"
        kind = SOILS[number % len(SOILS)] if number < len(sites.SOIL) else SOILS[1]
        noise, wetter = world.noise(device, 3 * DAY), 0.10 * (2 * chance(world.seed, device) - 1)

        def measure(at: float, kind: str = kind, noise: Noise = noise, wetter: float = wetter) -> dict[str, Any]:
            return soil.reading(kind, at, wetter + 0.03 * noise(at))

        title = f"Boden {name}" if number >= len(sites.SOIL) else f"Boden Schule {name}"
        yield _thing(
            "GreenspaceRecord", (device, title, lon, lat), district, 300, measure, soilKind=kind, soilDepth=0.3
        )


# ── traffic, air and noise ──────────────────────────────────────────────────────────────────────────────────────────


def traffic(now: Moment) -> float:
    """How much traffic there is, 0 to about 1: two rush hours on working days, one broad noon on the others."""
    hour, day = now.hour, now.day
    if day.kind is Kind.WORK:
        pupils = 1.0 if day.school else 0.8
        return 0.08 + pupils * 0.75 * bell(hour, 7.8, 1.3) + 0.45 * bell(hour, 12.5, 3) + 0.72 * bell(hour, 17, 1.8)
    return 0.08 + (0.55 if day.kind is Kind.SATURDAY else 0.36) * bell(hour, 14.5, 3.6)


def _air(world: World) -> Iterator[Thing]:
    for device, name, lon, lat, cars, industry, district in places.AIR:
        measure = _air_station(world, device, (lon, lat), cars, industry, whole=True)
        yield _thing("AirQualityObserved", (device, name, lon, lat), district, 60, measure, typeOfLocation="outdoor")
    for slug, name, lon, lat, district in sites.AIR:
        device = f"air-{slug}"
        cars = 0.15 + 0.6 * chance(world.seed, f"{device}/cars")
        measure = _air_station(world, device, (lon, lat), cars, smelt(lon, lat), whole=False)
        yield _thing(
            "AirQualityObserved", (device, f"Luft {name}", lon, lat), district, 90, measure, typeOfLocation="outdoor"
        )


def smelt(lon: float, lat: float) -> float:
    """How much of the large plants a place smells, 0 to 1."""
    nearest = 0.0
    for east, north, reach_km in places.PLANTS:
        km2 = ((lon - east) * 69.4) ** 2 + ((lat - north) * 110.6) ** 2
        nearest = max(nearest, math.exp(-0.5 * km2 / reach_km**2))
    return 0.1 + 0.85 * nearest


def _air_station(
    world: World, device: str, place: tuple[float, float], cars: float, industry: float, *, whole: bool
) -> Measure:
    """A station of the network (`whole`), or a small sensor that knows particles and NO₂."""
    noise = world.noise(device, 2 * HOUR)
    slow = world.noise(f"{device}/slow", 9 * HOUR)

    def measure(at: float) -> dict[str, Any]:
        weather, moving = world.weather(at), traffic(world.moment(at)) * cars
        still = 2.4 / (1.1 + weather.wind)  # still air keeps what is put into it
        washed = 1 / (1 + 0.4 * weather.rain)
        heating = max(0.0, 12 - weather.temperature) / 12
        smoke = sum(e.shape(at) * e.strength * e.reach(*place) for e in world.events.of("fire", at))
        no2 = (11 + 62 * moving + 8 * industry + 6 * heating) * still * (1 + 0.2 * noise(at)) + 0.12 * smoke
        pm10 = (8 + 8 * moving + 13 * industry + 7 * heating) * still * washed * (1 + 0.2 * slow(at)) + smoke
        pm25 = pm10 * (0.6 + 0.06 * noise(at))
        told: dict[str, Any] = {"no2": round(no2), "pm10": round(pm10), "pm25": round(pm25)}
        if whole:
            o3 = 38 + 0.085 * weather.sun + 1.5 * (weather.temperature - 10) - 0.7 * no2
            told["o3"] = round(_within(o3, 2, 260))
            told["no"] = round(no2 * 0.35 * (0.4 + moving))
            told["so2"] = round((2 + 9 * industry) * still * (1 + 0.2 * slow(at)) + 0.05 * smoke)
        index = air_quality_index(**{name: value for name, value in told.items() if name != "no"})
        return told | {"airQualityIndex": index, "airQualityLevel": LEVELS[index - 1]}

    return measure


STADIUM: Final = (6.7780, 51.4090)


def _noise(world: World) -> Iterator[Thing]:
    for device, name, lon, lat, quiet, rise, source, area, district in places.NOISE:
        meter = _meter(world, device, (lon, lat), quiet, rise)
        place = device, name, lon, lat
        yield _thing("NoiseLevelObserved", place, district, 20, meter, noiseSource=source, areaKind=area)
    for slug, name, lon, lat, district in sites.NOISE:
        device = f"noise-{slug}"
        street, plant = chance(world.seed, f"{device}/street"), smelt(lon, lat)
        meter = _meter(world, device, (lon, lat), 37 + 7 * street + 6 * plant, 9 + 9 * street)
        source = "plant" if plant > 0.6 else "traffic"
        area = "residential" if street < 0.45 else "mixed"
        place = device, f"Lärm {name}", lon, lat
        yield _thing("NoiseLevelObserved", place, district, 30, meter, noiseSource=source, areaKind=area)


def _meter(world: World, device: str, place: tuple[float, float], quiet: float, rise: float) -> Measure:
    noise = world.noise(device, 150)
    crowd = math.exp(-0.5 * (((place[0] - STADIUM[0]) * 69.4) ** 2 + ((place[1] - STADIUM[1]) * 110.6) ** 2) / 1.2**2)
    known: tuple[int, dict[str, Any]] = (0, {})  # the day, and its levels

    def street(now: Moment) -> float:
        # Ten times the cars are ten decibels more.
        return quiet + rise * (1 + math.log10(_within(traffic(now), 0.08, 1.2)))

    def measure(at: float) -> dict[str, Any]:
        nonlocal known
        now, weather = world.moment(at), world.weather(at)
        if known[0] != now.day.number:
            known = now.day.number, _day_levels([street(Moment(float(hour), now.day)) for hour in range(24)])
        level = street(now) + 1.6 * noise(at)
        level = _louder(level, 30 + 1.35 * weather.gust)  # wind in trees and at the microphone
        if weather.rain > 0.2:
            level += min(4.0, 1.2 * math.log10(1 + 5 * weather.rain))  # wet roads
        if now.day.match and crowd > 0.02:
            level = _louder(level, 78 * bell(now.hour, 14.9, 2.2) + 10 * math.log10(crowd))
        return {"LAeq": round(level, 1), "LAmax": round(level + 7 + 4 * abs(noise(at + 77_777)), 1), **known[1]}

    return measure


def _day_levels(hours: list[float]) -> dict[str, Any]:
    """Lden and Lnight of a day's 24 hourly levels."""
    night = _mean_level([*hours[22:], *hours[:6]])
    lden = day_evening_night_level(_mean_level(hours[6:18]), _mean_level(hours[18:22]), night)
    return {"Lden": round(lden, 1), "Lnight": round(night, 1)}


def _mean_level(levels: list[float]) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels) / len(levels))


def _louder(one: float, other: float) -> float:
    """Two noises together, dB."""
    return 10 * math.log10(10 ** (one / 10) + 10 ** (other / 10))


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _round(value: float, digits: int, low: float, high: float) -> float:
    return round(_within(value, low, high), digits)
