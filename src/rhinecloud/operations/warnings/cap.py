"""A CAP message as a value: what the standard calls alert, info, resource and area, with times and texts as they came.

Times stay the text that somebody wrote, since references quote them byte by byte; `at_us` reads one. Positions are
(lon, lat), as everywhere here; the standard writes them the other way round.
Source: OASIS Common Alerting Protocol Version 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from rhinecloud.base.clock import parse_us

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
VERSIONS: Final = {
    NAMESPACE: "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "http://www.incident.com/cap/1.0": "1.0",
}
"""Namespaces that are read; only the first is written."""

Status = Literal["Actual", "Exercise", "System", "Test", "Draft"]
MsgType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]

Ring = tuple[tuple[float, float], ...]


class Named(msgspec.Struct, frozen=True):
    """An eventCode, parameter or geocode."""

    name: str
    value: str


class Circle(msgspec.Struct, frozen=True):
    lon: float
    lat: float
    radius_km: float


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside the message. `size` in bytes; `digest` is SHA-1, as the standard says."""

    desc: str
    mime_type: str = ""
    size: str = ""
    uri: str = ""
    digest: str = ""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Where it counts: the union of polygons, circles and what geocodes stand for. Heights in feet above sea level."""

    desc: str
    polygons: tuple[Ring, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Named, ...] = ()
    altitude: str = ""
    ceiling: str = ""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """The message in one language, for one event."""

    language: str = "en-US"
    category: tuple[str, ...] = ()
    event: str = ""
    response: tuple[str, ...] = ()
    urgency: str = "Unknown"
    severity: str = "Unknown"
    certainty: str = "Unknown"
    audience: str = ""
    codes: tuple[Named, ...] = ()
    effective: str = ""
    onset: str = ""
    expires: str = ""
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[Named, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """An earlier message: all three parts together name it."""

    sender: str
    identifier: str
    sent: str

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{self.sent}"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One CAP message. `references` is the text as it came; `referred` takes it apart."""

    version: str = "1.2"
    identifier: str
    sender: str
    sent: str
    status: str
    msg_type: str
    source: str = ""
    scope: str = ""
    restriction: str = ""
    addresses: str = ""
    codes: tuple[str, ...] = ()
    note: str = ""
    references: str = ""
    incidents: str = ""
    infos: tuple[Info, ...] = ()

    @property
    def reference(self) -> Reference:
        """How a later message refers to this one."""
        return Reference(self.sender, self.identifier, self.sent)

    def referred(self) -> tuple[Reference, ...]:
        """The messages that this one refers to; parts that are no reference are left out (`rules` tells of them)."""
        found = (part.split(",") for part in self.references.split())
        return tuple(Reference(*parts) for parts in found if len(parts) == 3 and all(parts))

    def info(self, language: str) -> Info | None:
        """The info in a language ("de" matches "de-DE" before "de-LS"), else the English one, else the first."""
        for wanted in (language, "en"):
            for info in self.infos:
                tag = info.language.lower()
                if tag == wanted or (tag.startswith(f"{wanted}-") and not tag.endswith("-ls")):
                    return info
        return self.infos[0] if self.infos else None

    def areas(self) -> Iterator[Area]:
        """Each area once, however many languages repeat it."""
        seen: set[tuple[object, ...]] = set()
        for info in self.infos:
            for area in info.areas:
                key = (area.polygons, area.circles, area.geocodes)
                if key not in seen:
                    seen.add(key)
                    yield area

    @property
    def expires_us(self) -> int | None:
        """When the last of its infos ends; None: one of them has no end."""
        ends = [at_us(info.expires) for info in self.infos]
        known = [end for end in ends if end is not None]
        return max(known) if ends and len(known) == len(ends) else None

    @property
    def onset_us(self) -> int | None:
        starts = (at_us(i.onset) or at_us(i.effective) for i in self.infos)
        return min((s for s in starts if s is not None), default=at_us(self.sent))


def at_us(text: str) -> int | None:
    """The instant that a time of a message names; None: there is none, or it is no time."""
    try:
        return parse_us(text.strip()) if text.strip() else None
    except ValueError:
        return None
