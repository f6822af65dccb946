"""Car parks as parking records of DATEX II v3.0 to v3.2, whose form is that of v2.

Source: DATEX II v3.1, Parking (ParkingRecord, UrbanParkingSite, ParkingRecordStatus, ParkingSiteStatus).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from . import writing
from .writing import Entity, observed, said, tag, text, value

_WHOM: Final = (("disabled", "disabled"), ("women", "women"), ("family", "families"))
_LAYOUT: Final = frozenset(
    (
        *("multiStorey", "singleLevel", "underground", "undergroundAndMultistorey", "automatedParkingGarage"),
        *("openSpace", "covered", "nested", "field"),
    )
)


def _located(entities: Iterable[Entity]) -> list[Entity]:
    """A record needs a place; and this form has no single spots without a car park."""
    return [e for e in writing.car_parks(entities) if not writing.is_spot(e) and writing.position(e) is not None]


def table(entities: Iterable[Entity]) -> bytes:
    """ParkingTablePublication of v3.0 to v3.2. Without a car park, or one that is nowhere, there is no valid one."""
    sites = _located(entities)
    at = writing.newest(sites, *writing.STATIC)
    records = "".join(_record(entity, at) for entity in sites)
    inner = tag(
        "prk:parkingTable",
        text("prk:parkingTableVersionTime", at),
        records,
        id=writing.TABLE_ID,
        version=str(len(sites)),
    )
    return writing.payload("ParkingTablePublication", sites, at, "prk", inner)


def _record(entity: Entity, at: str) -> str:
    height = writing.height_limit(entity)
    layout = value(entity, "layout") or []
    always, periods = writing.validity(str(value(entity, "openingHours") or ""))
    validity = (
        tag(
            "prk:validity",
            text("com:validityStatus", "definedByValidityTimeSpec"),
            tag("com:validityTimeSpecification", text("com:overallStartTime", "2020-01-01T00:00:00Z"), periods),
        )
        if periods
        else ""
    )
    times = text("prk:available24hours", True) if always else validity
    street = writing.type_of(entity) == "OnStreetParking"
    fee = said("prk:paymentAdditionalDescription", value(entity, "feeDescription"))
    charged = value(entity, "feeCharged")
    fee += text("prk:freeOfCharge", not charged if isinstance(charged, bool) else None)
    return tag(
        "prk:parkingRecord",
        said("prk:parkingName", value(entity, "name")),
        said("prk:parkingAlias", value(entity, "alternateName")),
        said("prk:parkingDescription", value(entity, "description")),
        text("prk:parkingRecordVersionTime", observed(entity, *writing.STATIC) or at),
        text("prk:parkingNumberOfSpaces", writing.whole(entity, "totalSpotNumber")),
        text("prk:urlLinkAddress", value(entity, "website")),
        writing.location("prk:parkingLocation", entity),
        tag("prk:onlyAssignedParking", tag("prk:vehicleCharacteristics", height)) if height else "",
        tag("prk:tariffsAndPayment", fee) if fee else "",
        *_groups(entity),
        *(text("prk:parkingLayout", word) for word in (layout if isinstance(layout, list) else []) if word in _LAYOUT),
        tag("prk:openingTimes", times) if times else "",
        text("prk:urbanParkingSiteType", "onStreetParking" if street else "offStreetParking"),
        xsi_type="prk:UrbanParkingSite",
        id=str(entity["id"]),
        version=writing.version(entity),
    )


def _groups(entity: Entity) -> Iterable[str]:
    index = 0
    for who, word in _WHOM:
        if (places := writing.whole(entity, f"{who}SpotNumber")) is not None:
            index += 1
            inner = (
                tag("prk:onlyAssignedParking", text("prk:applicableForUser", word))
                + text("prk:parkingNumberOfSpaces", places)
                + text("prk:parkingTypeOfGroup", "statisticsOnly")
            )
            basics = tag("prk:parkingSpaceBasics", inner, xsi_type="prk:GroupOfParkingSpaces")
            yield tag("prk:groupOfParkingSpaces", basics, groupIndex=str(index))


def status(entities: Iterable[Entity]) -> bytes:
    """ParkingStatusPublication of v3.0 to v3.2."""
    sites = [e for e in _located(entities) if writing.free_of(e) is not None or value(e, "status")]
    reference = tag("prk:parkingTableReference", id=writing.TABLE_ID, targetClass="par:ParkingTable")
    at = writing.newest(sites, "availableSpotNumber", "status")
    return writing.payload(
        "ParkingStatusPublication", sites, at, "prk", reference, *(_status(entity, at) for entity in sites)
    )


def _status(entity: Entity, at: str) -> str:
    share = value(entity, "occupancy")
    state = str(value(entity, "status") or "")
    counts = (
        text("prk:parkingNumberOfSpacesOverride", writing.whole(entity, "totalSpotNumber"))
        + text("prk:parkingNumberOfVacantSpaces", writing.free_of(entity))
        + text("prk:parkingNumberOfOccupiedSpaces", writing.whole(entity, "occupiedSpotNumber"))
        + text("prk:parkingOccupancy", round(share * 100, 1) if isinstance(share, int | float) else None)
        + text("prk:parkingOccupancyTrend", value(entity, "occupancyTrend"))
    )
    opening = (
        state if state in ("closed", "closedAbnormal") else "statusUnknown" if state in ("", "unknown") else "open"
    )
    return tag(
        "prk:parkingRecordStatus",
        tag("prk:parkingRecordReference", id=str(entity["id"]), targetClass="par:ParkingRecord"),
        text("prk:parkingStatusOriginTime", observed(entity, "availableSpotNumber", "status") or at),
        tag("prk:parkingOccupancy", counts),
        text("prk:parkingSiteStatus", writing.fullness(entity)),
        text("prk:parkingSiteOpeningStatus", opening),
        xsi_type="prk:ParkingSiteStatus",
    )
