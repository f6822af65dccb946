"""ParkAPI, the form in which German cities share car parks → entities: its lots (v1), its sites and spots (v3).

v1 (ParkenDD): `{"last_updated": …, "lots": [{"id", "name", "coords", "total", "free", "state", …}]}`; times are UTC.
v3: `{"items": [{"uid", "name", "type", "capacity", "realtime_free_capacity", …}]}`, static, of the moment or both; a
list of such items alone, GeoJSON features of them, and the answer of a v3 server (`original_uid`, `source_id`) are the
same form. Lengths are centimetres, as v3 has them. Ids are local to their source where they are short, so the platform
puts its name before.

Source: github.com/offenesdresden/ParkAPI (schema of v1); github.com/ParkenDD/parkapi-sources-v3 (models of v3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.kit import Bad

from .drafts import Draft, Entity, Wrong, count, moment, name_part, number, seconds

_UTC: Final = cast(ZoneInfo, UTC)
_ITEM: Final = frozenset(
    (
        *("realtime_free_capacity", "realtime_capacity", "realtime_opening_status", "realtime_status"),
        *("realtime_data_updated_at", "static_data_updated_at", "has_realtime_data", "capacity_disabled"),
    )
)
"""Members that tell a v3 item from anything else."""
KINDS: Final[Mapping[str, str]] = {
    "ON_STREET": "onStreet",
    "OFF_STREET_PARKING_GROUND": "openSpace",
    "UNDERGROUND": "underground",
    "CAR_PARK": "multiStorey",
}
WHO: Final[Mapping[str, str]] = {
    "DISABLED": "disabled",
    "WOMEN": "women",
    "FAMILY": "family",
    "CHARGING": "charging",
    "CARSHARING": "carSharing",
    "TRUCK": "truck",
    "BUS": "bus",
}
LOT_KINDS: Final[Mapping[str, str]] = {
    "parkhaus": "multiStorey",
    "tiefgarage": "underground",
    "parkplatz": "openSpace",
}


def is_parkapi(_name: str, head: bytes) -> bool:
    """Whether a file is ParkAPI's, by its beginning: its own member names are told apart from other JSON's."""
    text = _utf8(head, whole=False).decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return False
    if '"esriGeometry' in text:
        return False
    lots = '"lots"' in text and any(f'"{word}"' in text for word in ("last_updated", "lot_type", "state", "free"))
    return lots or (('"uid"' in text or '"original_uid"' in text) and any(f'"{name}"' in text for name in _ITEM))


def read(data: bytes) -> Iterator[Entity | Bad]:
    """Every lot, site and spot of a ParkAPI document, as an entity or with the reason why not.

    Raises:
        ValueError: it is no JSON, or has none of them.
    """
    try:
        document = msgspec.json.decode(_utf8(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"This is not JSON: {error}") from error
    items = document
    if isinstance(document, dict):
        if isinstance(document.get("lots"), list):
            yield from _lots(document)
            return
        if isinstance(document.get("features"), list):
            items = [_feature(feature) for feature in document["features"]]
        else:
            items = document.get("items", document.get("parking_sites", document.get("parking_spots")))
        items = [document] if items is None and "uid" in document else items
    if not isinstance(items, list):  # a form of file that is not ours, not a wrong argument
        raise ValueError("This has neither the lots of ParkAPI v1 nor the items of v3")  # noqa: TRY004
    for item in items:
        try:
            yield _item(item)
        except Wrong as error:
            yield error.bad(msgspec.json.encode(item))


def _utf8(data: bytes, *, whole: bool = True) -> bytes:
    """The document as JSON has to be, also where a program of Windows wrote it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if whole:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace").encode()
    return data


