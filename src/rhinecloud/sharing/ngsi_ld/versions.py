"""Answers for clients that only understand an earlier version of the standard.

Source: ETSI GS CIM 009, 4.3.6.8 (what each version introduced, and what stands for it before), 6.3.6 (Prefer).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from rhinecloud.sharing.exchange import Answer

from .call import Call
from .negotiation import preference
from .render import Json

NATIVE: Final = (1, 9)
_VERSION: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\Z")
_INTRODUCED: Final = {
    "LanguageProperty": (1, 4),
    "VocabProperty": (1, 8),
    "JsonProperty": (1, 8),
    "ListProperty": (1, 8),
    "ListRelationship": (1, 8),
}
_VALUES: Final = {
    "languageMap": "value",
    "vocab": "value",
    "json": "value",
    "valueList": "value",
    "objectList": "object",
}


def preferred(call: Call) -> tuple[int, int] | None:
    """The version that a client prefers (Prefer: ngsi-ld=1.5), if it says so and we know it."""
    prefer = call.asked.header(b"prefer")
    found = _VERSION.match(preference(prefer, "ngsi-ld")) if prefer else None
    version = (int(found[1]), int(found[2])) if found else None
    return version if version is not None and version <= NATIVE else None


def amend(call: Call, documents: Iterable[Json]) -> bool:
    """Rewrites entities for the version preferred, in place; whether that changed anything."""
    version = preferred(call)
    return version is not None and sum(_amend(document, version) for document in documents) > 0


def applied(call: Call, answer: Answer, amended: bool) -> Answer:
    """The answer with what was done about the preference: 203 where the entities are not as they are kept."""
    version = preferred(call)
    if version is None:
        return answer
    header = (b"preference-applied", f"ngsi-ld={version[0]}.{version[1]}".encode())
    return Answer(203 if amended else answer.status, answer.body, [*answer.headers, header])


def _amend(given: Any, version: tuple[int, int]) -> bool:
    """Rewrites attribute instances at any depth of an entity."""
    changed = False
    for value in given.values() if isinstance(given, dict) else given:
        if isinstance(value, dict | list):
            changed |= _amend(value, version)
    if isinstance(given, dict) and version < _INTRODUCED.get(_kind(given), (0, 0)):
        _rewrite(given)
        changed = True
    return changed


def _kind(given: Json) -> str:
    kind = given.get("type")
    return kind if isinstance(kind, str) and not _VALUES.keys().isdisjoint(given) else ""


def _rewrite(instance: Json) -> None:
    member = next(member for member in _VALUES if member in instance)
    value = instance.pop(member)
    if member == "objectList":
        value = [item["object"] for item in value]
    instance["type"] = "Relationship" if member == "objectList" else "Property"
    instance[_VALUES[member]] = value
