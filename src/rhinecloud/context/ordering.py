"""Sorting entities as orderBy asks: numbers before texts, what is absent last.

Source: ETSI GS CIM 009 V1.9.1, 4.23. Collations are those of the Unicode root (accents and case decide only between
texts that are else equal) and German ``phonebk``; tags of other languages sort as the root does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from rhinecloud.base import geo
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import Entity

from .geo import distance_to
from .matching import targets_of
from .q import Expand, Instant, parse_path
from .query import Order

_TAG: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_DIRECTIONS: Final = ("asc", "desc", "dist-asc", "dist-desc")
_MOST: Final = 10
_PHONEBOOK: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})

Sorted = tuple[Any, ...]


def parse(items: Iterable[str], expand: Expand, origin: dict[str, Any] | None = None) -> tuple[Order, ...]:
    """The keys that orderBy names, such as ``["temperature;desc", "location;dist-asc"]``.

    Args:
        origin: the GeoJSON geometry that distances are measured from (orderFrom).
    Raises:
        BadRequestData: an item is not of the grammar, or a distance lacks its origin.
    """
    keys = []
    for item in items:
        text, _, direction = item.strip().partition(";")
        if direction and direction not in _DIRECTIONS:
            raise BadRequestData(f"orderBy: {direction[:40]!r} does not exist; there are {', '.join(_DIRECTIONS)}")
        distance = direction.startswith("dist")
        if distance and origin is None:
            raise BadRequestData("orderBy: sorting by distance needs the coordinates to measure from")
        path = parse_path(text, expand)
        keys.append(Order(path, direction.endswith("desc"), geo.check(origin) if distance else None))
    if len(keys) > _MOST:
        raise BadRequestData(f"orderBy: at most {_MOST} keys are sorted by")
    return tuple(keys)


def check_collation(tag: str) -> str:
    """The tag itself.

    Raises:
        BadRequestData: it is no language tag.
    """
    if not _TAG.match(tag):
        raise BadRequestData(f"collation: {tag[:40]!r} is not a language tag such as und, de or de-u-co-phonebk")
    return tag


def sort_key(order: Sequence[Order], collation: str) -> Callable[[Entity], list[Sorted]]:
    """A function from an entity to its key for each of `order`."""
    keys = [_key(one, collation) for one in order]
    return lambda entity: [key(entity) for key in keys]


def sort(rows: list[tuple[list[Sorted], Any]], order: Sequence[Order]) -> None:
    """Sorts (keys, row) in place, the first key foremost; ties stay as they are, what is absent comes last."""
    for number in range(len(order) - 1, -1, -1):
        if order[number].descending:
            rows.sort(key=lambda row: (row[0][number][0] != 9, row[0][number]), reverse=True)
        else:
            rows.sort(key=lambda row: row[0][number])


def _key(order: Order, collation: str) -> Callable[[Entity], Sorted]:
    if order.origin is not None:
        distance, attr = distance_to(order.origin), order.path.attr

        def by_distance(entity: Entity) -> Sorted:
            found = [distance(i.get("value")) for i in entity["attrs"].get(attr, ())]
            metres = [m for m in found if m is not None]
            return (0, min(metres)) if metres else (9, 0)

        return by_distance
    targets = targets_of(order.path, lambda _ids: (), None, existence=False, ordering=False)
    return lambda entity: _rank(next(targets(entity), None), collation)


def _rank(value: Any, collation: str) -> Sorted:
    if value is None:
        return (9, 0)
    if isinstance(value, bool):
        return (4, value)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, Instant):
        return (2, value.us)
    return (3, *_collated(str(value), collation))


def _collated(text: str, collation: str) -> tuple[str, ...]:
    if not collation:
        return (text,)
    base = text.translate(_PHONEBOOK) if "phonebk" in collation else text
    spread = unicodedata.normalize("NFKD", base)
    plain = "".join(c for c in spread if not unicodedata.combining(c))
    return plain.casefold(), spread.casefold(), plain.swapcase()
