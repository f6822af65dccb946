"""How car parks fill: a curve of the day for each kind of visitor, and chance on top.

A pure function of the instant. Cars are whole, places are never fewer than none or more than there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rhinecloud.kit import Noise, Thing, World, bell, hour_of_day, weekday

from .places import CAR_PARKS

HOUR = 3600.0
DAY = 24 * HOUR


def things(world: World) -> tuple[Thing, ...]:
    """Every simulated car park."""
    return tuple(
        Thing(
            device=device,
            name=name,
            type="OffStreetParking",
            entity=f"urn:ngsi-ld:OffStreetParking:{device.removeprefix('parking-')}",
            location=(lon, lat),
            interval_s=20 + number % 5 * 5,
            measure=_counter(world.seed, device, places, CURVES[visitors]),
            fixed={
                "totalSpotNumber": places,
                "category": ["public", "parkAndRide" if visitors == "commuters" else "shortTerm"],
                "dataProvider": "Rhine Cloud demo (simulated)",
            },
        )
        for number, (device, name, lon, lat, places, visitors) in enumerate(CAR_PARKS)
    )


def _counter(
    seed: int, device: str, places: int, curve: Callable[[float, int, int], float]
) -> Callable[[float], dict[str, Any]]:
    slow, quick = Noise(seed, device, 1.5 * DAY), Noise(seed, f"{device}/quick", 0.6 * HOUR)

    def measure(at: float) -> dict[str, Any]:
        share = curve(hour_of_day(at), weekday(at), int(at // (7 * DAY)))
        share = min(max(share * (1 + 0.18 * slow(at)) + 0.035 * quick(at), 0.0), 1.0)
        taken = round(places * share)
        return {
            "availableSpotNumber": places - taken,
            "occupiedSpotNumber": taken,
            "occupancy": round(taken / places, 3),
            "status": "full" if taken == places else "open",
        }

    return measure


# Each gives the share of places taken at an hour of a day (Monday 0) of a week (counted from 1970).


def _shops(hour: float, day: int, _week: int) -> float:
    if day == 6:
        return 0.06 + 0.10 * bell(hour, 15, 3)
    return 0.05 + (0.88 if day == 5 else 0.55) * bell(hour, 14, 3.2) + 0.18 * bell(hour, 17.5, 1.5)


def _office(hour: float, day: int, _week: int) -> float:
    return 0.06 + (0.06 if day > 4 else 0.82) * _plateau(hour, 7.8, 16.8)


def _commuters(hour: float, day: int, _week: int) -> float:
    return 0.05 + (0.15 if day > 4 else 0.95) * _plateau(hour, 7.0, 17.6)


def _station(hour: float, day: int, _week: int) -> float:
    return 0.25 + (0.35 if day > 4 else 0.6) * _plateau(hour, 7.5, 18.5)


def _evening(hour: float, day: int, _week: int) -> float:
    return 0.10 + 0.30 * bell(hour, 13, 3) + (0.75 if day in (4, 5) else 0.4) * bell(hour, 20.5, 1.7)


def _leisure(hour: float, day: int, _week: int) -> float:
    return 0.03 + (0.75 if day > 4 else 0.28) * bell(hour, 14.5, 2.4)


def _patients(hour: float, day: int, _week: int) -> float:
    return 0.22 + (0.35 if day > 4 else 0.62) * _plateau(hour, 8, 15.5) + 0.15 * bell(hour, 17, 1.4)


def _shifts(hour: float, _day: int, _week: int) -> float:
    # Three shifts; around each change the cars of two stand there.
    return 0.55 + 0.3 * (bell(hour, 6, 0.5) + bell(hour, 14, 0.5) + bell(hour, 22, 0.5))


def _match(hour: float, day: int, week: int) -> float:
    # Every other Saturday a home match at two.
    return 0.03 + (0.96 * _plateau(hour, 12.7, 16.4) if day == 5 and week % 2 == 0 else 0.06 * bell(hour, 15, 4))


def _plateau(hour: float, arrive: float, leave: float) -> float:
    """1 between the hours, with shoulders of an hour or so."""
    return 1 / (1 + math.exp(-2.2 * (hour - arrive))) / (1 + math.exp(1.8 * (hour - leave)))


CURVES: dict[str, Callable[[float, int, int], float]] = {
    "shops": _shops,
    "office": _office,
    "commuters": _commuters,
    "station": _station,
    "evening": _evening,
    "leisure": _leisure,
    "patients": _patients,
    "shifts": _shifts,
    "match": _match,
}
