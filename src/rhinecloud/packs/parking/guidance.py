"""Where to park for a place one wants to reach: the nearest car parks that will have a place, and why.

What counts is minutes: those to walk from the car park, those that its price is worth, and those lost where no place is
free on arrival, times how likely that is. Free on arrival is the forecast's; where there is none, what is free now.
What cannot be (closed, too low, full, nothing for who needs it) is left out, with the reason.

Pure: entities, wish and instant in, suggestions out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.kit import moment

from .hours import is_open, parse

Entity = Mapping[str, Any]

DETOUR: Final = 1.3
"""How much longer ways are than the line between two places, in towns; measured ones lie between 1.2 and 1.4."""
WALK_M_PER_MIN: Final = 80.0
DRIVE_M_PER_MIN: Final = 25_000 / 60
SEARCH_MIN: Final = 15.0  # lost where all is taken: out again, and on to the next
MINUTE_IS_WORTH: Final = 0.2  # of the currency: twelve for an hour
STALE_S: Final = 3600  # a count that is older says nothing


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants: to get to (lon, lat), and with what."""

    lon: float
    lat: float
    from_lon: float | None = None  # where they are now; without, they arrive in `arrive_in_min`
    from_lat: float | None = None
    arrive_in_min: float = 10
    stay_min: float = 60
    height_m: float = 0  # of the vehicle; 0: does not matter
    disabled: bool = False  # needs a place for disabled persons
    charging: bool = False  # needs one with a charging point
    max_walk_m: float = 1500
    limit: int = 5