def _feature(feature: Any) -> Any:
    """A GeoJSON feature whose properties are an item's: the item, with the place of a point."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return feature
    item, geometry = feature["properties"], feature.get("geometry")
    place = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(place, list) and len(place) >= 2 and "lat" not in item:
        return item | {"lon": place[0], "lat": place[1]}
    return item


def _lots(document: dict[str, Any]) -> Iterator[Entity | Bad]:
    try:
        observed = moment(document.get("last_updated"), "last_updated", _UTC)
    except Wrong as error:
        raise ValueError(str(error)) from error
    for lot in document["lots"]:
        try:
            yield _lot(lot, observed)
        except Wrong as error:
            yield error.bad(msgspec.json.encode(lot))


def _lot(lot: Any, observed: str) -> Entity:
    """A lot of v1.

    Raises:
        Wrong: it cannot be read.
    """
    if not isinstance(lot, dict):
        raise Wrong("no object", f"A lot is an object, not {str(lot)[:40]}")
    own = name_part(str(lot.get("id") or lot.get("name") or ""))
    if not own:
        raise Wrong("no id", "The lot has no id and no name, so it cannot be told from others")
    draft = Draft("OffStreetParking", f"urn:ngsi-ld:ParkingSite:{own}", observed)
    draft.tell("name", _text(lot.get("name")))
    coords = lot.get("coords")
    if isinstance(coords, dict):
        draft.place(number(coords.get("lng", coords.get("lon")), "lng"), number(coords.get("lat"), "lat"))
    draft.tell("totalSpotNumber", count(lot.get("total"), "total"))
    state = str(lot.get("state") or "").lower()
    if state not in ("nodata", "unknown"):
        draft.measure("availableSpotNumber", count(lot.get("free"), "free"))
        draft.count_places()
    told = {"open": "open", "closed": "closed", "nodata": "unknown", "unknown": "unknown", "many": "open"}
    draft.measure("status", told.get(state))
    draft.tell("address", {"streetAddress": street} if (street := _text(lot.get("address"))) else None)
    kind = _text(lot.get("lot_type") or lot.get("type"))
    draft.tell("layout", [LOT_KINDS[kind.lower()]] if kind.lower() in LOT_KINDS else None)
    draft.tell("areaServed", _text(lot.get("region")))
    draft.tell("website", _text(lot.get("url")))
    draft.tell("openingHours", _text(lot.get("opening_hours")))
    draft.tell("feeDescription", _text(lot.get("fee_hours")))
    return draft.entity


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _item(item: Any) -> Entity:
    """A site or a spot of v3.

    Raises:
        Wrong: it cannot be read.
    """
    if not isinstance(item, dict):
        raise Wrong("no object", f"An item is an object, not {str(item)[:40]}")
    told = item.get("uid", item.get("original_uid", item.get("id")))
    own = name_part(str(told)) if told is not None else ""
    if not own:
        raise Wrong("no id", "The item has no uid, so it cannot be told from others")
    if "original_uid" in item and item.get("source_id") is not None:
        own = f"{name_part(str(item['source_id']))}:{own}"
    purpose = item.get("purpose") or "CAR"
    if purpose not in ("CAR", "MOTORCYCLE"):
        raise Wrong("not for cars", f"{own} is for {str(purpose)[:20].lower()}s; car parks are read")
    # A state that came without a time stays without one.
    observed = moment(item.get("realtime_data_updated_at"), "realtime_data_updated_at", _UTC)
    if "realtime_status" in item or "parking_site_uid" in item:
        return _spot(item, own, observed)
    street = item.get("type") == "ON_STREET"
    draft = Draft("OnStreetParking" if street else "OffStreetParking", _id("ParkingSite", own), observed)
    _describe(draft, item)
    kind = KINDS.get(str(item.get("type")), "")
    draft.tell("layout", [kind] if kind and not street else None)
    draft.tell("feeCharged", item.get("has_fee") if isinstance(item.get("has_fee"), bool) else None)
    draft.tell("feeDescription", _text(item.get("fee_description")))
    draft.tell("openingHours", _text(item.get("opening_hours")))
    limit = number(item.get("max_stay"), "max_stay")
    draft.tell("maximumParkingDuration", seconds(limit * 60 if limit else None))
    for name, attribute in (("max_height", "maximumAllowedHeight"), ("max_width", "maximumAllowedWidth")):
        if (centimetres := number(item.get(name), name)) is not None and centimetres > 0:
            draft.tell(attribute, centimetres / 100, "MTR")
    ride = item.get("park_and_ride_type")
    draft.tell("category", ["parkAndRide"] if isinstance(ride, list) and ride and ride != ["NO"] else None)
    _counts(draft, item)
    if set(draft.entity) <= {"id", "type"}:
        raise Wrong("tells nothing", f"{own} has neither a name nor a count nor a state")
    return draft.entity


def _id(kind: str, own: str) -> str:
    """A whole id where the source's own tells enough; else one without "urn:", before which the platform names it."""
    alone = len(own) >= 8 and not own.replace("-", "").isdigit()
    return f"urn:ngsi-ld:{kind}:{own}" if alone else f"{kind}:{own}"


