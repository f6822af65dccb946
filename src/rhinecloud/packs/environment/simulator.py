"""An honest small model of the environment: one weather, one river, and stations that see both from where they stand.

Everything is a pure function of the instant: the weather's fronts and the river's waves are smooth seeded noise, the
rest follows from them (rain → Emscher, wind → how fast exhaust disperses, sun → ozone). It is no forecast of anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rhinecloud.kit import Noise, Thing, World, bell, day_of_year, hour_of_day, weekday

from . import places

HOUR = 3600.0
DAY = 24 * HOUR

Measure = Callable[[float], dict[str, Any]]


def things(world: World) -> tuple[Thing, ...]:
    """Every simulated station of this pack."""
    seed = world.seed
    sky, river = Sky(seed), River(seed)
    made: list[Thing] = []
    for device, name, lon, lat, zero, lag_h in (*places.RHINE, *places.HARBOUR):
        flowing = (device, name, lon, lat, zero, lag_h) in places.RHINE
        made.append(_thing("WaterObserved", device, name, lon, lat, 60, _rhine(river, zero, lag_h * HOUR, flowing)))
    for device, name, lon, lat, usual, rise in places.OTHER_WATER:
        made.append(
            _thing(
                "WaterObserved", device, name, lon, lat, 60, _tame(sky, Noise(seed, device, 0.7 * HOUR), usual, rise)
            )
        )
    for device, name, lon, lat, warmer, windy in places.WEATHER:
        made.append(
            _thing(
                "WeatherObserved", device, name, lon, lat, 30, _weather(sky, Noise(seed, device, HOUR), warmer, windy)
            )
        )
    for device, name, lon, lat, traffic, industry in places.AIR:
        made.append(
            _thing(
                "AirQualityObserved",
                device,
                name,
                lon,
                lat,
                60,
                _air(sky, Noise(seed, device, 2 * HOUR), traffic, industry),
            )
        )
    for device, name, lon, lat, quiet, rise in places.NOISE:
        made.append(
            _thing("NoiseLevelObserved", device, name, lon, lat, 20, _noise(Noise(seed, device, 90), quiet, rise))
        )
    return tuple(made)


def _thing(kind: str, device: str, name: str, lon: float, lat: float, interval_s: float, measure: Measure) -> Thing:
    return Thing(
        device=device,
        name=name,
        type=kind,
        entity=f"urn:ngsi-ld:{kind}:{device.partition('-')[2]}",
        location=(lon, lat),
        interval_s=interval_s,
        measure=measure,
        fixed={"dataProvider": "Rhine Cloud demo (simulated)"},
    )


class Sky:
    """The weather over the whole city."""

    def __init__(self, seed: int) -> None:
        self._front = Noise(seed, "front", 2.5 * DAY)
        self._shower = Noise(seed, "shower", 2.2 * HOUR)
        self._warm = Noise(seed, "warm", 4 * DAY)
        self._gust = Noise(seed, "gust", 400)
        self._turn = Noise(seed, "turn", 1.5 * DAY)

    def cloud(self, at: float) -> float:
        """Cover of the sky, 0 to 1."""
        return _within(0.55 + 0.55 * self._front(at) + 0.2 * self._shower(at), 0, 1)

    def rain_mm_h(self, at: float) -> float:
        """Rain falls where a front and a shower meet."""
        wet = self._front(at) + 0.7 * self._shower(at) - 0.75
        return 6.0 * wet if wet > 0 else 0.0

    def temperature(self, at: float) -> float:
        """Open land, °C."""
        season = -math.cos(2 * math.pi * (day_of_year(at) - 20) / 365)  # -1 in late January, 1 in late July
        swing = (2.2 + 1.8 * (season + 1)) * (1 - 0.6 * self.cloud(at))
        return 10.8 + 8.0 * season + 4.0 * self._warm(at) + swing * math.cos(2 * math.pi * (hour_of_day(at) - 15) / 24)

    def wind(self, at: float) -> float:
        """Mean wind over open land, m/s."""
        return _within(3.6 + 2.6 * self._front(at) + 0.8 * self._shower(at), 0.3, 25)

    def gust(self, at: float) -> float:
        return self.wind(at) * (1.55 + 0.25 * self._gust(at))

    def direction(self, at: float) -> float:
        """Where the wind comes from, degrees; here mostly from the south-west."""
        return (235 + 75 * self._turn(at) + 8 * self._gust(at)) % 360

    def pressure(self, at: float) -> float:
        return 1015 - 14 * self._front(at) + 4 * self._warm(at)

    def humidity(self, at: float) -> float:
        dry = 0.018 * (self.temperature(at) - 10.8)
        return _within(0.76 + 0.14 * self._front(at) - dry + 0.03 * self.rain_mm_h(at), 0.22, 1)

    def sun_w_m2(self, at: float) -> float:
        """Global radiation on flat ground at 51.4° north: a clear sky after Haurwitz (1945), less what clouds keep."""
        tilt = math.radians(-23.44) * math.cos(2 * math.pi * (day_of_year(at) + 10) / 365)
        turn = math.radians(15 * ((at / HOUR + 6.77 / 15) % 24 - 12))  # true noon is where the sun is in the south
        latitude = math.radians(51.43)
        height = math.sin(latitude) * math.sin(tilt) + math.cos(latitude) * math.cos(tilt) * math.cos(turn)
        if height <= 0:
            return 0.0
        return 1_098 * height * math.exp(-0.057 / height) * (1 - 0.75 * self.cloud(at) ** 2)


class River:
    """The Rhine at Ruhrort, where its level is the sum of slow waves from upstream."""

    def __init__(self, seed: int) -> None:
        self._wave = Noise(seed, "wave", 9 * DAY)
        self._surge = Noise(seed, "surge", 3 * DAY)
        self._ships = Noise(seed, "ships", 420)

    def level(self, at: float) -> float:
        """Metres above the gauge's zero; more in winter, as the river has it."""
        season = 0.5 * math.cos(2 * math.pi * (day_of_year(at) - 20) / 365)
        wave = self._wave(at)
        return 3.7 + season + 1.3 * wave + (0.9 * wave**3 if wave > 0 else 0.0) + 0.35 * self._surge(at)

    def ripple(self, at: float) -> float:
        """What passing ships do to the level, m."""
        return 0.015 * self._ships(at)


