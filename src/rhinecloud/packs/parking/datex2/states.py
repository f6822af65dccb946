"""States → entities: how full a car park is, of ParkingStatusPublication in all its forms.

v2 and v3.0 to v3.2: `parkingRecordStatus`. German profile of v2: `parkingFacilityStatus`, `parkingAreaStatus`. v3.3 and
later: `parkingStatusInformation`. Every state has the id of the static record that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rhinecloud.packs.parking.drafts import Draft, Entity, Wrong, count, moment, number

from .fields import PlacesFor, Source, group_id, name_in_id, site_id, spoken, spot_id, text, whose
from .markup import Node
from .tables import capacity
from .words import CLOSED, STATES, TREND


def record(node: Node, source: Source) -> Iterator[Entity]:
    """A `parkingRecordStatus`.

    Raises:
        Wrong: it cannot be read.
    """
    reference = node.first("parkingRecordReference")
    own = reference.attrs.get("id", "") if reference is not None else ""
    observed = moment(node.value("parkingStatusOriginTime"), "parkingStatusOriginTime") or source.published
    counts = node.first("parkingOccupancy") or Node("parkingOccupancy", {})
    state = node.value("parkingSiteStatus")
    total = count(counts.value("parkingNumberOfSpacesOverride"), "parkingNumberOfSpacesOverride")
    free = count(counts.value("parkingNumberOfVacantSpaces"), "parkingNumberOfVacantSpaces")
    taken = count(counts.value("parkingNumberOfOccupiedSpaces"), "parkingNumberOfOccupiedSpaces")
    if total == 1:
        yield _single(source, own, free, taken, observed)
        return
    draft = Draft("OffStreetParking", site_id(source, own), observed)
    draft.tell("name", name_in_id(own))
    if not (state == "unknown" and not free and not taken):
        _counts(draft, total, free, taken)
        share = number(counts.value("parkingOccupancy"), "parkingOccupancy")
        _share(draft, None if share is None else share / 100)
    _say(draft, state, node.value("parkingSiteOpeningStatus"))
    draft.measure("occupancyTrend", TREND.get(counts.value("parkingOccupancyTrend")))
    _flow(draft, counts)
    _groups(draft, node)
    draft.tell("description", text(node.first("parkingStatusDescription")))
    yield _told(draft)
    yield from _spaces(node, source, own, draft.entity["id"], observed)


def _counts(draft: Draft, total: int | None, free: int | None, taken: int | None) -> None:
    draft.measure("totalSpotNumber", total)
    draft.measure("availableSpotNumber", free)
    draft.measure("occupiedSpotNumber", taken)


def _share(draft: Draft, share: float | None) -> None:
    """How full: from the counts where they say it, since suppliers count shares of other wholes; else as told."""
    draft.count_places()
    if "occupancy" not in draft.entity and share is not None and share >= 0:
        draft.measure("occupancy", round(share, 4))


def _say(draft: Draft, state: str, opening: str) -> None:
    told = CLOSED.get(opening) or STATES.get(state) or STATES.get(opening)
    draft.measure("status", told or ("unknown" if state or opening else None))


def _told(draft: Draft) -> Entity:
    """
    Raises:
        Wrong: nothing is told.
    """
    if draft.empty or set(draft.entity) <= {"id", "type", "name"}:
        raise Wrong("tells nothing", f"The state of {draft.entity['id']} says neither counts nor whether it is open")
    return draft.entity


def _single(source: Source, own: str, free: int | None, taken: int | None, observed: str) -> Entity:
    """A record of one space is a sensor's: a single spot, free or taken."""
    draft = Draft("ParkingSpot", spot_id(source, own), observed)
    known = free if free is not None else None if taken is None else 1 - taken
    draft.measure("status", "unknown" if known is None else "free" if known > 0 else "occupied")
    return draft.entity


def _flow(draft: Draft, counts: Node) -> None:
    for name, attribute in (("Incoming", "vehicleEntranceCount"), ("Outgoing", "vehicleExitCount")):
        for node in counts.deep(f"numberOf{name}Vehicles"):
            draft.measure(attribute, count(node.value("vehicleCount") or node.text, f"numberOf{name}Vehicles"))


def _groups(draft: Draft, node: Node) -> None:
    """Counts of groups of spaces, by their index in the table, and of the categories of a supplier's own extension."""
    groups: list[dict[str, Any]] = []
    for outer in node.all("groupOfParkingSpacesStatus"):
        inner = outer.first("groupOfParkingSpacesStatus") or outer
        told = {
            "index": outer.attrs.get("groupIndex", ""),
            "availableSpotNumber": count(inner.value("parkingNumberOfVacantSpaces"), "parkingNumberOfVacantSpaces"),
            "occupiedSpotNumber": count(inner.value("parkingNumberOfOccupiedSpaces"), "parkingNumberOfOccupiedSpaces"),
        }
        groups.append({name: value for name, value in told.items() if value not in (None, "")})
    draft.measure("groupsOfSpots", groups)
    places = PlacesFor()
    for category in node.deep("category"):
        counts = category.first("parkingOccupancy")
        if counts is not None and (who := spoken(category.value("name"))):
            total, free = "parkingNumberOfSpacesOverride", "parkingNumberOfVacantSpaces"
            places.add(who, counts.value(total), counts.value(free))
    places.tell(draft)


