"""How car parks and bays fill: a curve of the day for each kind of visitor, weather and events, and chance on top.

A pure function of the instant. Cars are whole, places are never fewer than none or more than there are. The curves of
a working day follow those of 112 German car parks on a Thursday in August 2026, as far as their visitors are alike:
0.27 full in the night, 0.62 from noon to three, 0.46 at seven in the evening.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from rhinecloud.kit import Kind, Moment, Thing, World, bell, chance

from .places import CAR_PARKS, LONE_STOPS, ROWS

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
PROVIDER: Final = "Rhine Cloud demo (simulated)"
BAY_M: Final = 6.0  # from one bay of a row to the next

Measure = Callable[[float], dict[str, Any]]

# What an hour costs, and a day at most, in EUR; nothing: no fee.
PRICES: Final = {
    "station": (2.0, 17.0),
    "shops": (1.8, 12.0),
    "office": (1.5, 9.0),
    "evening": (1.6, 8.0),
    "patients": (1.0, 6.0),
    "leisure": (1.0, 5.0),
    "match": (2.5, 8.0),
}


def things(world: World) -> tuple[Thing, ...]:
    """Every simulated car park, row of bays and single bay."""
    return (*_car_parks(world), *_rows(world), *_lone_bays(world))


# ── car parks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _car_parks(world: World) -> Iterator[Thing]:
    for number, (device, name, lon, lat, places, visitors) in enumerate(CAR_PARKS):
        disabled, charging = max(1, places // 50), places // 40
        yield Thing(
            device=device,
            name=name,
            type="OffStreetParking",
            entity=f"urn:ngsi-ld:OffStreetParking:{device.removeprefix('parking-')}",
            location=(lon, lat),
            interval_s=20 + number % 4 * 10,
            measure=_counter(world, device, places, visitors),
            fixed={
                "totalSpotNumber": places,
                "disabledSpotNumber": disabled,
                "chargingSpotNumber": charging,
                "category": ["public", "parkAndRide" if visitors == "commuters" else "shortTerm"],
                "dataProvider": PROVIDER,
                **_terms(visitors),
            },
        )


def _terms(visitors: str) -> dict[str, Any]:
    hour, most = PRICES.get(visitors, (0.0, 0.0))
    if not hour:
        return {"feeCharged": False}
    return {"feeCharged": True, "pricePerHour": hour, "priceMaximumPerDay": most, "priceCurrency": "EUR"}


def _counter(world: World, device: str, places: int, visitors: str) -> Measure:
    demand = _demand(world, device, visitors)

    def measure(at: float) -> dict[str, Any]:
        share = demand(at)
        taken = round(places * min(max(share, 0.0), 1.0))
        # An hour's change is a matter of many cars; what counts as a trend is more than a twentieth of the places.
        change = share - demand(at - 1800)
        return {
            "availableSpotNumber": places - taken,
            "occupiedSpotNumber": taken,
            "occupancy": round(taken / places, 3),
            "status": "full" if taken == places else "almostFull" if taken > 0.95 * places else "open",
            "occupancyTrend": "increasing" if change > 0.025 else "decreasing" if change < -0.025 else "stable",
        }

    return measure


def _demand(world: World, device: str, visitors: str) -> Callable[[float], float]:
    """Share of the places that are wanted at an instant; more than 1 where not all find one."""
    slow, quick = world.noise(device, 1.5 * DAY), world.noise(f"{device}/quick", 0.8 * HOUR)
    liked = 0.88 + 0.24 * chance(world.seed, f"{device}/liked")
    curve, outdoors = CURVES[visitors], visitors in ("leisure", "match")

    def demand(at: float) -> float:
        share = curve(world.moment(at)) * liked * (1 + 0.12 * slow(at)) + 0.03 * quick(at)
        if visitors == "match":
            return max(share, world.events.strongest("match", at))
        weather = world.weather(at // 900 * 900)
        if outdoors:
            fair = min(1.0, max(0.0, (weather.temperature - 2) / 20)) - 0.12 * min(weather.rain, 4)
            share *= max(0.2, 0.55 + 0.6 * fair)
        elif visitors == "shops":
            share *= 1 + 0.03 * min(weather.rain, 3)  # who would have walked or cycled drives
        storm = weather.gust - 20
        return share * (1 - min(0.5, 0.05 * storm)) if storm > 0 else share

    return demand


# Each gives the share of places taken at a local hour of a day.


def _shops(now: Moment) -> float:
    hour = now.hour
    if now.day.kind is Kind.SUNDAY:
        return 0.10 + 0.10 * bell(hour, 15, 3)
    if now.day.kind is Kind.SATURDAY:
        return 0.10 + 0.80 * bell(hour, 14, 2.9) + 0.10 * bell(hour, 11, 1.5)
    return 0.24 + 0.36 * bell(hour, 12.9, 2.8) + 0.24 * bell(hour, 17.6, 2.3)


def _office(now: Moment) -> float:
    return 0.10 + (0.82 if now.day.kind is Kind.WORK else 0.06) * _plateau(now.hour, 7.8, 16.7)


def _commuters(now: Moment) -> float:
    return 0.06 + (0.92 if now.day.kind is Kind.WORK else 0.15) * _plateau(now.hour, 7.0, 17.2)


def _station(now: Moment) -> float:
    return 0.28 + (0.48 if now.day.kind is Kind.WORK else 0.33) * _plateau(now.hour, 8.3, 18.4)


def _evening(now: Moment) -> float:
    night_out = now.day.weekday in (4, 5)
    return 0.2 + 0.34 * bell(now.hour, 13, 3) + (0.62 if night_out else 0.36) * bell(now.hour, 19.8, 1.9)


def _leisure(now: Moment) -> float:
    free = now.day.kind is not Kind.WORK
    return 0.04 + (0.85 if free else 0.34 if now.day.school else 0.55) * bell(now.hour, 14.5, 2.4)


def _patients(now: Moment) -> float:
    work = now.day.kind is Kind.WORK
    return 0.24 + (0.56 if work else 0.30) * _plateau(now.hour, 7.2, 14.8) + 0.12 * bell(now.hour, 17, 1.4)


def _shifts(now: Moment) -> float:
    # Three shifts; around each change the cars of two stand there.
    hour = now.hour
    return 0.55 + 0.3 * (bell(hour, 6, 0.5) + bell(hour, 14, 0.5) + bell(hour, 22, 0.5))


def _match(now: Moment) -> float:
    # Kick-off at two; who comes by car comes early, and leaves at once.
    return 0.03 + (0.93 * _plateau(now.hour, 12.6, 16.3) if now.day.match else 0.05 * bell(now.hour, 15, 4))


def _plateau(hour: float, arrive: float, leave: float) -> float:
    """1 between the hours, with shoulders of an hour or so."""
    return 1 / (1 + math.exp(-1.7 * (hour - arrive))) / (1 + math.exp(1.3 * (hour - leave)))


CURVES: Final[dict[str, Callable[[Moment], float]]] = {
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


# ── bays ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(world: World) -> Iterator[Thing]:
    """The bays of each row, and the row as a whole; the gateway sends for all of them."""
    for row, street, lon, lat, bearing, bays, visitors in ROWS:
        slug = row.removeprefix("row-")
        demand = _street_demand(world, row, visitors)
        watched = [_bay(world, f"{row}/{number}", demand) for number in range(bays)]
        for number, occupied in enumerate(watched):
            along_m = number * BAY_M
            yield Thing(
                device=f"bay-{slug}-{number + 1}",
                name=f"{street}, Platz {number + 1}",
                type="ParkingSpot",
                entity=f"urn:ngsi-ld:ParkingSpot:{slug}-{number + 1}",
                location=_along(lon, lat, bearing, along_m),
                interval_s=HOUR,
                measure=_spot(occupied),
                fixed={"dataProvider": PROVIDER},
                through=row,
                on_change=True,
            )
        yield Thing(
            device=f"street-{slug}",
            name=street,
            type="OnStreetParking",
            entity=f"urn:ngsi-ld:OnStreetParking:{slug}",
            location=_along(lon, lat, bearing, bays * BAY_M / 2),
            interval_s=300,
            measure=_street(watched),
            fixed={"totalSpotNumber": bays, "dataProvider": PROVIDER, **_terms("shops")},
            through=row,
        )


def _lone_bays(world: World) -> Iterator[Thing]:
    """At each stop a bay for disabled persons, and one with a charging point."""
    for slug, stop, lon, lat in LONE_STOPS:
        for kind, title in (("disabled", "Behindertenplatz"), ("charging", "Ladeplatz")):
            device = f"bay-{kind}-{slug}"
            yield Thing(
                device=device,
                name=f"{title} {stop}",
                type="ParkingSpot",
                entity=f"urn:ngsi-ld:ParkingSpot:{kind}-{slug}",
                location=_along(lon, lat, 360 * chance(world.seed, device), 25),
                interval_s=HOUR,
                measure=_spot(_bay(world, device, _street_demand(world, device, "office"), slot_s=80 * 60)),
                fixed={"reservedFor": kind, "dataProvider": PROVIDER},
                on_change=True,
            )


def _along(lon: float, lat: float, bearing: float, metres: float) -> tuple[float, float]:
    north, east = metres * math.cos(math.radians(bearing)), metres * math.sin(math.radians(bearing))
    return round(lon + east / 69_400, 6), round(lat + north / 110_600, 6)


def _street_demand(world: World, name: str, visitors: str) -> Callable[[float], float]:
    """As the car parks nearby, and residents at night."""
    demand = _demand(world, name, visitors)

    def wanted(at: float) -> float:
        hour = world.moment(at).hour
        return min(0.97, 0.12 + 0.8 * demand(at) + 0.5 * bell(hour, 1.5, 4))

    return wanted


def _bay(world: World, name: str, demand: Callable[[float], float], slot_s: float = 40 * 60) -> Callable[[float], bool]:
    """Whether a car stands there: one stays for a slot of time, or none comes in it."""
    offset = chance(world.seed, f"{name}/offset") * slot_s
    known: tuple[int, float, float] = (-(2**62), 0.0, 0.0)  # slot, when a car comes and when it goes

    def occupied(at: float) -> bool:
        nonlocal known
        slot = int((at + offset) // slot_s)
        if slot != known[0]:
            start = slot * slot_s - offset
            if chance(world.seed, name, slot) < demand(start + slot_s / 2) * 1.06:
                late, early = chance(world.seed, f"{name}/late", slot), chance(world.seed, f"{name}/early", slot)
                known = slot, start + 0.12 * late * slot_s, start + (1 - 0.12 * early) * slot_s
            else:
                known = slot, 0.0, 0.0
        return known[1] <= at < known[2]

    return occupied


def _spot(occupied: Callable[[float], bool]) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        return {"status": "occupied" if occupied(at) else "free"}

    return measure


def _street(bays: list[Callable[[float], bool]]) -> Measure:
    def measure(at: float) -> dict[str, Any]:
        taken = sum(occupied(at) for occupied in bays)
        return {
            "availableSpotNumber": len(bays) - taken,
            "occupiedSpotNumber": taken,
            "occupancy": round(taken / len(bays), 3),
            "status": "full" if taken == len(bays) else "open",
        }

    return measure
