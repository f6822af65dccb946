"""Figures that stand for several measurements: pure functions, each with its source."""

from __future__ import annotations

import math

LEVELS = ("very good", "good", "moderate", "poor", "very poor")
"""What `airQualityLevel` says at index 1 to 5."""

# The highest concentration of each class but the last, µg/m³ as the mean of an hour.
_CLASSES = {
    "pm10": (9, 27, 54, 90),
    "pm25": (5, 15, 30, 50),
    "o3": (24, 72, 144, 240),
    "no2": (10, 30, 60, 100),
    "so2": (10, 30, 60, 100),
}


def air_quality_index(**concentrations: float) -> int:
    """The German air quality index: 1 very good to 5 very poor; the worst pollutant counts.

    Args:
        concentrations: means of an hour in µg/m³, of pm10, pm25, o3, no2, so2; at least one of them.
    Source: Umweltbundesamt, Luftqualitätsindex (LQI), classes of 2025; concentrations are rounded before, as there.
    """
    return 1 + max(sum(round(value) > step for step in _CLASSES[name]) for name, value in concentrations.items())


def day_evening_night_level(day: float, evening: float, night: float) -> float:
    """Lden in dB(A), of the levels of the day (6 to 18 o'clock), the evening (18 to 22) and the night (22 to 6).

    Source: Directive 2002/49/EC, annex I, with Germany's hours (34. BImSchV).
    """
    energy = 12 * 10 ** (day / 10) + 4 * 10 ** ((evening + 5) / 10) + 8 * 10 ** ((night + 10) / 10)
    return 10 * math.log10(energy / 24)


def plant_available_water(content: float, wilting: float, capacity: float) -> float:
    """How full the soil is with water that roots can reach, % of the usable field capacity (nFK).

    Args:
        content: volumetric water content, 0 to 1.
        wilting: content at the permanent wilting point (pF 4.2), 0 to 1.
        capacity: content at field capacity (pF 1.8), above `wilting`.
    Returns:
        0 at the wilting point and below, 100 at field capacity, more while water is still seeping away.
    """
    return max(0.0, 100 * (content - wilting) / (capacity - wilting))
