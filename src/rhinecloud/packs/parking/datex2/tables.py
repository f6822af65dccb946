"""Static records → entities: what a car park is, of ParkingTablePublication in all its forms.

v2 and v3.0 to v3.2: `parkingRecord`. German profile of v2: `parkingFacility`, `parkingArea`. v3.3 and later, which
follow APDS: `hierarchyElementGeneral` of the kinds Place, SubplaceElement, IdentifiedArea, Campus and Space.
"""

from __future__ import annotations

from collections.abc import Iterator

from rhinecloud.packs.parking.drafts import Draft, Entity, Wrong, count, number, seconds

from .fields import PlacesFor, Source, group_id, locate, name_in_id, site_id, spot_id, text, whose
from .hours import opening_hours
from .markup import Node
from .words import LAYOUT, PAYMENT


def record(node: Node, source: Source) -> Iterator[Entity]:
    """A `parkingRecord`: the car park, and its single spaces where they are told one by one.

    Raises:
        Wrong: it cannot be read.
    """
    own = node.attrs.get("id", "")
    total = count(node.value("parkingNumberOfSpaces", "parkingPrincipalNumberOfSpaces"), "parkingNumberOfSpaces")
    single = total == 1 and node.first("groupOfParkingSpaces") is None
    street = node.value("urbanParkingSiteType") == "onStreetParking"
    kind = "ParkingSpot" if single else "OnStreetParking" if street else "OffStreetParking"
    draft = Draft(kind, spot_id(source, own) if single else site_id(source, own))
    _describe(draft, node, source)
    if not single:
        draft.tell("totalSpotNumber", total)
    locate(draft, node, "parkingLocation", "parkingLocationReference", "locationReference")
    draft.tell("layout", [LAYOUT.get(n.text, n.text) for n in node.all("parkingLayout") if n.text])
    for name in ("highestFloor", "lowestFloor"):
        draft.tell(name, [f"{floor:g}"] if (floor := number(node.value(name), name)) is not None else None)
    _categories(draft, node, street=street)
    _assign(draft, node, single=single)
    yield draft.entity
    if not single:
        yield from _spaces(node, source, own, draft.entity["id"])


def _describe(draft: Draft, node: Node, source: Source) -> None:
    draft.tell("name", text(node.first("parkingName", "parkingFacilityName", "parkingAreaName", "name")))
    draft.tell("alternateName", text(node.first("parkingAlias", "alias")))
    draft.tell("description", text(node.first("parkingDescription", "parkingFacilityDescription", "description")))
    draft.tell("dataProvider", source.provider)
    draft.tell("website", node.value("urlLinkAddress", "informationWebsite/urlLinkAddress"))
    draft.tell("images", [n.value("urlLinkAddress") or n.text for n in node.all("photoUrl")])
    limit = number(node.value("maximumParkingDuration"), "maximumParkingDuration")
    draft.tell("maximumParkingDuration", seconds(limit))
    for place in ("operator", "owner"):
        if (body := node.first(place)) is not None:
            names = ("contactOrganisationName", "contactName", "name", "legalName")
            draft.tell("provider" if place == "operator" else "owner", text(body.first(*names)))
    times = node.first("openingTimes", "operatingHours")
    draft.tell("openingHours", opening_hours(times) if times is not None else "")
    draft.tell("address", _address(node))
    draft.tell("maximumAllowedHeight", _height(node), "MTR")
    _tariff(draft, node)


def _address(node: Node) -> dict[str, str]:
    """A postal address as schema.org has it, of Contact (v2, v3.0) or Address (v3.3)."""
    found: dict[str, str] = {}
    if (contact := node.first("parkingSiteAddress")) is not None:
        street = " ".join(filter(None, (contact.value(f"contactDetails{n}") for n in ("Street", "HouseNumber"))))
        found = {
            "streetAddress": street or text(contact.first("contactDetailsAddress")),
            "postalCode": contact.value("contactDetailsPostcode"),
            "addressLocality": text(contact.first("contactDetailsCity")),
            "addressCountry": contact.value("country").upper(),
        }
    for address in node.deep("address"):
        lines = {line.value("type"): text(line.first("text")) for line in address.all("addressLine")}
        found = {
            "streetAddress": " ".join(filter(None, (lines.get("street"), lines.get("houseNumber")))),
            "postalCode": address.value("postcode"),
            "addressLocality": text(address.first("city")) or lines.get("town", ""),
            "addressCountry": address.value("countryCode").upper(),
        }
        break
    return {name: value for name, value in found.items() if value}