class Reason(msgspec.Struct, frozen=True):
    """Why something is suggested, or not."""

    code: str
    de: str
    en: str


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A car park, the best first."""

    id: str
    name: str
    location: dict[str, Any]
    walk_m: int
    walk_min: float
    arrival: str  # RFC 3339, UTC
    free: int | None  # now
    free_on_arrival: int | None
    low: int | None  # of four of five cases
    high: int | None
    chance: float | None  # that there is a place, 0 to 1
    price: float | None  # of the whole stay
    currency: str
    cost_min: float  # what is compared: minutes of walking, of price, of searching
    reasons: list[Reason]


class LeftOut(msgspec.Struct, frozen=True):
    id: str
    name: str
    walk_m: int
    reason: Reason


class Guidance(msgspec.Struct, frozen=True):
    """Suggestions, and the car parks nearby that are none, with the reason."""

    suggestions: list[Suggestion]
    left_out: list[LeftOut]


class Outlook(NamedTuple):
    free: int | None
    ahead: float | None
    low: float | None
    high: float | None
    chance: float | None


def guide(parks: Iterable[Entity], wish: Wish, now_us: int) -> Guidance:
    """
    Args:
        parks: car parks as normalized NGSI-LD with plain names.
    """
    found: list[Suggestion] = []
    left: list[LeftOut] = []
    for park in parks:
        place = _position(park)
        if place is None:
            continue
        walk_m = distance_m(place, (wish.lon, wish.lat)) * DETOUR
        if walk_m > wish.max_walk_m:
            continue
        name = str(_value(park, "name") or park["id"])
        arrival_us = now_us + round(_minutes_to(place, wish) * 60e6)
        outlook = _outlook(park, wish, now_us, arrival_us)
        if (why := _impossible(park, wish, arrival_us, outlook)) is not None:
            left.append(LeftOut(str(park["id"]), name, round(walk_m), why))
            continue
        found.append(_suggestion(park, name, place, walk_m, arrival_us, wish, outlook))
    found.sort(key=lambda one: (one.cost_min, one.id))
    left.sort(key=lambda one: one.walk_m)
    return Guidance(found[: wish.limit], left[:20])


def _minutes_to(place: tuple[float, float], wish: Wish) -> float:
    """Minutes until they stand at the car park."""
    if wish.from_lon is None or wish.from_lat is None:
        return wish.arrive_in_min
    return 2 + distance_m((wish.from_lon, wish.from_lat), place) * DETOUR / DRIVE_M_PER_MIN


def _suggestion(
    park: Entity, name: str, place: tuple[float, float], walk_m: float, arrival_us: int, wish: Wish, outlook: Outlook
) -> Suggestion:
    walk_min = walk_m / WALK_M_PER_MIN
    price = _price(park, wish.stay_min)
    # What is not known is taken as it mostly is: a place in four of five cases, two of the currency an hour.
    chance = 0.8 if outlook.chance is None else outlook.chance
    worth = (2 * wish.stay_min / 60 if price is None else price) / MINUTE_IS_WORTH
    return Suggestion(
        id=str(park["id"]),
        name=name,
        location={"type": "Point", "coordinates": list(place)},
        walk_m=round(walk_m),
        walk_min=round(walk_min, 1),
        arrival=_iso(arrival_us),
        free=outlook.free,
        free_on_arrival=None if outlook.ahead is None else round(outlook.ahead),
        low=None if outlook.low is None else math.floor(outlook.low),
        high=None if outlook.high is None else math.ceil(outlook.high),
        chance=None if outlook.chance is None else round(outlook.chance, 2),
        price=price,
        currency=str(_value(park, "priceCurrency") or ("EUR" if price is not None else "")),
        cost_min=round(walk_min * 1.5 + worth + (1 - chance) * SEARCH_MIN, 1),
        reasons=_reasons(park, wish, walk_m, price, outlook),
    )


def _outlook(park: Entity, wish: Wish, now_us: int, arrival_us: int) -> Outlook:
    """What is free now and on arrival, for who needs it."""
    if wish.disabled:
        free = _count(park, "availableDisabledSpotNumber", now_us)
        if free is None:  # how many there are is known, which are free is not
            return Outlook(None, None, None, None, None)
        return Outlook(free, free, None, None, _chance(free, math.sqrt(free + 1)))
    free = _count(park, "availableSpotNumber", now_us)
    told = _forecast(park, arrival_us, now_us)
    if told is not None:
        value, low, high = told
        return Outlook(free, value, low, high, _chance(value, max((high - low) / 2.56, 0.3)))
    if free is None:
        return Outlook(None, None, None, None, None)
    minutes = (arrival_us - now_us) / 60e6
    return Outlook(free, free, None, None, _chance(free, math.sqrt(1 + minutes * 0.5 + free * 0.05)))


def _chance(free: float, spread: float) -> float:
    """That one place at least is free, of a normal law."""
    return 0.5 * (1 + math.erf((free - 0.5) / (spread * math.sqrt(2))))


def _forecast(park: Entity, arrival_us: int, now_us: int) -> tuple[float, float, float] | None:
    """(value, low, high) at a moment, read off between two steps of the kept forecast."""
    instance = park.get("availableSpotNumberForecast")
    steps = _value(park, "availableSpotNumberForecast")
    if not isinstance(steps, list) or not isinstance(instance, Mapping):
        return None
    made = _us(str(instance.get("observedAt", "")))
    if made is None or now_us - made > STALE_S * 1e6:
        return None
    known = sorted((at, s) for s in steps if isinstance(s, Mapping) and (at := _us(str(s.get("at", "")))) is not None)
    before = [pair for pair in known if pair[0] <= arrival_us]
    after = [pair for pair in known if pair[0] > arrival_us]
    try:
        if before and after:
            (t0, a), (t1, b) = before[-1], after[0]
            part = (arrival_us - t0) / (t1 - t0)
            low, middle, high = (float(a[k]) + part * (float(b[k]) - float(a[k])) for k in ("low", "value", "high"))
            return middle, low, high
        if not known or (before and arrival_us - before[-1][0] > STALE_S * 1e6):
            return None
        nearest = (before[-1] if before else after[0])[1]
        return float(nearest["value"]), float(nearest["low"]), float(nearest["high"])
    except (KeyError, TypeError, ValueError):
        return None


def _impossible(park: Entity, wish: Wish, arrival_us: int, outlook: Outlook) -> Reason | None:
    state = str(_value(park, "status") or "")
    if state.startswith("closed"):
        return Reason("closed", "Zurzeit geschlossen", "Closed at present")
    if _open(park, arrival_us) is False:
        hours = _value(park, "openingHours")
        return Reason("closed-then", f"Bei Ankunft geschlossen ({hours})", f"Closed on arrival ({hours})")
    limit = _value(park, "maximumAllowedHeight")
    if wish.height_m and isinstance(limit, int | float) and 0 < limit < wish.height_m:
        return Reason("too-low", f"Einfahrt nur bis {_de(limit)} m", f"Entrance is {limit:g} m high only")
    if wish.disabled and not (_value(park, "disabledSpotNumber") or _value(park, "availableDisabledSpotNumber")):
        return Reason("no-disabled", "Kein Behindertenparkplatz bekannt", "No place for disabled persons is known of")
    if wish.charging and not (_value(park, "chargingSpotNumber") or _value(park, "availableChargingSpotNumber")):
        return Reason("no-charging", "Keine Ladesäule bekannt", "No charging point is known of")
    nothing_free = outlook.free == 0 and outlook.low is None  # and no forecast that says otherwise
    if nothing_free or (outlook.chance is not None and outlook.chance < 0.1):
        return Reason("full", "Bei Ankunft voraussichtlich voll", "Probably full on arrival")
    return None


def _reasons(park: Entity, wish: Wish, walk_m: float, price: float | None, outlook: Outlook) -> list[Reason]:
    minutes = max(1, round(walk_m / WALK_M_PER_MIN))
    metres = round(walk_m, -1) if walk_m >= 100 else round(walk_m)
    found = [Reason("walk", f"{metres:.0f} m zu Fuß, {minutes} min", f"{metres:.0f} m on foot, {minutes} min")]
    if outlook.ahead is not None and outlook.low is not None and outlook.high is not None:
        ahead, low, high = round(outlook.ahead), math.floor(outlook.low), math.ceil(outlook.high)
        found.append(
            Reason(
                "forecast",
                f"Bei Ankunft etwa {ahead} frei ({low} bis {high})",
                f"About {ahead} free on arrival ({low} to {high})",
            )
        )
    elif outlook.free is not None:
        found.append(Reason("free", f"Jetzt {outlook.free} frei", f"{outlook.free} free now"))
    else:
        found.append(Reason("unknown", "Freie Plätze nicht bekannt", "Free places are not known"))
    if price == 0:
        found.append(Reason("price", "Kostenlos", "Free of charge"))
    elif price is not None:
        money = str(_value(park, "priceCurrency") or "EUR")
        told = f"{price:.2f} {money}"
        found.append(Reason("price", f"{told.replace('.', ',')} für den Aufenthalt", f"{told} for the stay"))
    if (always := parse(str(_value(park, "openingHours") or ""))) and len(always[0].days) == 8 and len(always) == 1:
        found.append(Reason("open", "Immer geöffnet", "Always open"))
    if wish.disabled and (places := _value(park, "disabledSpotNumber")):
        found.append(Reason("disabled", f"{places} Behindertenparkplätze", f"{places} places for disabled persons"))
    if wish.charging and (places := _value(park, "chargingSpotNumber")):
        found.append(Reason("charging", f"{places} Plätze mit Ladesäule", f"{places} places with charging"))
    return found


def _price(park: Entity, stay_min: float) -> float | None:
    """Of the whole stay, by begun hours, not more than for a day."""
    if _value(park, "feeCharged") is False:
        return 0.0
    hour, day = _value(park, "pricePerHour"), _value(park, "priceMaximumPerDay")
    if not isinstance(hour, int | float):
        return None
    price = float(hour) * math.ceil(stay_min / 60)
    return min(price, float(day) * math.ceil(stay_min / 1440)) if isinstance(day, int | float) else price


def _open(park: Entity, at_us: int) -> bool | None:
    hours = _value(park, "openingHours")
    if not isinstance(hours, str):
        return None
    then = moment(at_us / 1e6)
    holiday = then.day.kind == "sunday" and then.day.weekday != 6
    return is_open(hours, then.day.weekday, int(then.hour * 60), holiday=holiday)


def _count(park: Entity, name: str, now_us: int) -> int | None:
    """A count that is fresh enough to say something."""
    told, instance = _value(park, name), park.get(name)
    if not isinstance(told, int | float) or isinstance(told, bool) or not isinstance(instance, Mapping):
        return None
    at = _us(str(instance.get("observedAt", "")))
    return None if at is not None and now_us - at > STALE_S * 1e6 else max(0, int(told))


def _value(park: Entity, name: str) -> Any:
    instance = park.get(name)
    instance = instance[0] if isinstance(instance, list) and instance else instance
    return instance.get("value") if isinstance(instance, Mapping) else None


def _position(park: Entity) -> tuple[float, float] | None:
    place = _value(park, "location")
    flat: Any = place.get("coordinates") if isinstance(place, Mapping) else None
    while isinstance(flat, Sequence) and flat and isinstance(flat[0], Sequence):
        flat = flat[0]
    return (float(flat[0]), float(flat[1])) if isinstance(flat, Sequence) and len(flat) >= 2 else None


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two (lon, lat), as on a plane: within a town right to a thousandth."""
    x = math.radians(b[0] - a[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return 6_371_008.8 * math.hypot(x, math.radians(b[1] - a[1]))


def _us(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1e6)
    except ValueError:
        return None


def _iso(us: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _de(figure: float) -> str:
    return f"{figure:g}".replace(".", ",") if figure == round(figure, 1) else f"{figure:.2f}".replace(".", ",")
