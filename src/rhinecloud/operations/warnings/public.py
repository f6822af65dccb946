"""What the public may see: warnings in force and those that have ended, each at an address that stays.

Drills and tests are never among them, since receivers ignore that word too often.
"""

from __future__ import annotations

from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from rhinecloud.base.clock import DAY, iso
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations.tables import Shelf

from . import areas, chains, reading
from .cap import Message
from .declare import Chain, Prepared
from .shape import SEVERITY

ENDED_US: Final = 30 * DAY
"""How long a warning that has ended stays in the list; its address stays for ever."""
_ATOM: Final = "http://www.w3.org/2005/Atom"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A warning as the public sees it: the message that counts, and those before it."""

    chain: Chain
    message: Message
    newest: Prepared
    state: str  # in-force, expired, lifted


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """All that the public sees of a tenant at a moment, good until `until_us` (None: until something is published)."""

    revision: int
    in_force: tuple[Shown, ...]  # the gravest first
    ended: tuple[Shown, ...]
    changed_us: int
    until_us: int | None


def board(shelf: Shelf, now_us: int) -> Board:
    revision = shelf.meta(chains.REVISION)
    rows = shelf.rows(
        "SELECT id FROM warning WHERE status = 'Actual' AND state IN ('in-force', 'expired', 'lifted')"
        " AND (ended_us IS NULL OR ended_us > ?) ORDER BY changed_us DESC LIMIT 500",
        now_us - ENDED_US,
    )
    found = [shown(chains.get(shelf, chain), now_us) for (chain,) in rows]
    live = [s for s in found if s.state == "in-force"]
    ends = [s.chain.expires_us for s in live if s.chain.expires_us is not None]
    return Board(
        revision=revision,
        in_force=tuple(sorted(live, key=lambda s: (gravity(s.message), -(s.newest.published_us or 0)))),
        ended=tuple(s for s in found if s.state != "in-force"),
        changed_us=max((s.newest.published_us or 0 for s in found), default=0),
        until_us=min(ends, default=None),
    )


def one(shelf: Shelf, number: str, now_us: int, *, drills: bool = False) -> Shown:
    """A warning by its number. Raises: ResourceNotFound: there is none, it is not public, or it is a drill."""
    chain = chains.get(shelf, number)
    if chain.newest is None or chain.number != number or (chain.status != "Actual" and not drills):
        raise ResourceNotFound(f"Warning {number[:40]} does not exist")
    return shown(chain, now_us)


def shown(chain: Chain, now_us: int) -> Shown:
    newest = chain.newest
    assert newest is not None
    assert newest.cap is not None
    run_out = chain.state == "in-force" and chain.expires_us is not None and chain.expires_us <= now_us
    return Shown(
        chain=chain, message=reading.read(newest.cap), newest=newest, state="expired" if run_out else chain.state
    )


def gravity(message: Message) -> int:
    return min((SEVERITY.index(i.severity) for i in message.infos), default=len(SEVERITY))


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cap_address(root: str, chain: Chain, message: Prepared) -> str:
    """Of one message, for ever the same bytes."""
    return f"{root.rstrip('/')}/warnings/{chain.number}/{message.place}.xml"


def atom(found: Board, root: str, title: str, sender: str) -> bytes:
    """The feed: the newest message of each warning; who follows it hears of alert, update and end.

    Source: RFC 4287.
    """
    root = root.rstrip("/")
    feed = Element("feed", {"xmlns": _ATOM})
    SubElement(feed, "id").text = f"{root}/warnings.atom"
    SubElement(feed, "title").text = title
    SubElement(feed, "updated").text = iso(found.changed_us)
    SubElement(SubElement(feed, "author"), "name").text = sender
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{root}/warnings.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{root}/warnings"})
    for each in sorted((*found.in_force, *found.ended), key=lambda s: -(s.newest.published_us or 0)):
        _entry(feed, each, root)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _entry(feed: Element, each: Shown, root: str) -> None:
    info = each.message.info("de")
    address = cap_address(root, each.chain, each.newest)
    entry = SubElement(feed, "entry")
    SubElement(entry, "id").text = address
    SubElement(entry, "title").text = info.headline if info else each.chain.title
    SubElement(entry, "updated").text = iso(each.newest.published_us or 0)
    SubElement(entry, "published").text = iso(each.chain.published[0].published_us or 0)
    SubElement(entry, "summary").text = info.description if info else ""
    SubElement(entry, "category", {"term": each.message.msg_type})
    SubElement(entry, "link", {"rel": "enclosure", "type": "application/cap+xml", "href": address})
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": f"{root}/warnings/{each.chain.number}"})


def geojson(found: Board, root: str) -> bytes:
    """Warnings in force as GeoJSON (RFC 7946), for displays and maps."""
    features = [_feature(each, root) for each in found.in_force]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _feature(each: Shown, root: str) -> dict[str, Any]:
    infos = each.message.infos
    first = infos[0]
    return {
        "type": "Feature",
        "id": each.chain.number,
        "geometry": areas.geojson(areas.shape_of(each.message.areas())),
        "properties": {
            "identifier": each.message.identifier,
            "status": each.message.status,
            "msgType": each.message.msg_type,
            "sent": each.message.sent,
            "onset": first.onset,
            "expires": first.expires,
            "severity": first.severity,
            "urgency": first.urgency,
            "category": list(first.category),
            "senderName": first.sender_name,
            "web": f"{root.rstrip('/')}/warnings/{each.chain.number}",
            "cap": cap_address(root, each.chain, each.newest),
            "texts": {
                i.language: {"headline": i.headline, "description": i.description, "instruction": i.instruction}
                for i in infos
            },
        },
    }
