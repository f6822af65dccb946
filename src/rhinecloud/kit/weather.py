"""One weather over the whole city, for every pack: what depends on rain, wind, warmth or sun asks here.

A chain of fronts (smooth seeded noise of some days) makes pressure, cloud, rain and wind together, so that they go
together; the seasons and the sun do the rest. It is like the Lower Rhine's in its means and extremes, and no forecast.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from .calendar import moment
from .events import Events
from .rhythm import Noise, bell

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_LATITUDE: Final = math.radians(51.43)
_LONGITUDE: Final = 6.77
_KEPT: Final = 4096


class Weather(msgspec.Struct, frozen=True):
    """Over open land, 2 m above ground (wind: 10 m)."""

    temperature: float  # °C
    humidity: float  # 0 to 1
    pressure: float  # hPa, at sea level
    wind: float  # m/s, mean of ten minutes
    gust: float  # m/s
    direction: float  # degrees from which it comes
    cloud: float  # 0 to 1
    rain: float  # mm/h
    sun: float  # W/m² on flat ground
    front: float  # what makes it all: below -1 a high, above 1 a deep low


class Sky:
    """The weather as a function of time."""

    def __init__(self, seed: int, events: Events) -> None:
        self._events = events
        self._front = Noise(seed, "front", 2.3 * _DAY)
        self._trough = Noise(seed, "trough", 0.9 * _DAY)
        self._regime = Noise(seed, "regime", 15 * _DAY)
        self._shower = Noise(seed, "shower", 1.7 * _HOUR)
        self._cell = Noise(seed, "cell", 0.9 * _HOUR)
        self._air = Noise(seed, "air", 4.2 * _DAY)
        self._spell = Noise(seed, "spell", 19 * _DAY)
        self._gust = Noise(seed, "gust", 420)
        self._turn = Noise(seed, "turn", 1.5 * _DAY)
        self._known: dict[float, Weather] = {}

    def at(self, at_s: float) -> Weather:
        """The weather at an instant; asked again for the same one it costs nothing."""
        found = self._known.get(at_s)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[at_s] = self._made(at_s)
        return found

    def front(self, at_s: float) -> float:
        """What the fronts over western Europe do; the basins of Rhine and Ruhr follow it too."""
        return 0.95 * self._front(at_s) + 0.5 * self._trough(at_s) + 0.5 * self._regime(at_s)

    def _made(self, at_s: float) -> Weather:
        now = moment(at_s)
        season = summer(now.day.of_year)
        front, shower = self.front(at_s), self._shower(at_s)
        storm = self._events.strongest("storm", at_s)
        heat = self._events.strongest("heat", at_s)
        cloud = _within(0.66 + 0.5 * front + 0.22 * shower + 0.06 * (1 - season) - 0.12 * heat, 0, 1)
        clear_sky = sun_of_clear_sky(at_s)
        sun = clear_sky * (1 - 0.8 * cloud**2)
        temperature = self._temperature(at_s, now.hour, season, cloud, front) + heat
        rain = self._rain(at_s, front, shower, season, now.hour) + storm / 9
        rain += self._events.strongest("downpour", at_s)
        if heat > 1:
            rain *= 0.1
        temperature -= min(4.0, 0.5 * rain) * (0.4 + 0.3 * season)
        wind = 3.5 + 1.8 * front + 6.5 * max(0.0, front - 0.6) ** 1.5 * (1.45 - 0.55 * season) + 0.5 * shower
        wind = _within(wind * (1 + 0.18 * (sun / 800) - 0.1) + storm * 0.5, 0.3, 28)
        gust = wind * (1.65 + 0.22 * self._gust(at_s)) + (2.5 if rain > 8 else 0.0)
        return Weather(
            temperature=temperature,
            humidity=self._humidity(temperature, front, rain, sun),
            pressure=1016 - 17 * front * (1.3 - 0.35 * season) + 4 * self._air(at_s) - 0.7 * storm,
            wind=wind,
            gust=max(gust, storm),
            direction=(228 + 80 * self._turn(at_s) + 22 * _within(front, -1, 1)) % 360,
            cloud=cloud,
            rain=rain,
            sun=sun,
            front=front,
        )

    def _temperature(self, at_s: float, hour: float, season: float, cloud: float, front: float) -> float:
        """Yearly mean 11 °C, January 3, July 19; mild under fronts in winter, hot or cold under highs."""
        swing = (2.0 + 1.9 * season) * (1.25 - 0.85 * cloud)
        high = -min(front, 0.0)
        return (
            11.2
            + 8.0 * (season - 1)
            + 5.2 * self._air(at_s)
            + 2.6 * self._spell(at_s)
            + high * (3.4 * (season - 1))
            + swing * math.cos(2 * math.pi * (hour - 15) / 24)
        )

    def _rain(self, at_s: float, front: float, shower: float, season: float, hour: float) -> float:
        """mm/h: steady where a front and a shower meet; on summer afternoons a cell now and then."""
        wet = front + 0.7 * shower - 0.72 + 0.1 * (1 - season)
        rain = 2.2 * wet**1.3 if wet > 0 else 0.0
        cell = 0.75 * self._cell(at_s) + 0.4 * front + 0.45 * bell(hour, 17, 3.2) + 0.3 * (season - 1) - 1.24
        return rain + (26 * cell**1.6 if cell > 0 else 0.0)

    def _humidity(self, temperature: float, front: float, rain: float, sun: float) -> float:
        return _within(0.80 + 0.09 * front - 0.005 * (temperature - 10) - 0.00034 * sun + 0.05 * min(rain, 3), 0.2, 1)


def summer(day_of_year: float) -> float:
    """0 in the third week of January, 2 in that of July."""
    return 1 - math.cos(2 * math.pi * (day_of_year - 20) / 365.25)


def sun_of_clear_sky(at_s: float) -> float:
    """Global radiation on flat ground in Duisburg under a clear sky, W/m².

    Source: B. Haurwitz, Insolation in Relation to Cloudiness and Cloud Density, Journal of Meteorology 2 (1945); 3 %
    less, as measured on clear days at Münster/Osnabrück (DWD).
    """
    day = at_s / _DAY
    angle = 2 * math.pi * (day % 365.2425 - 1) / 365.2425
    tilt = math.radians(-23.44) * math.cos(angle + 2 * math.pi * 10 / 365.2425)
    late_min = 9.87 * math.sin(2 * angle - 2.76) - 7.53 * math.cos(angle - 1.41) - 1.5 * math.sin(angle - 1.41)
    turn = 2 * math.pi * ((day % 1.0) + _LONGITUDE / 360 + late_min / 1440) - math.pi
    height = math.sin(_LATITUDE) * math.sin(tilt) + math.cos(_LATITUDE) * math.cos(tilt) * math.cos(turn)
    return 1_060 * height * math.exp(-0.057 / height) if height > 0.005 else 0.0


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