def _spaces(node: Node, source: Source, own: str, site: str, observed: str) -> Iterator[Entity]:
    for outer in node.all("parkingSpaceStatus"):
        inner = outer.first("parkingSpaceStatus") or outer
        told = outer.attrs.get("parkingSpaceIndex", "")
        at = moment(inner.value("measurementOrCalculationTime"), "measurementOrCalculationTime") or observed
        draft = Draft("ParkingSpot", spot_id(source, own, told), at)
        closed = inner.value("parkingSpaceClosed").lower() in ("true", "1")
        occupied = {"true": "occupied", "1": "occupied", "false": "free", "0": "free"}
        draft.measure(
            "status", "closed" if closed else occupied.get(inner.value("parkingSpaceOccupied").lower(), "unknown")
        )
        draft.belongs("refParkingSite", site)
        yield draft.entity


def facility(node: Node, source: Source) -> Iterator[Entity]:
    """A `parkingFacilityStatus` or `parkingAreaStatus` of the German profile, which tells shares from 0 to 1.

    Raises:
        Wrong: it cannot be read.
    """
    what = node.name.removesuffix("Status")
    area = what == "parkingArea"
    reference = node.first(f"{what}Reference")
    own = reference.attrs.get("id", "") if reference is not None else ""
    observed = moment(node.value(f"{what}StatusTime"), f"{what}StatusTime") or source.published
    draft = (
        Draft("ParkingGroup", group_id(source, own), observed)
        if area
        else Draft("OffStreetParking", site_id(source, own), observed)
    )
    draft.tell("name", name_in_id(own))
    vacant, occupied = (
        f"parkingAreaTotalNumberOf{which}ParkingSpaces" if area else f"totalNumberOf{which}ParkingSpaces"
        for which in ("Vacant", "Occupied")
    )
    _counts(draft, capacity(node), count(node.value(vacant), vacant), count(node.value(occupied), occupied))
    share = number(node.value(f"{what}Occupancy"), f"{what}Occupancy")
    _share(draft, share if share is None or share <= 1 else share / 100)
    states = [child.text for child in node.all("parkingFacilityStatus") if child.text]
    opening = next((state for state in states if state in CLOSED or state == "open"), "")
    _say(draft, next((state for state in states if state != opening and state in STATES), ""), opening)
    draft.measure("occupancyTrend", TREND.get(node.value(f"{what}OccupancyTrend")))
    places = PlacesFor()
    for outer in node.all("assignedParkingSpacesStatus"):
        inner = outer.first("assignedParkingSpacesStatus") or outer
        places.add(whose(inner), "", inner.value("numberOfVacantAssignedParkingSpaces"))
    places.tell(draft)
    yield _told(draft)
    for inner in node.all("parkingFacilityStatus"):
        if inner.children:
            yield from facility(inner, source)


def information(node: Node, source: Source) -> Iterator[Entity]:
    """A `parkingStatusInformation` of v3.3 and later: of a place, a campus, or a single space.

    Raises:
        Wrong: it cannot be read.
    """
    reference = node.first("reference")
    own = reference.attrs.get("id", "") if reference is not None else ""
    observed = moment(node.value("lastUpdated", "measurementOrCalculationTime"), "lastUpdated") or source.published
    if node.kind == "SpaceStatus":
        draft = Draft("ParkingSpot", spot_id(source, own), observed)
        occupied = {"true": "occupied", "1": "occupied", "false": "free", "0": "free"}
        closed = node.value("openingStatus") in CLOSED
        draft.measure("status", "closed" if closed else occupied.get(node.value("occupied").lower(), "unknown"))
        yield draft.entity
        return
    campus = node.kind == "CampusStatus"
    draft = Draft(
        "ParkingGroup" if campus else "OffStreetParking",
        group_id(source, own) if campus else site_id(source, own),
        observed,
    )
    counts = node.first("occupancy") or Node("occupancy", {})
    total = counts.value("numberOfSpacesOverride") or node.value("supply/quantity")
    _counts(
        draft,
        count(total, "numberOfSpacesOverride"),
        count(counts.value("numberOfVacantSpaces"), "numberOfVacantSpaces"),
        count(counts.value("numberOfOccupiedSpaces"), "numberOfOccupiedSpaces"),
    )
    share = number(counts.value("occupancy"), "occupancy")
    _share(draft, None if share is None else share / 100)
    _say(draft, node.value("status"), node.value("openingStatus"))
    draft.measure("occupancyTrend", TREND.get(counts.value("occupancyTrend")))
    yield _told(draft)
