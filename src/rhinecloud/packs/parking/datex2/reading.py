"""DATEX II parking publications → entities; what cannot be read of them stays, record by record, with its reason.

Source: DATEX II v2.0 to v2.3, v3.0 to v3.7, Parking; the MDM profiles ParkingFacilityTable and ParkingFacilityStatus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rhinecloud.kit import Bad
from rhinecloud.packs.parking.drafts import Entity, Wrong, moment, name_part

from . import states, tables
from .fields import Source
from .markup import Broken, Node, Records, head_text, records

Read = Callable[[Node, Source], Iterator[Entity]]
FORMS: Final[dict[str, Read]] = {
    "parkingRecord": tables.record,
    "parkingFacility": tables.facility,
    "parkingArea": tables.facility,
    "hierarchyElementGeneral": tables.element,
    "parkingRecordStatus": states.record,
    "parkingFacilityStatus": states.facility,
    "parkingAreaStatus": states.facility,
    "parkingStatusInformation": states.information,
}
"""Name of a record's element → what reads it."""
_NAMES: Final = frozenset(FORMS)
_OPEN: Final = ("", "noRestriction")


def is_datex2(name: str, head: bytes) -> bool:
    """Whether a file is a DATEX II publication about parking, by its beginning."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if not text.startswith("<") or "<html" in text[:2000].lower():
        return False
    return ("datex2" in text or "d2LogicalModel" in text) and any(word in text for word in ("parking", "Parking"))


def read(data: bytes) -> Iterator[Entity | Bad]:
    """Every record of a publication, as an entity (or several) or with the reason why not.

    Raises:
        ValueError: it is no DATEX II about parking, or broken before its first record.
    """
    handler = Records(_NAMES)
    found = 0
    try:
        for node in records(data, _NAMES, handler):
            found += 1
            yield from _one(node, handler.head)
    except Broken as error:
        if not found:
            raise ValueError(f"This cannot be read as DATEX II: {error}") from error
        yield Bad("broken file", f"The file breaks off behind record {found}: {error}")
        return
    if not found:
        kind = handler.head.get("payload@type") or handler.head.get("payloadPublication@type") or "document"
        inner = handler.head.get("genericPublicationName", "")
        raise ValueError(f"This is a {inner or kind.rpartition(':')[2]} without records about parking")


def _one(node: Node, head: dict[str, str]) -> Iterator[Entity | Bad]:
    try:
        if (status := head.get("informationStatus", "real")) != "real":
            raise Wrong("no real data", f"The publication says of itself that it is no real one: {status}")
        if (secret := head.get("confidentiality", "")) not in _OPEN:
            raise Wrong(
                "confidential", f"The publication is {secret}; parking is open data here, so it is not taken in"
            )
        # Several entities of one record come together or not at all.
        yield from list(FORMS[node.name](node, _source(head)))
    except Wrong as error:
        yield error.bad(_shown(node))


def _source(head: dict[str, str]) -> Source:
    provider = head.get("nationalIdentifier", "")
    supplier = name_part(provider).lower() or name_part(head.get("country", "")).lower() or "datex2"
    try:
        published = moment(head.get("publicationTime"), "publicationTime")
    except Wrong:
        published = ""
    return Source(supplier, provider, published)


def _shown(node: Node) -> bytes:
    """The record as text, near to what it was, for the one who has to mend it."""
    attrs = "".join(f' {name}="{value}"' for name, value in node.attrs.items())
    inner = b"".join(map(_shown, node.children)) or node.text.encode()
    return b"<%s%s>%s</%s>" % (node.name.encode(), attrs.encode(), inner, node.name.encode())
