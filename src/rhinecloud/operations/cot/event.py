"""One event of Cursor on Target, read and written.

Source: CoT event schema 2.0 (MITRE, MP090284). What TAK servers add to track a message (`_flow-tags_`) is never kept
and never sent back: a server that sees its own mark drops the event.
"""

from __future__ import annotations

import math
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

import msgspec

from rhinecloud.base.clock import iso, parse_us
from rhinecloud.base.errors import BadRequestData

LARGEST: Final = 64 * 1024
UNKNOWN: Final = 9_999_999.0
"""Height or error that is not known."""
MOST_POINTS: Final = 500
LONGEST: Final = 4_000
Point = tuple[float, float]
"""(lon, lat)."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What the format says, as far as it is used here. `points`: of a line or an area, whose last is its first."""

    uid: str
    type: str
    how: str = "m-g"
    time_us: int
    start_us: int
    stale_us: int
    lon: float
    lat: float
    hae: float = UNKNOWN
    ce: float = UNKNOWN
    callsign: str = ""
    remarks: str = ""
    group: str = ""
    course: float | None = None
    speed: float | None = None
    points: tuple[Point, ...] = ()
    chat: str = ""  # the room that a chat message is for
    deletes: str = ""  # uid that is taken away


def encode(event: Event) -> bytes:
    """The event as XML in UTF-8."""
    root = Element(
        "event",
        version="2.0",
        uid=event.uid,
        type=event.type,
        how=event.how,
        time=iso(event.time_us),
        start=iso(event.start_us),
        stale=iso(event.stale_us),
    )
    SubElement(
        root,
        "point",
        lat=f"{event.lat:.7f}",
        lon=f"{event.lon:.7f}",
        hae=f"{event.hae:.1f}",
        ce=f"{event.ce:.1f}",
        le=f"{UNKNOWN:.1f}",
    )
    detail = SubElement(root, "detail")
    if event.callsign:
        SubElement(detail, "contact", callsign=_plain(event.callsign))
    if event.group:
        SubElement(detail, "__group", name=_plain(event.group), role="Team Member")
    if event.course is not None or event.speed is not None:
        SubElement(detail, "track", course=f"{event.course or 0:.1f}", speed=f"{event.speed or 0:.2f}")
    for lon, lat in event.points:
        SubElement(detail, "link", point=f"{lat:.7f},{lon:.7f}")
    if event.deletes:
        SubElement(detail, "link", uid=event.deletes, relation="p-p", type="none")
        SubElement(detail, "__forcedelete")
    if event.remarks:
        SubElement(detail, "remarks").text = _plain(event.remarks)
    made: bytes = tostring(root, encoding="utf-8")
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + made.split(b"?>\n", 1)[-1] + b"\n"


def decode(data: bytes) -> Event:
    """Reads an event.

    Raises:
        BadRequestData: it is none; the message says why.
    """
    if len(data) > LARGEST:
        raise BadRequestData(f"An event has at most {LARGEST // 1024} kB")
    root = _parsed(data)
    if root.tag != "event":
        raise BadRequestData(f"The root is {root.tag[:40]!r}, not 'event'")
    if root.get("version") != "2.0":
        raise BadRequestData(f"Version {root.get('version', '')[:20]!r} is not 2.0")
    uid, kind = root.get("uid", "").strip(), root.get("type", "").strip()
    if not uid or not kind or len(uid) > 300 or len(kind) > 100:
        raise BadRequestData("An event needs a uid and a type")
    times = {name: _time(root, name) for name in ("time", "start", "stale")}
    if times["stale"] < times["start"]:
        raise BadRequestData("The event is stale before it starts")
    point = root.find("point")
    if point is None:
        raise BadRequestData("An event needs a point")
    lat, lon = _number(point, "lat", 90), _number(point, "lon", 180)
    detail = root.find("detail")
    return Event(
        uid=uid,
        type=kind,
        how=root.get("how", "")[:40],
        time_us=times["time"],
        start_us=times["start"],
        stale_us=times["stale"],
        lon=lon,
        lat=lat,
        hae=_number(point, "hae", math.inf, UNKNOWN),
        ce=_number(point, "ce", math.inf, UNKNOWN),
        **(_detail(detail) if detail is not None else {}),
    )


def _parsed(data: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        found: Element = fromstring(data)
    except (ParseError, ValueError, DefusedXmlException) as error:
        raise BadRequestData(f"It is no XML: {str(error)[:120]}") from error
    return found


def _detail(detail: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    contact, group, track, chat = (detail.find(n) for n in ("contact", "__group", "track", "__chat"))
    if contact is not None:
        found["callsign"] = contact.get("callsign", "")[:120]
    if group is not None:
        found["group"] = group.get("name", "")[:60]
    if track is not None:
        found["course"], found["speed"] = (_number(track, n, math.inf, 0.0) for n in ("course", "speed"))
    if chat is not None:
        found["chat"] = chat.get("chatroom", "")[:120]
    remarks = detail.find("remarks")
    if remarks is not None and remarks.text:
        found["remarks"] = remarks.text.strip()[:LONGEST]
    points = [p for link in detail.findall("link") if (p := _point(link.get("point", ""))) is not None]
    if len(points) > MOST_POINTS:
        raise BadRequestData(f"A shape has at most {MOST_POINTS} points")
    deleted = [link.get("uid", "") for link in detail.findall("link") if link.get("uid") and not link.get("point")]
    return found | {"points": tuple(points), "deletes": deleted[0][:300] if deleted else ""}


def _point(text: str) -> Point | None:
    """ "51.45,6.73[,height]" as (lon, lat)."""
    parts = text.split(",")
    try:
        lat, lon = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        return None
    return (lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _time(root: Element, name: str) -> int:
    try:
        return parse_us(root.get(name, ""))
    except (ValueError, BadRequestData) as error:
        raise BadRequestData(f"The time {name!r} cannot be read: {root.get(name, '')[:40]!r}") from error


def _number(element: Element, name: str, most: float, default: float | None = None) -> float:
    text = element.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and abs(value) <= most:
        return value
    if default is None:
        raise BadRequestData(f"{name} is no place on the Earth: {text[:40]!r}")
    return default  # a height that nobody can read costs no event


def _plain(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