def _describe(draft: Draft, item: dict[str, Any]) -> None:
    draft.tell("name", _text(item.get("name")))
    draft.tell("description", _text(item.get("description")))
    draft.tell("provider", _text(item.get("operator_name")))
    draft.tell("website", _text(item.get("public_url")))
    draft.tell("images", [item["photo_url"]] if _text(item.get("photo_url")) else None)
    draft.tell("address", {"streetAddress": street} if (street := _text(item.get("address"))) else None)
    draft.place(number(item.get("lon"), "lon"), number(item.get("lat"), "lat"))


def _counts(draft: Draft, item: dict[str, Any]) -> None:
    """Places in all, free, and for whom: as single members (2023) and as restrictions (since 2025)."""
    now = count(item.get("realtime_capacity"), "realtime_capacity")
    draft.tell("totalSpotNumber", count(item.get("capacity"), "capacity") if now is None else now)
    draft.measure("availableSpotNumber", count(item.get("realtime_free_capacity"), "realtime_free_capacity"))
    draft.count_places()
    opening = {"OPEN": "open", "CLOSED": "closed", "UNKNOWN": "unknown"}
    draft.measure("status", opening.get(str(item.get("realtime_opening_status"))))
    for audience, who in WHO.items():
        word = {"WOMEN": "woman"}.get(audience, audience.lower())
        free = f"available{who[0].upper()}{who[1:]}SpotNumber"
        for name in (word, audience.lower()):
            draft.tell(f"{who}SpotNumber", count(item.get(f"capacity_{name}"), f"capacity_{name}"))
            live = f"realtime_free_capacity_{name}"
            draft.measure(free, count(item.get(live), live))
    restrictions = item.get("restrictions")
    for limit in restrictions if isinstance(restrictions, list) else ():
        if isinstance(limit, dict) and (kind := WHO.get(str(limit.get("type")), "")):
            draft.tell(f"{kind}SpotNumber", count(limit.get("capacity"), "capacity of a restriction"))
            free_now = count(limit.get("realtime_free_capacity"), "realtime_free_capacity of a restriction")
            draft.measure(f"available{kind[0].upper()}{kind[1:]}SpotNumber", free_now)


def _spot(item: dict[str, Any], own: str, observed: str) -> Entity:
    draft = Draft("ParkingSpot", _id("ParkingSpot", own), observed)
    _describe(draft, item)
    told = {"AVAILABLE": "free", "TAKEN": "occupied", "UNKNOWN": "unknown"}
    draft.measure("status", told.get(str(item.get("realtime_status"))))
    restrictions = item.get("restrictions")
    for limit in restrictions if isinstance(restrictions, list) else ():
        if isinstance(limit, dict) and (kind := WHO.get(str(limit.get("type")))):
            draft.tell("reservedFor", kind)
            break
    if site := name_part(str(item.get("parking_site_uid") or "")):
        draft.belongs("refParkingSite", _id("ParkingSite", site))
    return draft.entity