def discharge(level: float) -> float:
    """m³/s at a level at Ruhrort, m: 640 at 1.43, 2,240 at 4.0 (about the mean), 11,400 at 11.66 (about 31.01.1995)."""
    return float(134 * (level + 1) ** 1.75)


def _rhine(river: River, zero: float, lag_s: float, flowing: bool) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        level = river.level(at - lag_s) + zero
        told: dict[str, Any] = {"height": round(_within(level + river.ripple(at - lag_s), 1.2, 12.9), 2)}
        if flowing:
            told["flow"] = round(discharge(level - zero))
        return told

    return measure


def _tame(sky: Sky, noise: Noise, usual: float, rise: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        # What fell over the last hours, the latest most of all.
        fallen = sum(sky.rain_mm_h(at - back * 1800) * 0.8**back for back in range(10)) / 10
        return {"height": round(_within(usual + 0.03 * noise(at) + rise * fallen / (fallen + 1.5), 1.05, 12), 2)}

    return measure


def _weather(sky: Sky, noise: Noise, warmer: float, windy: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        temperature = sky.temperature(at) + warmer + 0.4 * noise(at)
        humidity = _within(sky.humidity(at) - 0.01 * warmer + 0.02 * noise(at), 0.2, 1)
        wind = sky.wind(at) * windy
        return {
            "temperature": round(temperature, 1),
            "relativeHumidity": round(humidity, 2),
            "dewPoint": round(_dew_point(temperature, humidity), 1),
            "atmosphericPressure": round(sky.pressure(at) + 0.2 * noise(at), 1),
            "precipitation": round(sky.rain_mm_h(at) / 6, 1),  # over ten minutes
            "windSpeed": round(wind, 1),
            "gustSpeed": round(max(wind, sky.gust(at) * windy), 1),
            "windDirection": round(sky.direction(at) + 6 * noise(at)) % 360,
            "solarRadiation": round(sky.sun_w_m2(at)),
        }

    return measure


def _dew_point(temperature: float, humidity: float) -> float:
    """°C, by the Magnus formula (valid from -45 to 60 °C)."""
    gamma = math.log(max(humidity, 0.01)) + 17.62 * temperature / (243.12 + temperature)
    return 243.12 * gamma / (17.62 - gamma)


def traffic(at: float) -> float:
    """How much traffic there is, 0 to about 1: two rush hours on working days, one broad noon at the weekend."""
    hour = hour_of_day(at)
    if weekday(at) < 5:
        return 0.08 + 0.75 * bell(hour, 7.8, 1.3) + 0.45 * bell(hour, 12.5, 3) + 0.75 * bell(hour, 17, 1.8)
    return 0.08 + (0.55 if weekday(at) == 5 else 0.4) * bell(hour, 14.5, 3.6)


def _air(sky: Sky, noise: Noise, traffic_share: float, industry_share: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        still = 2.4 / (1.2 + sky.wind(at))  # still air keeps what is put into it
        washed = 1 / (1 + 0.5 * sky.rain_mm_h(at))
        cars = traffic(at) * traffic_share
        no2 = (9 + 44 * cars + 5 * industry_share) * still * (1 + 0.2 * noise(at))
        pm10 = (11 + 9 * cars + 15 * industry_share) * still * washed * (1 + 0.25 * noise(at))
        pm25 = pm10 * (0.58 + 0.06 * noise(at))
        o3 = _within(38 + 0.11 * sky.sun_w_m2(at) + 1.3 * (sky.temperature(at) - 10) - 0.7 * no2, 2, 240)
        index = quality_index(no2=no2, pm10=pm10, pm25=pm25, o3=o3)
        return {
            "no2": round(no2),
            "no": round(no2 * 0.35 * (0.4 + cars)),
            "pm10": round(pm10),
            "pm25": round(pm25),
            "o3": round(o3),
            "so2": round((2 + 9 * industry_share) * still * (1 + 0.2 * noise(at + 9_999))),
            "airQualityIndex": index,
            "airQualityLevel": LEVELS[index - 1],
        }

    return measure


LEVELS = ("very good", "good", "moderate", "poor", "very poor")
_STEPS = {"no2": (20, 40, 100, 200), "pm10": (20, 35, 50, 100), "pm25": (10, 20, 25, 50), "o3": (60, 120, 180, 240)}


def quality_index(**concentrations: float) -> int:
    """The index of the German environment agency (UBA): 1 very good to 5 very poor; the worst pollutant counts.

    Args:
        concentrations: µg/m³ of no2, pm10, pm25, o3.
    Source: Umweltbundesamt, Luftqualitätsindex, classes of 2019.
    """
    return 1 + max(sum(value > step for step in _STEPS[name]) for name, value in concentrations.items())


def _noise(noise: Noise, quiet: float, rise: float) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        # Ten times the cars are ten decibels more.
        level = quiet + rise * (1 + math.log10(_within(traffic(at), 0.1, 1.2))) + 1.8 * noise(at)
        return {"LAeq": round(level, 1), "LAmax": round(level + 7 + 4 * abs(noise(at + 77_777)), 1)}

    return measure


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
