"""What is known of a device, and the MQTT topics it may use."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import DEFAULT_NAMESPACE, Model
from rhinecloud.base.errors import BadRequestData

Kind = Literal["mqtt", "http", "lorawan", "network"]
SILENT_AFTER: Final = 3  # intervals
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,99}\Z")


class Device(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A device, or a network server (kind "network") through which many are heard."""

    id: str
    name: str = ""
    kind: Kind = "mqtt"
    entity_id: str = ""  # "": urn:ngsi-ld:<entity_type>:<id>
    entity_type: str = ""  # a declared term or an IRI; "": Device
    mapping: str = ""  # id of a mapping; "": the plain forms are understood
    codec: str = ""  # id of a payload codec (LoRaWAN)
    dev_eui: str = ""  # LoRaWAN: 16 hex digits, lower case; "": the id
    topics: tuple[str, ...] = ()  # further MQTT filters it may publish to, e.g. application/#
    location: dict[str, Any] | None = None  # GeoJSON
    interval_s: float | None = None  # how often a message is expected; None: as its entity type says
    note: str = ""
    created_us: int = 0
    revoked_us: int = 0
    # What is heard from it; kept in memory and written in batches.
    last_seen_us: int | None = None
    battery_pct: float | None = None
    rssi_dbm: float | None = None
    snr_db: float | None = None
    firmware: str = ""
    messages: int = 0
    introduced_us: int = 0  # stored time of the message that carried its name and location; 0: none did

    def silent(self, now_us: int, interval_s: float | None = None) -> bool:
        """No message for more than three intervals; a device without an interval is never silent."""
        every = self.interval_s or interval_s
        heard = self.last_seen_us or self.created_us
        return bool(every) and not self.revoked_us and now_us - heard > SILENT_AFTER * float(every or 0) * SECOND

    @property
    def eui(self) -> str:
        """The LoRaWAN device EUI it is known by, lower case; "" for other kinds."""
        return (self.dev_eui or self.id).lower() if self.kind == "lorawan" else ""


LIVE: Final = ("last_seen_us", "battery_pct", "rssi_dbm", "snr_db", "firmware", "introduced_us", "messages")
"""Members that are heard, not declared: columns of their own, written in batches."""

CHANGEABLE: Final = frozenset(
    (
        "name",
        "kind",
        "entity_id",
        "entity_type",
        "mapping",
        "codec",
        "dev_eui",
        "topics",
        "location",
        "interval_s",
        "note",
    )
)
"""What a person may change of a device."""


def entity_of(device: Device, model: Model) -> tuple[str, str]:
    """(entity id, expanded type) of what the device observes."""
    term = device.entity_type or "Device"
    kind = expand_type(term, model)
    if device.entity_id:
        return device.entity_id, kind
    return f"urn:ngsi-ld:{model.names.get(kind, term).rsplit('/', 1)[-1].rsplit('#', 1)[-1]}:{device.id}", kind


def expand_type(term: str, model: Model) -> str:
    """A type's expanded name; what holds a colon is one already."""
    return term if ":" in term else model.terms.get(term) or DEFAULT_NAMESPACE + term


def mqtt_filters(tenant: str, device: Device) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(publish, subscribe) filters that confine a device to itself; a network server also to its own topics."""
    own = f"{tenant}/{device.id}"
    listens = (f"{own}/command", f"{own}/command/#", *(device.topics if device.kind == "network" else ()))
    return (f"{own}/#", *device.topics), listens


def check(device: Device) -> None:
    """Refuses a device that cannot be, in words that help.

    Raises:
        BadRequestData: what is wrong with which member.
    """
    if not _ID.match(device.id):
        raise BadRequestData(
            f"Device id {device.id[:80]!r} cannot be used: letters, digits, '_', ':' and '-',"
            " at most 100, since it stands in MQTT topics and in web addresses"
        )
    if device.entity_id and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", device.entity_id):
        raise BadRequestData(
            f"Entity id {device.entity_id[:80]!r} is not a URI; write e.g. urn:ngsi-ld:WaterObserved:ruhrort"
        )
    if device.entity_type and not re.match(r"[A-Za-z][\w-]*\Z|[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", device.entity_type):
        raise BadRequestData(
            f"Entity type {device.entity_type[:80]!r} is neither a name such as WaterObserved nor a URI"
        )
    if device.interval_s is not None and not 0 < device.interval_s <= 366 * 86_400:
        raise BadRequestData(
            f"Interval {device.interval_s} s is not between 0 and a year; leave it empty where none is kept"
        )
    if device.kind == "lorawan" and not re.match(r"[0-9a-f]{16}\Z", device.eui):
        raise BadRequestData(f"A LoRaWAN device is known by its DevEUI of 16 hex digits, not by {device.eui[:40]!r}")
    if device.location is not None:
        geo.check(device.location)
    for topic in device.topics:
        check_filter(topic)


def check_filter(topic: str) -> None:
    """Refuses what is no MQTT topic filter, and one that would reach everything.

    Source: MQTT 3.1.1, 4.7.
    """
    levels = topic.split("/")
    wild = any(
        ("#" in x and (x != "#" or i != len(levels) - 1)) or ("+" in x and x != "+") for i, x in enumerate(levels)
    )
    if wild or not all(levels) or len(topic) > 200 or re.search(r"[\x00-\x1f ]", topic):
        raise BadRequestData(f"{topic[:80]!r} is not a topic filter; write e.g. application/# or v3/+/devices/+/up")
    if levels[0] in ("#", "+") or levels[0].startswith("$"):
        raise BadRequestData(f"Topic filter {topic[:80]!r} would reach other devices; its first level is a plain word")


def matches(topic_filter: list[str], topic: list[str]) -> bool:
    """Whether a topic (split at "/") falls under a filter (split at "/"). Source: MQTT 3.1.1, 4.7.1."""
    for i, level in enumerate(topic_filter):
        if level == "#":
            return True
        if i >= len(topic) or (level not in ("+", topic[i])):
            return False
    return len(topic) == len(topic_filter)


def overlap(a: list[str], b: list[str]) -> bool:
    """Whether some topic falls under both filters."""
    for x, y in zip(a, b, strict=False):
        if "#" in (x, y):
            return True
        if x != y and "+" not in (x, y):
            return False
    return len(a) == len(b) or (len(a) > len(b) and a[len(b)] == "#") or (len(b) > len(a) and b[len(a)] == "#")
