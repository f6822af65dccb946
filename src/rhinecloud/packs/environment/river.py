"""The waters: the Rhine at Ruhrort as its basin fills it, the Ruhr, and brooks that answer to the rain above them.

What runs off is kept in stores that empty at their own pace (a Nash cascade for waves, a slow store for dry weeks),
fed by the same fronts that make the weather here. Levels follow from discharge by Ruhrort's rating curve, and from
there to the other gauges by how far a wave has to go. Calibrated with the mean levels of 2000 to 2011 (BfG, hyd1d), the
levels of Köln and Ruhrort in August 2026 (WSV, PEGELONLINE: a wave takes 15 to 16 hours for those 93 km) and a gauge of
the Emscher in autumn 2024 (Emschergenossenschaft: up to 0.21 m an hour up, half of it gone after half a day).
"""

from __future__ import annotations

import math
from typing import Final

from rhinecloud.kit import Memory, World

from .places import RUHRORT_KM, RUHRORT_MEAN

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
CELERITY_KM_H: Final = 6.0
"""How fast a wave of the Rhine travels here."""
_BASIN_M3_S: Final = 150_000 / 3.6  # of a millimetre an hour on 150,000 km²
_STEP_S: Final = 3 * HOUR
_WAVE_S: Final = 1.3 * DAY
_SLOW_S: Final = 38 * DAY


class River:
    """The Rhine at Ruhrort."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stores = Memory(_STEP_S, 330 * DAY, (500.0, 500.0, 500.0, 900.0), self._advance)
        self._ships = world.noise("ships", 420)

    def _advance(self, state: tuple[float, ...], at_s: float) -> tuple[float, ...]:
        front = self._world.sky.front(at_s)
        warm = _summer(at_s)
        rain = 0.29 * max(0.0, front + 0.1) ** 1.45  # mm/h over the whole basin
        running = rain * (0.62 - 0.20 * warm) * _BASIN_M3_S  # in summer most of it rises again into the air
        first, second, third, slow = state
        quick, tardy = 0.56 * running, 0.44 * running
        share = _STEP_S / _WAVE_S
        return (
            first + share * (quick - first),
            second + share * (first - second),
            third + share * (second - third),
            slow + _STEP_S / _SLOW_S * (tardy - slow),
        )

    def discharge(self, at_s: float) -> float:
        """m³/s at Ruhrort."""
        return level_to_discharge(self.level(at_s))

    def level(self, at_s: float) -> float:
        """Metres above the zero of the gauge Ruhrort."""
        _, _, wave, slow = self._stores(at_s)
        snow = 480 * (0.5 - 0.5 * math.cos(2 * math.pi * max(0.0, min(1.0, (_day(at_s) - 95) / 125))))
        level = discharge_to_level(640 + snow + wave + slow)
        for event in self._world.events.of("flood", at_s):
            level += max(0.0, event.strength - level) * event.shape(at_s)
        return level

    def ripple(self, at_s: float) -> float:
        """What passing ships do to the level, m."""
        return 0.012 * self._ships(at_s)


def level_to_discharge(level: float) -> float:
    """m³/s at a level at Ruhrort, m: 640 at 1.43, 2,440 at 4.26 (the mean), 11,400 at 11.66 (about 31.01.1995)."""
    return float(134 * (level + 1) ** 1.75)


def discharge_to_level(discharge: float) -> float:
    return float((max(discharge, 1.0) / 134) ** (1 / 1.75) - 1)


def level_elsewhere(river: River, at_s: float, km: float, mean: float, below: float, above: float) -> float:
    """The level at another gauge of the Rhine, m.

    Args:
        km: where it lies; upstream of Ruhrort a wave comes earlier.
        mean: its mean level, m.
        below, above: metres there for a metre at Ruhrort, under and over the mean.
    """
    over = river.level(at_s - (km - RUHRORT_KM) / CELERITY_KM_H * HOUR) - RUHRORT_MEAN
    return mean + over * (above if over > 0 else below)


class Ruhr:
    """The Ruhr at its mouth, a basin of 4,500 km² with reservoirs that keep its dry weeks from being too dry."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stores = Memory(HOUR, 60 * DAY, (20.0, 20.0, 30.0), self._advance)

    def _advance(self, state: tuple[float, ...], at_s: float) -> tuple[float, ...]:
        front = self._world.sky.front(at_s)
        running = 0.34 * max(0.0, front) ** 1.5 * (0.75 - 0.27 * _summer(at_s)) * 4_500 / 3.6
        first, second, slow = state
        share = HOUR / (14 * HOUR)
        return (
            first + share * (0.6 * running - first),
            second + share * (first - second),
            slow + HOUR / (9 * DAY) * (0.4 * running - slow),
        )

    def discharge(self, at_s: float) -> float:
        """m³/s."""
        _, wave, slow = self._stores(at_s)
        return 18 + wave + slow


class Brook:
    """Rain above a brook and what has not yet run off, in mm/h of rain that would keep it so."""

    def __init__(self, world: World, half_s: float) -> None:
        self._world = world
        self._keep = 0.5 ** (900 / half_s)
        self._rise = 0.5 ** (900 / (0.28 * half_s))
        self._stores = Memory(900, 9 * half_s, (0.0, 0.0), self._advance)

    def _advance(self, state: tuple[float, ...], at_s: float) -> tuple[float, ...]:
        rain = self._world.weather(at_s).rain
        first = state[0] * self._rise + rain * (1 - self._rise)
        return first, state[1] * self._keep + first * (1 - self._keep)

    def load(self, at_s: float) -> float:
        return self._stores(at_s)[1]


def _day(at_s: float) -> float:
    return (at_s / DAY) % 365.2425


def _summer(at_s: float) -> float:
    """0 in the third week of January, 2 in that of July."""
    return 1 - math.cos(2 * math.pi * (_day(at_s) - 19) / 365.2425)