def _height(node: Node) -> float | None:
    """The greatest height that may drive in, metres."""
    for rule in node.deep("heightCharacteristic"):
        height = number(rule.value("vehicleHeight"), "vehicleHeight")
        if height and rule.value("comparisonOperator") in ("lessThan", "lessThanOrEqualTo", "greaterThan", "equalTo"):
            return height
    return None


def _tariff(draft: Draft, node: Node) -> None:
    tariff = node.first("tariffsAndPayment", "rates")
    if tariff is None:
        return
    free = tariff.value("freeOfCharge").lower()
    draft.tell("feeCharged", {"true": False, "1": False, "false": True, "0": True}.get(free))
    draft.tell("feeDescription", text(tariff.first("paymentAdditionalDescription", "rateTableName")))
    means = [PAYMENT.get(n.text, n.text) for n in tariff.deep("acceptedMeansOfPayment") if n.text]
    draft.tell("acceptedPaymentMethod", list(dict.fromkeys(means)))
    for charge in tariff.deep("charge"):
        price, span = number(charge.value("charge"), "charge"), number(charge.value("chargeInterval"), "chargeInterval")
        if price is not None and span and span <= 3600:
            draft.tell("pricePerHour", round(price * 3600 / span, 2))
            draft.tell("feeCharged", price > 0)
            break
    draft.tell("priceCurrency", next((n.text for n in tariff.deep("chargeCurrency", "applicableCurrency")), ""))


def _categories(draft: Draft, node: Node, *, street: bool) -> None:
    uses = {n.value("parkingUsageScenario") or n.text for n in node.deep("parkingUsageScenario")}
    category = ["onStreet" if street else "offStreet"] if node.kind == "UrbanParkingSite" else []
    category += ["parkAndRide"] if "parkAndRide" in uses else []
    category += ["truckParking"] if "truckParking" in uses or node.kind == "InterUrbanParkingSite" else []
    category += ["groupOfParkingSites"] if node.kind == "GroupOfParkingSites" else []
    draft.tell("category", category)
    draft.tell("usageScenario", sorted(use for use in uses if use))


def _assign(draft: Draft, node: Node, *, single: bool) -> None:
    """How many places are for whom, of groups of spaces and of the German profile's `assignedParkingSpaces`."""
    if single:
        for name in ("onlyAssignedParking", "assignedParkingAmongOthers"):
            if (assignment := node.first(name)) is not None and (who := whose(assignment)):
                draft.tell("reservedFor", who)
        return
    places = PlacesFor()
    for group in node.all("groupOfParkingSpaces"):
        inner = group.first("parkingSpaceBasics", "groupOfParkingSpaces") or group
        places.add(whose(inner), inner.value("parkingNumberOfSpaces"))
    for assigned in node.all("assignedParkingSpaces"):
        inner = assigned.first("assignedParkingSpaces") or assigned
        places.add(whose(inner), inner.value("numberOfAssignedParkingSpaces"))
    places.tell(draft)


def _spaces(node: Node, source: Source, own: str, site: str) -> Iterator[Entity]:
    every = list(node.deep("parkingSpace"))
    for index, outer in enumerate([n for n in every if "parkingSpaceIndex" in n.attrs] or every, 1):
        space = outer.first("parkingSpace") or outer
        told = outer.attrs.get("parkingSpaceIndex", str(index))
        draft = Draft("ParkingSpot", spot_id(source, own, told))
        draft.tell("name", text(space.first("parkingSpaceOrGroupIdentifier")) or told)
        locate(draft, space, "location", "locationReference")
        draft.tell("reservedFor", whose(space))
        draft.belongs("refParkingSite", site)
        yield draft.entity


