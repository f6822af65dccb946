"""Car parks as DATEX II v3 publications: the table of what they are, and their state of the moment.

Two forms, since v3 changed in the middle: `Current` for v3.3 to v3.7, which follow APDS (places in a hierarchy), and
`Records` for v3.0 to v3.2, whose parking records are those of v2 and which most readers still expect. Both are valid
against the schemas; elements stand in the order that these demand. Rendering is pure: the time of publication is that
of the newest fact, so that the same facts are the same bytes.

Source: DATEX II v3, ParkingTablePublication, ParkingStatusPublication.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from rhinecloud.packs.parking.hours import HOLIDAY, Rule, parse

Entity = Mapping[str, Any]

_ROOT: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<d2:payload xmlns:d2="http://datex2.eu/schema/3/d2Payload"'
    ' xmlns:com="http://datex2.eu/schema/3/common" xmlns:loc="http://datex2.eu/schema/3/locationReferencing"'
    ' xmlns:locx="http://datex2.eu/schema/3/locationExtension" xmlns:fac="http://datex2.eu/schema/3/facilities"'
    ' xmlns:prk="http://datex2.eu/schema/3/parking" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
TABLE_ID: Final = "car-parks"
_CLOSED: Final = {"closed": "closed", "closedAbnormal": "temporarilyClosed"}
_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STATIC: Final = (
    *("name", "alternateName", "description", "location", "address", "totalSpotNumber", "openingHours", "website"),
    *(
        "layout",
        "category",
        "maximumAllowedHeight",
        "feeDescription",
        "feeCharged",
        "pricePerHour",
        "provider",
        "owner",
    ),
    *("maximumParkingDuration", "accessibleForDisabled", "disabledSpotNumber", "womenSpotNumber", "familySpotNumber"),
    *("chargingSpotNumber", "reservedFor", "refParkingSite"),
)


def tag(name: str, *inner: str | None, **attrs: str) -> str:
    """An element with what stands in it; attributes' names have "_" for ":"."""
    told = "".join(f" {key.replace('_', ':')}={quoteattr(value)}" for key, value in attrs.items() if value)
    return f"<{name}{told}>{''.join(part for part in inner if part)}</{name}>"


def text(name: str, value: Any) -> str:
    """An element with a plain value; nothing where there is none."""
    if value is None or value in ("", [], {}):
        return ""
    return tag(name, ("true" if value else "false") if isinstance(value, bool) else escape(str(value)))


def said(name: str, value: Any) -> str:
    """A multilingual text."""
    return tag(name, tag("com:values", tag("com:value", escape(str(value)), lang="de"))) if value else ""


def value(entity: Entity, name: str) -> Any:
    """The plain value of an attribute; None where there is none."""
    instance = entity.get(name)
    instance = instance[0] if isinstance(instance, list) and instance else instance
    return instance.get("value", instance.get("object")) if isinstance(instance, Mapping) else None


def observed(entity: Entity, *names: str) -> str:
    """The newest time of some attributes: when observed, else when changed."""
    found = [part for name in names if isinstance(part := entity.get(name), Mapping)]
    return max((str(part.get("observedAt") or part.get("modifiedAt") or "") for part in found), default="")


def free_of(entity: Entity) -> int | None:
    free = value(entity, "availableSpotNumber")
    return max(0, int(free)) if isinstance(free, int | float) and not isinstance(free, bool) else None


def whole(entity: Entity, name: str) -> int | None:
    told = value(entity, name)
    return int(told) if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0 else None


def position(entity: Entity) -> tuple[float, float] | None:
    """(lon, lat): the point itself, or the middle of an area."""
    place = value(entity, "location")
    if not isinstance(place, Mapping):
        return None
    flat = place.get("coordinates")
    while isinstance(flat, list) and flat and isinstance(flat[0], list) and isinstance(flat[0][0], list):
        flat = flat[0]
    if isinstance(flat, list) and flat and isinstance(flat[0], list):
        return sum(p[0] for p in flat) / len(flat), sum(p[1] for p in flat) / len(flat)
    return (flat[0], flat[1]) if isinstance(flat, list) and len(flat) >= 2 else None


def _is_real(entities: list[Entity]) -> bool:
    return not entities or any("simulated" not in str(value(e, "dataProvider") or "") for e in entities)


def newest(entities: list[Entity], *names: str) -> str:
    return max((observed(entity, *names) for entity in entities), default="") or "1970-01-01T00:00:00Z"


def payload(kind: str, entities: list[Entity], at: str, prefix: str, *inner: str) -> bytes:
    creator = tag("com:publicationCreator", text("com:country", "de"), text("com:nationalIdentifier", "RhineCloud"))
    header = tag(
        f"{prefix}:headerInformation",
        text("com:confidentiality", "noRestriction"),
        # A simulated city says so, lest its figures be taken for real ones.
        text("com:informationStatus", "real" if _is_real(entities) else "test"),
    )
    head = text("com:publicationTime", at) + creator
    if kind == "ParkingTablePublication":
        head += header
        body = "".join(inner)
    else:
        body = inner[0] + header + "".join(inner[1:])
    opening = f'{_ROOT} xsi:type="prk:{kind}" lang="de" modelBaseVersion="3">'
    return f"{opening}{head}{body}</d2:payload>\n".encode()


