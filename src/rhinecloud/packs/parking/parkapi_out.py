"""Car parks in the forms of ParkAPI: lots as v1 has them, sites as v3 has them.

Source: github.com/offenesdresden/ParkAPI (schema of v1); github.com/ParkenDD/parkapi-sources-v3 (models of v3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from .datex2.writing import Entity, car_parks, free_of, newest, observed, position, type_of, value, whole

_encode = msgspec.json.Encoder(order="deterministic").encode
_STREET = "OnStreetParking"


def lots(entities: Iterable[Entity]) -> bytes:
    """`{"last_updated", "lots": […]}` of ParkAPI v1; times are UTC, without a letter for it."""
    sites = [entity for entity in car_parks(entities) if type_of(entity) != "ParkingSpot"]
    at = newest(sites, "availableSpotNumber", "status")
    return _encode({"last_updated": _plain(at), "lots": [_lot(site) for site in sites]})


def _lot(site: Entity) -> dict[str, Any]:
    place, address, free = position(site), value(site, "address"), free_of(site)
    state = str(value(site, "status") or "")
    closed = state.startswith("closed")
    layout = value(site, "layout") or []
    kinds = {"multiStorey": "Parkhaus", "multiLevel": "Parkhaus", "underground": "Tiefgarage"}
    return {
        "id": str(site["id"]),
        "name": str(value(site, "name") or site["id"]),
        "coords": None if place is None else {"lat": place[1], "lng": place[0]},
        "total": whole(site, "totalSpotNumber") or 0,
        "free": free or 0,
        "state": "closed" if closed else "nodata" if free is None else "open",
        "address": address.get("streetAddress", "") if isinstance(address, Mapping) else "",
        "lot_type": next((kinds[word] for word in layout if word in kinds), "Parkplatz"),
        "region": str(value(site, "areaServed") or ""),
        "forecast": bool(value(site, "availableSpotNumberForecast")),
    }


def sites(entities: Iterable[Entity]) -> bytes:
    """`{"items": […]}` of ParkAPI v3, static and of the moment in one."""
    found = [entity for entity in car_parks(entities) if type_of(entity) != "ParkingSpot" and position(entity)]
    return _encode({"items": [_site(entity) for entity in found]})


def _site(entity: Entity) -> dict[str, Any]:
    place, address, free = position(entity) or (0.0, 0.0), value(entity, "address"), free_of(entity)
    height = value(entity, "maximumAllowedHeight")
    layout = value(entity, "layout") or []
    category = value(entity, "category") or []
    state = str(value(entity, "status") or "")
    places = {
        "DISABLED": whole(entity, "disabledSpotNumber"),
        "WOMEN": whole(entity, "womenSpotNumber"),
        "FAMILY": whole(entity, "familySpotNumber"),
        "CHARGING": whole(entity, "chargingSpotNumber"),
    }
    told = {
        "uid": str(entity["id"]),
        "name": str(value(entity, "name") or entity["id"])[:256],
        "operator_name": value(entity, "provider"),
        "public_url": value(entity, "website"),
        "address": _in_one(address) if isinstance(address, Mapping) else None,
        "description": value(entity, "description"),
        "type": _kind(entity, layout),
        "purpose": "CAR",
        "lat": place[1],
        "lon": place[0],
        "max_height": round(height * 100) if isinstance(height, int | float) and height else None,
        "opening_hours": value(entity, "openingHours"),
        "has_fee": value(entity, "feeCharged"),
        "fee_description": value(entity, "feeDescription"),
        "park_and_ride_type": ["YES"] if "parkAndRide" in category else None,
        "capacity": whole(entity, "totalSpotNumber"),
        "restrictions": [{"type": who, "capacity": n} for who, n in places.items() if n is not None] or None,
        "static_data_updated_at": observed(entity, "name", "location", "totalSpotNumber") or None,
        "has_realtime_data": free is not None,
        "realtime_data_updated_at": observed(entity, "availableSpotNumber", "status") or None,
        "realtime_opening_status": "CLOSED"
        if state.startswith("closed")
        else "OPEN"
        if free is not None
        else "UNKNOWN",
        "realtime_capacity": whole(entity, "totalSpotNumber") if free is not None else None,
        "realtime_free_capacity": free,
    }
    return {name: said for name, said in told.items() if said is not None}


def _in_one(address: Mapping[str, Any]) -> str:
    town = " ".join(filter(None, (address.get("postalCode"), address.get("addressLocality"))))
    return ", ".join(filter(None, (address.get("streetAddress"), town)))


def _kind(entity: Entity, layout: list[str]) -> str:
    if type_of(entity) == _STREET:
        return "ON_STREET"
    if "underground" in layout:
        return "UNDERGROUND"
    built = {"multiStorey", "multiLevel", "automatedParkingGarage"} & set(layout)
    return "CAR_PARK" if built else "OFF_STREET_PARKING_GROUND"


def _plain(at: str) -> str:
    return at[:19]
