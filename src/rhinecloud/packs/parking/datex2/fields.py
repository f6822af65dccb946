"""What static records and states have in common: ids, texts, where things are, and for whom places are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from rhinecloud.packs.parking.drafts import Draft, Wrong, count, name_part, number

from .markup import Node
from .words import FOR_WHOM, SPOKEN


class Source(NamedTuple):
    """Who supplied the document, and when it was published."""

    supplier: str  # as a part of ids
    provider: str  # as it is written
    published: str  # RFC 3339, "" where it is not told


def site_id(source: Source, told: str) -> str:
    """The id of a car park; the same for its static record and its states, whatever type each has.

    The German profile writes the name behind the id, in brackets, in one of the two publications only.
    Raises:
        Wrong: there is none.
    """
    return _known(told) or f"urn:ngsi-ld:ParkingSite:{source.supplier}:{_own(told)}"


def group_id(source: Source, told: str) -> str:
    return _known(told) or f"urn:ngsi-ld:ParkingGroup:{source.supplier}:{_own(told)}"


def spot_id(source: Source, told: str, index: str = "") -> str:
    if not index and (known := _known(told)):
        return known
    return f"urn:ngsi-ld:ParkingSpot:{source.supplier}:{_own(told)}" + (f":{name_part(index)}" if index else "")


def _known(told: str) -> str:
    """An id that is one of NGSI-LD already: the publication comes from a city like this one."""
    return told if re.fullmatch(r"urn:ngsi-ld:[A-Za-z]+:[^\s\[\]<>\"]+", told) else ""


def _own(told: str) -> str:
    own = name_part(re.sub(r"\[.*\]\s*$", "", told))
    if not own:
        raise Wrong("no id", "The record has no id, so it cannot be told from others")
    return own


def name_in_id(told: str) -> str:
    """The name that the German profile writes behind the id: "24278[Karstadt]"."""
    found = re.search(r"\[(.+)\]\s*$", told)
    return found[1].strip() if found else ""


def text(node: Node | None) -> str:
    """A multilingual text, in German where it is there, else in English, else in the first language."""
    if node is None:
        return ""
    values = [value for value in node.deep("value") if value.text.strip()]
    if not values:
        return node.text.strip()
    by_language = {value.attrs.get("lang", "")[:2].lower(): value.text.strip() for value in reversed(values)}
    return " ".join((by_language.get("de") or by_language.get("en") or values[0].text).split())


def locate(draft: Draft, record: Node, *names: str) -> None:
    """Where it is: a point, or else the ring around its area.

    Raises:
        Wrong: a coordinate is no figure, or nowhere.
    """
    for place in (node for name in names for node in record.all(name)):
        for point in place.deep("pointCoordinates", "locationForDisplay", "coordinatesForDisplay"):
            lat, lon = number(point.value("latitude"), "latitude"), number(point.value("longitude"), "longitude")
            draft.place(lon, lat)
            if draft.value("location"):
                return
        for ring in place.deep("posList"):
            figures = [figure for part in ring.text.split() if (figure := number(part, "posList")) is not None]
            positions = [[lon, lat] for lat, lon in zip(figures[::2], figures[1::2], strict=False)]
            if len(positions) >= 4 and positions[0] == positions[-1]:
                draft.shape({"type": "Polygon", "coordinates": [positions]})
                return


def whose(node: Node) -> str:
    """For whom the places of an assignment are: "disabled", "women", …; "" for everybody."""
    told = {FOR_WHOM[n.text] for n in _words(node) if n.text in FOR_WHOM}
    return next((who for who in ("disabled", "women", "family", "charging", "truck", "bus") if who in told), "")


def _words(node: Node) -> Iterable[Node]:
    return node.deep(
        *("applicableForUser", "personTypeForWhichSpacesAssigned", "fuelType", "vehicleType", "userGroup"),
        "propulsionEnergyType",
    )


def spoken(name: str) -> str:
    """For whom, told in German or English words."""
    low = name.lower()
    return next((who for word, who in SPOKEN if word in low), "")


class PlacesFor:
    """Sums places by whom they serve, and tells them as `disabledSpotNumber`, `availableDisabledSpotNumber`, …"""

    def __init__(self) -> None:
        self._all: Counter[str] = Counter()
        self._free: Counter[str] = Counter()

    def add(self, who: str, places: str = "", free: str = "") -> None:
        """
        Raises:
            Wrong: a figure is none.
        """
        if who and (found := count(places, f"places for {who}")) is not None:
            self._all[who] += found
        if who and (found := count(free, f"free places for {who}")) is not None:
            self._free[who] += found

    def tell(self, draft: Draft) -> None:
        for who, places in self._all.items():
            draft.tell(f"{who}SpotNumber", places)
        for who, free in self._free.items():
            draft.measure(f"available{who[0].upper()}{who[1:]}SpotNumber", free)