def version(entity: Entity) -> str:
    """A number that changes when what does not change by itself has changed."""
    told = repr([(name, value(entity, name)) for name in STATIC])
    return str(zlib.crc32(told.encode()))


def location(name: str, entity: Entity, *, address: bool = False) -> str:
    point = position(entity)
    if point is None:
        return ""
    place = value(entity, "address")
    extension = _address(place) if address and isinstance(place, Mapping) else ""
    return tag(
        name,
        extension,
        tag(
            "loc:pointByCoordinates",
            tag("loc:pointCoordinates", text("loc:latitude", point[1]), text("loc:longitude", point[0])),
        ),
        xsi_type="loc:PointLocation",
    )


def _address(place: Mapping[str, Any]) -> str:
    country = str(place.get("addressCountry", ""))
    street = place.get("streetAddress")
    line = tag("locx:addressLine", text("locx:type", "street"), said("locx:text", street), order="0") if street else ""
    inner = (
        text("locx:postcode", place.get("postalCode"))
        + said("locx:city", place.get("addressLocality"))
        + text("locx:countryCode", country.lower() if len(country) == 2 else "")
        + line
    )
    if not inner:
        return ""
    return tag("loc:_locationReferenceExtension", tag("loc:facilityLocation", tag("locx:address", inner)))


def validity(hours: str) -> tuple[bool, str]:
    """(open all the time, periods): opening hours in the notation of OpenStreetMap as periods of DATEX II."""
    rules = parse(hours) if hours else None
    if not rules:
        return False, ""
    if rules == [Rule(frozenset(range(8)), ((0, 1440),))]:
        return True, ""
    periods = []
    for rule in rules:
        days = "".join(text("com:applicableDay", _WEEK[day]) for day in sorted(rule.days - {HOLIDAY}))
        times = "".join(
            tag(
                "com:recurringTimePeriodOfDay",
                text("com:startTimeOfPeriod", _clock(start)),
                text("com:endTimeOfPeriod", _clock(end)),
            )
            for start, end in rule.spans
        )
        if days and times:
            periods.append(tag("com:validPeriod", times, tag("com:recurringDayWeekMonthPeriod", days)))
    return False, "".join(periods)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}:00"


def height_limit(entity: Entity) -> str:
    height = value(entity, "maximumAllowedHeight")
    if not isinstance(height, int | float) or not height:
        return ""
    rule = text("com:comparisonOperator", "lessThanOrEqualTo") + text("com:vehicleHeight", height)
    return tag("com:heightCharacteristic", rule)


def car_parks(entities: Iterable[Entity]) -> list[Entity]:
    """Car parks, in the order of their ids; not what is confidential."""
    return sorted((e for e in entities if not value(e, "confidentiality")), key=lambda e: str(e["id"]))


# ── v3.3 and later ────────────────────────────────────────────────────────────────────────────────────────────────────


def table(entities: Iterable[Entity]) -> bytes:
    """ParkingTablePublication of v3.3 to v3.7: every car park and single spot with what does not change by itself."""
    sites = car_parks(entities)
    at = newest(sites, *STATIC)
    inner = "".join(_element(entity) for entity in sites)
    if not inner:
        return payload("ParkingTablePublication", sites, at, "prk", _table(at, _nothing()))
    return payload("ParkingTablePublication", sites, at, "prk", _table(at, inner))


def _table(at: str, inner: str) -> str:
    version = str(zlib.crc32(inner.encode()))
    return tag("prk:parkingTable", text("prk:versionTime", at), inner, id=TABLE_ID, version=version)


def _nothing() -> str:
    """A table needs an element; a city without car parks has an empty campus."""
    inner = text("prk:layer", "0") + text("prk:type", "campus")
    return tag("prk:hierarchyElementGeneral", inner, xsi_type="prk:Campus", id="city", version="1")


def _element(entity: Entity) -> str:
    spot = is_spot(entity)
    hours = str(value(entity, "openingHours") or "")
    always, periods = validity(hours)
    operating = (
        tag("fac:operatingHours", xsi_type="fac:OpenAllHours")
        if always
        else tag(
            "fac:operatingHours",
            text("fac:label", hours),
            tag("fac:overallPeriod", text("com:overallStartTime", "2020-01-01T00:00:00Z"), periods),
            xsi_type="fac:OperatingHoursSpecification",
            id=f"{entity['id']}-hours",
            version="1",
        )
        if periods
        else ""
    )
    website, height = value(entity, "website"), height_limit(entity)
    facility = (
        said("fac:name", value(entity, "name"))
        + said("fac:alias", value(entity, "alternateName"))
        + text("fac:lastUpdated", observed(entity, *STATIC))
        + said("fac:description", value(entity, "description"))
        + said("fac:additionalInformation", value(entity, "feeDescription"))
        + (tag("fac:informationWebsite", text("com:urlLinkAddress", website)) if website else "")
        + operating
        + location("fac:locationReference", entity, address=True)
        + (tag("fac:applicableForVehicles", height) if height else "")
    )
    total, layer = whole(entity, "totalSpotNumber"), "2" if spot else "1"
    site = value(entity, "refParkingSite") if spot else None
    hierarchy = (
        text("prk:layer", layer)
        + text("prk:type", "space" if spot else "place")
        + (tag("prk:parentId", id=str(site), version="1", targetClass="fac:FacilityObject") if site else "")
        + ("" if total is None else tag("prk:supply", text("prk:quantity", total), text("prk:viewType", "spaceView")))
    )
    return tag(
        "prk:hierarchyElementGeneral",
        facility,
        hierarchy,
        "" if spot else _components(entity, total),
        xsi_type="prk:Space" if spot else "prk:Place",
        id=str(entity["id"]),
        version=version(entity),
    )


