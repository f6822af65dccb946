"""The information model inside: NGSI-LD entities as plain dicts with expanded names, and the one form of a change.

An **entity** (ETSI GS CIM 009, 4.5) is kept as::

    {"id": "urn:…", "type": ["https://…#T", …], "scope": ["/a/b", …],        scope only where there is one
     "expiresAt": "…Z",                                                       only for transient entities
     "_c": 1763805600000000, "_m": 1763805600000000,                          created, modified: µs since 1970
     "attrs": {"https://…#name": [instance, …], …}}                           one instance a datasetId

An attribute **instance** is::

    {"type": "Property", "value": 8.12,                                       the value member: see VALUE_MEMBER
     "observedAt": "…Z", "unitCode": "MTR", "datasetId": "urn:…",             as the standard names them, as they came
     "_c": …, "_m": …,                                                        created, modified: µs
     "_f": 0, "_s": "device:gauge-7",                                         quality flags, source; absent when 0 / ""
     "attrs": {"https://…#sub": [instance, …]}}                               sub-attributes, the same form

Names that begin with "_" are ours and never leave as they are. Plain dicts, because they go through JSON on the hot
path and most of their members are open; msgspec reads and writes them at some 100 MB/s.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Any, Final

import msgspec

from .clock import iso
from .errors import RhineError

Entity = dict[str, Any]
Instance = dict[str, Any]

VALUE_MEMBER: Final[dict[str, str]] = {
    "Property": "value",
    "GeoProperty": "value",
    "Relationship": "object",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "JsonProperty": "json",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
}
"""The member that carries the value, by attribute type (4.5.2 to 4.5.24)."""

NULL: Final = "urn:ngsi-ld:null"
"""NGSI-LD Null: in a merge or partial update it deletes (4.5.0)."""

ALL_DATASETS: Final = "*"
"""`Update.dataset`: every instance of the attribute, whatever its datasetId."""


class Op(IntEnum):
    """What an update does to its entity. One table of semantics for single requests, batches, devices and imports."""

    CREATE = 1  # 5.6.1, 5.6.7: refused when the entity exists
    REPLACE = 2  # 5.6.18: refused when it does not
    UPSERT_REPLACE = 3  # 5.6.8 with replace: created or replaced
    UPSERT_UPDATE = 4  # 5.6.8 with update: created or appended to
    APPEND = 5  # 5.6.3: attributes added or overwritten
    APPEND_NEW = 6  # 5.6.3 with noOverwrite
    UPDATE = 7  # 5.6.2: only attributes that exist
    UPDATE_NEW = 8  # 5.6.9 with noOverwrite
    MERGE = 9  # 5.6.17
    PATCH_ATTR = 10  # 5.6.4
    REPLACE_ATTR = 11  # 5.6.19
    DELETE_ATTR = 12  # 5.6.5
    DELETE = 13  # 5.6.6
    OBSERVE = 14  # from devices and feeds: as UPSERT_UPDATE, but an older observation never replaces a newer one


class Update(msgspec.Struct, kw_only=True):
    """One change asked of one entity, names expanded."""

    op: Op
    id: str
    entity: Entity = {}  # the fragment: type, scope, expiresAt, attrs; empty for deletions
    attr: str = ""  # PATCH_ATTR, REPLACE_ATTR, DELETE_ATTR: the attribute's expanded name
    dataset: str | None = None  # of those: None is the default instance, ALL_DATASETS every one
    source: str = ""  # "device:ID", "feed:ID", "person:ID", "token:ID", "file:NAME"
    received_us: int = 0  # 0: the moment of the commit
    raw: str = ""  # where the raw message lies, "stream/sequence"; for the evidence


class Outcome(IntEnum):
    CREATED = 1
    CHANGED = 2
    UNCHANGED = 3  # nothing to do: the same observation again, or every attribute was left out
    DELETED = 4
    REFUSED = 5


class Result(msgspec.Struct):
    """What became of an update. `skipped` holds (expanded attribute name, reason) of what was not taken."""

    outcome: Outcome
    updated: list[str] = []
    skipped: list[tuple[str, str]] = []
    error: RhineError | None = None


class Change(IntEnum):
    """What a row of the past says happened."""

    CREATED = 0
    CHANGED = 1
    DELETED = 2


class Changes(msgspec.Struct, array_like=True, gc=False):
    """What one commit changed, in columns: a row an attribute instance, in the order of writing.

    It is the input of `history`, and packed (`base.packing`) the outbox row of `context` and the message on the
    backbone's subject `changes.<tenant>`. A row with attribute "" tells of the entity itself (created, type or scope
    changed, deleted); its body is then ``{"type": […], "scope": […]}``.
    """

    tenant: str
    sequence: int  # of the outbox; rises by commit
    committed_us: int
    entity: list[str] = []
    type: list[str] = []  # expanded; several joined by a blank, sorted
    attr: list[str] = []
    dataset: list[str] = []  # "" is the default instance
    change: list[int] = []
    observed_us: list[int | None] = []  # None: the payload had no time of its own
    received_us: list[int] = []
    number: list[float | None] = []  # the value, where it is a number
    body: list[bytes | None] = []  # what `body_of` says of the instance
    flags: list[int] = []
    source: list[str] = []
    raw: list[str] = []
    seen: list[bool] = []  # not newer than the present was: the past may hold it already

    def __len__(self) -> int:
        return len(self.entity)


class Flag(IntFlag):
    """What quality checking found of an observation; kept with it, never altering the value."""

    UNKNOWN = 1  # no declaration for this type or attribute
    TYPE = 2  # not of the declared kind, or another unit
    RANGE = 4  # outside what is physically possible here
    STUCK = 8  # unchanged for longer than such a thing stays unchanged
    JUMP = 16  # changed faster than such a thing changes
    LATE = 32  # came long after it was observed
    DUPLICATE = 64  # the same observation again
    FUTURE = 128  # observed later than it was received: the device's clock is wrong
    ESTIMATED = 256  # the source itself says so


IMPOSSIBLE: Final = int(Flag.TYPE | Flag.RANGE)
"""What says nothing of the thing, only of its sensor: no rule, figure or forecast goes by it."""
EXACT: Final = 2**53  # beyond it a float no longer tells integers apart
_SAID: Final = frozenset(("type", "value", "observedAt"))


def number_of(instance: Instance) -> float | None:
    """The value of a Property, where it is a number that `Changes.number` can carry."""
    value: Any = instance.get("value")
    kind = value.__class__
    if (kind is float or (kind is int and -EXACT < value < EXACT)) and instance["type"] == "Property":
        return value  # type: ignore[no-any-return]
    return None


def body_of(instance: Instance, number: float | None) -> bytes | None:
    """JSON of the members that a row's columns do not say, without our own ("_…"); None: there are none.

    Of a Property with a number, type, value and observedAt stand in columns. Of all else the whole instance is told.
    """
    if number is None or instance["type"] != "Property":
        return _encode({name: value for name, value in instance.items() if name[0] != "_"})
    count = len(instance) - (3 if "observedAt" in instance else 2)
    if count == 0:
        return None
    if count == 1 and "unitCode" in instance:
        return _unit_body(instance["unitCode"])
    rest = {name: value for name, value in instance.items() if name not in _SAID and name[0] != "_"}
    return _encode(rest) if rest else None


@lru_cache(maxsize=1024)
def _unit_body(unit: str) -> bytes:
    """The same object for the same unit, so that columns of them are found to repeat at once."""
    return _encode({"unitCode": unit})


_encode = msgspec.json.Encoder().encode


def instance_of(observed_us: int | None, number: float | None, body: bytes | str | None) -> Instance:
    """The instance that `body_of` was told of."""
    rest: Instance = {} if body is None else _decode(body)
    if "type" in rest:
        return rest
    made: Instance = {"type": "Property", "value": number}
    if number is not None and abs(number) < EXACT and number == int(number):
        made["value"] = int(number)  # as people write it: without a point
    if observed_us is not None:
        made["observedAt"] = iso(observed_us)
    return made | rest


_decode = msgspec.json.Decoder(dict[str, Any]).decode