def facility(node: Node, source: Source) -> Iterator[Entity]:
    """A `parkingFacility` or `parkingArea` of the German profile.

    Raises:
        Wrong: it cannot be read.
    """
    own, area = node.attrs.get("id", ""), node.name == "parkingArea"
    draft = Draft("ParkingGroup", group_id(source, own)) if area else Draft("OffStreetParking", site_id(source, own))
    _describe(draft, node, source)
    if "name" not in draft.entity:
        draft.tell("name", name_in_id(own))
    draft.tell("totalSpotNumber", capacity(node))
    locate(draft, node, "facilityLocation", "areaLocation", "parkingAreaLocation", "locationReference")
    layout = node.value("parkingFacilityLayout")
    draft.tell("layout", [LAYOUT.get(layout, layout)] if layout else None)
    _assign(draft, node, single=False)
    if (height := number(node.value("maximumHeight", "vehicleHeightLimit"), "maximumHeight")) is not None:
        draft.tell("maximumAllowedHeight", height, "MTR")
    yield draft.entity


def capacity(node: Node) -> int | None:
    """Places in all of the German profile: as told, else those for short and for long stays together."""
    told = [f"totalParkingCapacity{kind}{override}" for override in ("", "Override") for kind in ("",)]
    if (total := count(node.value(*told), "totalParkingCapacity")) is not None:
        return total
    parts = [
        count(node.value(f"totalParkingCapacity{kind}", f"totalParkingCapacity{kind}Override"), kind)
        for kind in ("ShortTerm", "LongTerm")
    ]
    return sum(part or 0 for part in parts) if any(part is not None for part in parts) else None


_NO_PLACE = ("VehicularAccess", "PedestrianAccess", "DedicatedAccess", "SupplementalFacility")


def element(node: Node, source: Source) -> Iterator[Entity]:
    """A `hierarchyElementGeneral` of v3.3 and later.

    Raises:
        Wrong: it cannot be read, or is an entrance or a facility and no place to park.
    """
    own, kind = node.attrs.get("id", ""), node.kind or node.value("type").capitalize()
    if kind in _NO_PLACE:
        raise Wrong("not a car park", f"{own} is of the kind {kind}, which is no place to park")
    parent = node.first("parentId")
    parent_id = parent.attrs.get("id", "") if parent is not None else ""
    shape = node.value("commonComponents/characteristics/structureType")
    if kind == "Space":
        draft = Draft("ParkingSpot", spot_id(source, own))
        draft.tell("reservedFor", whose(node))
    elif kind == "Place":
        draft = Draft("OnStreetParking" if shape == "onStreet" else "OffStreetParking", site_id(source, own))
    else:
        draft = Draft("ParkingGroup", group_id(source, own))
    if parent_id and kind != "Place":
        draft.belongs("refParkingSite", site_id(source, parent_id))
    _describe(draft, node, source)
    if kind != "Space":
        _element_counts(draft, node)
    locate(draft, node, "locationReference")
    yield draft.entity


def _element_counts(draft: Draft, node: Node) -> None:
    spaces = node.value("supply/quantity", "commonComponents/characteristics/spacesTotal")
    draft.tell("totalSpotNumber", count(spaces, "quantity"))
    layout = [n for n in (node.value("layout"), node.value("commonComponents/characteristics/structureType")) if n]
    draft.tell("layout", list(dict.fromkeys(LAYOUT.get(n, n) for n in layout)))
    access = node.value("commonComponents/characteristics/accessForPersonsWithDisabilities").lower()
    draft.tell("accessibleForDisabled", {"true": True, "1": True, "false": False, "0": False}.get(access))
    floors = node.value("availableFloors")
    draft.tell("highestFloor", [floors] if floors else None)
    uses = sorted({n.value("type") for n in node.deep("operatingPattern") if n.value("type")})
    draft.tell("usageScenario", uses)
    draft.tell("category", ["parkAndRide"] if "parkAndRide" in uses else None)