def _components(entity: Entity, total: int | None) -> str:
    layout = value(entity, "layout") or []
    layouts = set(layout) if isinstance(layout, list) else {layout}
    street = type_of(entity) == "OnStreetParking"
    built = bool(layouts & {"multiStorey", "multiLevel", "underground", "automatedParkingGarage", "building"})
    structure = "onStreet" if street else "offStreetStructure" if built else "offStreetSurface"
    shape = "openSpace" if "openSpace" in layouts else "building" if built else ""
    inner = text("prk:structureType", structure)
    inner += text("prk:coveredType", "covered" if layouts & {"underground", "covered"} else "")
    inner += text("prk:spacesTotal", total)
    access = value(entity, "accessibleForDisabled")
    access = True if access is None and whole(entity, "disabledSpotNumber") else access
    inner += text("prk:accessForPersonsWithDisabilities", access)
    return text("prk:layout", shape) + tag("prk:commonComponents", tag("prk:characteristics", inner))


def status(entities: Iterable[Entity]) -> bytes:
    """ParkingStatusPublication of v3.3 to v3.7: how full every car park is, and whether each single spot is free."""
    sites = [e for e in car_parks(entities) if is_spot(e) or free_of(e) is not None or value(e, "status")]
    inner = "".join(_spot_status(entity) if is_spot(entity) else _place_status(entity) for entity in sites)
    reference = tag("prk:parkingTableReference", id=TABLE_ID, targetClass="prk:ParkingTable")
    if not inner:
        inner = tag(
            "prk:parkingStatusInformation",
            tag("fac:reference", id="city", targetClass="fac:FacilityObject"),
            xsi_type="prk:CampusStatus",
        )
    return payload(
        "ParkingStatusPublication", sites, newest(sites, "availableSpotNumber", "status"), "prk", reference, inner
    )


def _head_of_status(entity: Entity) -> str:
    state = str(value(entity, "status") or "")
    closed = _CLOSED.get(state)
    opening = closed or ("statusUnknown" if state in ("", "unknown") else "open")
    return (
        tag("fac:reference", id=str(entity["id"]), targetClass="fac:FacilityObject")
        + text("fac:lastUpdated", observed(entity, "availableSpotNumber", "status"))
        + text("fac:openingStatus", opening)
    )


def _place_status(entity: Entity) -> str:
    state = fullness(entity)
    taken, share = whole(entity, "occupiedSpotNumber"), value(entity, "occupancy")
    counts = (
        text("prk:numberOfSpacesOverride", whole(entity, "totalSpotNumber"))
        + text("prk:numberOfVacantSpaces", free_of(entity))
        + text("prk:numberOfOccupiedSpaces", taken)
        + text("prk:occupancy", round(share * 100, 1) if isinstance(share, int | float) else None)
        + text("prk:occupancyTrend", value(entity, "occupancyTrend"))
    )
    return tag(
        "prk:parkingStatusInformation",
        _head_of_status(entity),
        tag("prk:occupancy", counts) if counts else "",
        text("prk:status", state),
        xsi_type="prk:PlaceStatus",
    )


def _spot_status(entity: Entity) -> str:
    state = value(entity, "status")
    if state not in ("free", "occupied"):
        return ""
    inner = _head_of_status(entity) + text("prk:occupied", state == "occupied")
    return tag("prk:parkingStatusInformation", inner, xsi_type="prk:SpaceStatus")


def fullness(entity: Entity) -> str:
    """ParkingPlaceStatusEnum, from what is told or else from the counts."""
    state, free, total = str(value(entity, "status") or ""), free_of(entity), whole(entity, "totalSpotNumber")
    if state in ("full", "fullAtEntrance", "almostFull", "spacesAvailable"):
        return state
    if state in _CLOSED or free is None:
        return "unknown"
    return "full" if free == 0 else "almostFull" if total and free < 0.05 * total else "spacesAvailable"


def type_of(entity: Entity) -> str:
    told = entity.get("type", "")
    names = told if isinstance(told, list) else [told]
    return "OnStreetParking" if "OnStreetParking" in names and "OffStreetParking" not in names else str(names[0])


def is_spot(entity: Entity) -> bool:
    return type_of(entity) == "ParkingSpot"
