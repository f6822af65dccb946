"""A message as XML: each element in the schema's order, no blanks between, so that what is signed stays what it is.

Source: OASIS CAP 1.2, 3.4; 3.3.2 (times with an offset, UTC as -00:00).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rhinecloud.base.clock import SECOND

from .areas import text_of
from .cap import NAMESPACE, Area, Info, Message, Named, Resource

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HEAD: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
Leaf = tuple[str, "str | list[Leaf]"]


def write(message: Message) -> bytes:
    """The bytes of a message; the same message always gives the same."""
    from xml.etree import ElementTree

    root = ElementTree.Element("alert", {"xmlns": NAMESPACE})
    _fill(root, list(_alert(message)))
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return _HEAD + body


def cap_time(us: int, zone: ZoneInfo) -> str:
    """An instant as messages have it, to the second: never with a Z."""
    text = datetime.fromtimestamp(us // SECOND, UTC).astimezone(zone).isoformat(timespec="seconds")
    return f"{text[:-6]}-00:00" if text.endswith("+00:00") else text


def _fill(element: Element, leaves: list[Leaf]) -> None:
    from xml.etree.ElementTree import SubElement

    for name, value in leaves:
        child = SubElement(element, name)
        if isinstance(value, str):
            child.text = clean(value)
        else:
            _fill(child, value)


def clean(text: str) -> str:
    """Without characters that XML cannot hold, lines ended alike."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c for c in text if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )


def _given(*pairs: tuple[str, str]) -> Iterator[Leaf]:
    return ((name, value) for name, value in pairs if value)


def _named(tag: str, values: tuple[Named, ...]) -> Iterator[Leaf]:
    return ((tag, [("valueName", v.name), ("value", v.value)]) for v in values)


def _alert(message: Message) -> Iterator[Leaf]:
    yield from (
        ("identifier", message.identifier),
        ("sender", message.sender),
        ("sent", message.sent),
        ("status", message.status),
        ("msgType", message.msg_type),
    )
    yield from _given(("source", message.source))
    yield "scope", message.scope
    yield from _given(("restriction", message.restriction), ("addresses", message.addresses))
    yield from (("code", code) for code in message.codes)
    yield from _given(("note", message.note), ("references", message.references), ("incidents", message.incidents))
    yield from (("info", list(_info(info))) for info in message.infos)


def _info(info: Info) -> Iterator[Leaf]:
    yield "language", info.language
    yield from (("category", c) for c in info.category)
    yield "event", info.event
    yield from (("responseType", r) for r in info.response)
    yield from (("urgency", info.urgency), ("severity", info.severity), ("certainty", info.certainty))
    yield from _given(("audience", info.audience))
    yield from _named("eventCode", info.codes)
    yield from _given(
        ("effective", info.effective),
        ("onset", info.onset),
        ("expires", info.expires),
        ("senderName", info.sender_name),
        ("headline", info.headline),
        ("description", info.description),
        ("instruction", info.instruction),
        ("web", info.web),
        ("contact", info.contact),
    )
    yield from _named("parameter", info.parameters)
    yield from (("resource", list(_resource(r))) for r in info.resources)
    yield from (("area", list(_area(a))) for a in info.areas)


def _resource(resource: Resource) -> Iterator[Leaf]:
    yield from (("resourceDesc", resource.desc), ("mimeType", resource.mime_type))
    yield from _given(("size", resource.size), ("uri", resource.uri), ("digest", resource.digest))


def _area(area: Area) -> Iterator[Leaf]:
    yield "areaDesc", area.desc
    yield from (("polygon", text_of(ring)) for ring in area.polygons)
    yield from (("circle", f"{c.lat:.5f},{c.lon:.5f} {c.radius_km:g}") for c in area.circles)
    yield from _named("geocode", area.geocodes)
    yield from _given(("altitude", area.altitude), ("ceiling", area.ceiling))
