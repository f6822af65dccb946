"""The single values of an attribute instance that conditions compare with, and how they lie in the index.

One list for both, the index and the check of a condition on the entity itself: what the one finds, the other confirms.
In the index numbers are numbers, texts are texts cut at `TEXT`, instants and truth values are bytes that sort rightly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import VALUE_MEMBER, Instance

TEXT: Final = 256
"""Characters of a text that the index keeps; a condition on a longer one is answered from the entities."""
MANY: Final = 256
"""Values of one instance that the index keeps; with more, the slot is partial and no longer used."""

Stored = float | int | str | bytes
_LIMIT: Final = 2**63
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def scalars(instance: Instance) -> Iterator[Any]:
    """Numbers, texts and truth values of an instance, lists and language maps opened; compound values have none."""
    value = instance.get(VALUE_MEMBER.get(instance.get("type", "Property"), "value"))
    if isinstance(value, dict) and instance.get("type") == "LanguageProperty":
        for text in value.values():
            yield from _flat(text)
    else:
        yield from _flat(value)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for member in value:
            yield from _flat(member)
    elif isinstance(value, dict):
        if "@value" in value and not isinstance(value["@value"], dict | list):
            yield value["@value"]
    elif value is not None:
        yield value


def stored(value: Any) -> tuple[Stored, ...]:
    """What the index keeps of one scalar; a text that is an instant is kept as both."""
    if value is True or value is False:
        return (b"\x01" if value else b"\x00",)
    if isinstance(value, int):
        return (value if -_LIMIT <= value < _LIMIT else float(min(max(value, -(10**300)), 10**300)),)
    if isinstance(value, float):
        return (value,)
    text = value[:TEXT]
    at = instant(value)
    return (text,) if at is None else (text, time_key(at))


def instant(text: str) -> int | None:
    """µs since 1970 where a text is a date and time; None where it is not."""
    if not _INSTANT.match(text):
        return None
    try:
        return parse_us(text)
    except ValueError:
        return None


def time_key(us: int) -> bytes:
    """Eight bytes that sort as the instants do."""
    return (us + _LIMIT).to_bytes(8, "big")


def index_values(instances: list[Instance] | None) -> set[Stored] | None:
    """Everything the index keeps of an attribute; None: more than it keeps."""
    if not instances:
        return set()
    found: set[Stored] = set()
    for instance in instances:
        value = instance.get("value")
        if value.__class__ is float:
            found.add(value)
            continue
        for number, scalar in enumerate(scalars(instance)):
            if number >= MANY:
                return None
            found.update(stored(scalar))
    return found
