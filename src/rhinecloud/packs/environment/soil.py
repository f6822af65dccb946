"""Water and warmth of the soil: a bucket that rain fills, and that sun, warmth and seepage empty.

One bucket a kind of soil, the same all over the city; what a probe sees differs a little from it.
"""

from __future__ import annotations

import math
from typing import Any, Final

from rhinecloud.kit import Memory, World

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

KINDS: Final = ("sand", "loam", "substrate")
# Of the uppermost 60 cm: plant-available water (mm), water content at the wilting point and at field capacity (0 to 1).
# Source: Bodenkundliche Kartieranleitung (KA5), tables 70 and 71, medium bulk density; tree substrate after FLL.
_SOILS: Final = {"sand": (72.0, 0.04, 0.16), "loam": (126.0, 0.13, 0.34), "substrate": (90.0, 0.08, 0.23)}


class Soil:
    """The soil under grass and trees, as a function of time."""

    def __init__(self, world: World) -> None:
        self._world = world
        start = (*(0.7 * _SOILS[kind][0] for kind in KINDS), 11.0)
        self._state = Memory(HOUR, 110 * DAY, start, self._advance)

    def _advance(self, state: tuple[float, ...], at_s: float) -> tuple[float, ...]:
        weather = self._world.weather(at_s)
        warmth = max(0.0, 0.35 + 0.032 * weather.temperature)
        thirst = 0.0006 * weather.sun * warmth + 0.006 * warmth  # mm/h: Turc's way, 0.5 mm a day in winter, 5 in July
        water = []
        for kind, content in zip(KINDS, state, strict=False):
            room = _SOILS[kind][0]
            drunk = thirst * min(1.0, content / (0.55 * room))
            seeping = max(0.0, content - room) * 0.025
            water.append(min(max(content + 0.82 * weather.rain - drunk - seeping, 0.0), 1.4 * room))
        return *water, state[-1] + (weather.temperature + 1.2 - state[-1]) * HOUR / (30 * HOUR)

    def reading(self, kind: str, at_s: float, wetter: float) -> dict[str, Any]:
        """What a probe tells; `wetter` is how much more of the available water there is where it stands (share)."""
        state = self._state(at_s)
        room, wilting, capacity = _SOILS[kind]
        share = min(max(state[KINDS.index(kind)] / room * (1 + wetter), 0.0), 1.45)
        content = wilting + share * (capacity - wilting)
        # From pF 1.8 at field capacity to pF 4.2 at the wilting point, in kPa of suction.
        suction = 0.0981 * 10 ** (1.8 + 2.4 * min(max(1 - share, 0.0), 1.0))
        return {
            "plantAvailableWater": round(100 * share),
            "soilMoistureVwc": round(content, 3),
            "soilTemperature": round(state[-1] + 0.8 * math.sin(at_s / DAY * 2 * math.pi) * 0.3, 1),
            "soilMoisturePressure": round(-suction),
        }
