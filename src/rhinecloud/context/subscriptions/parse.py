"""A subscription as it is sent, checked member by member, names expanded; and the other way round for answers.

Source: ETSI GS CIM 009 V1.9.1, 5.2.12 to 5.2.15, 5.2.22, 5.8.1.4, 5.8.2.4.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import NULL
from rhinecloud.context import geo, q, scope, selection
from rhinecloud.context.patterns import searcher
from rhinecloud.context.vocabulary import Vocabulary

from .checks import Json, flag, listed, reworded, short, text, uri
from .params import notification

TRIGGERS: Final = (
    "entityCreated",
    "entityUpdated",
    "entityDeleted",
    "attributeCreated",
    "attributeUpdated",
    "attributeDeleted",
)
DEFAULT_TRIGGERS: Final = ("attributeCreated", "attributeUpdated")
_TYPE_NAME: Final = re.compile(r"[^()|,;\s]+")


def subscription(given: Any, vocabulary: Vocabulary, now_us: int) -> Json:
    """The document to keep, names expanded; members that are ours to say or that nobody knows are left out.

    Raises:
        BadRequestData: a member is not what it may be, or one is missing.
    """
    found = fragment(given, vocabulary, now_us)
    if given.get("type", given.get("@type")) != "Subscription":
        raise BadRequestData('The type of a subscription is "Subscription"')
    return complete(found)


def fragment(given: Any, vocabulary: Vocabulary, now_us: int) -> Json:
    """Part of a subscription, checked and expanded; a member that is null or NGSI-LD Null is None: to be taken away."""
    if not isinstance(given, dict):
        raise BadRequestData("A subscription is a JSON object")
    found: Json = {}
    for member, value in given.items():
        name = {"@id": "id", "@type": "type"}.get(member, str(member))
        reader = _READERS.get(name)
        if reader is None:
            continue
        if value is None or value == NULL:
            found[name] = None
        else:
            found[name] = reader(value, vocabulary, now_us)
    if isinstance(found.get("q"), str):
        found["_names"] = _names_in(found["q"], vocabulary)
    return found


def complete(found: Json) -> Json:
    """Checks what members have to do with each other (5.8.1.4); `found` without those that are None."""
    found = {member: value for member, value in found.items() if value is not None}
    if "notification" not in found:
        raise BadRequestData("A subscription has a member notification, with an endpoint")
    if "entities" not in found and "watchedAttributes" not in found:
        raise BadRequestData("A subscription has entities or watchedAttributes, or both")
    if "timeInterval" in found and ("throttling" in found or "watchedAttributes" in found):
        raise BadRequestData("timeInterval goes neither with throttling nor with watchedAttributes")
    if "q" not in found:
        found.pop("_names", None)
    return found


def told(kept: Json, compact: Callable[[str], str]) -> Json:
    """The document as it is answered: names compacted, our own members left out."""
    out = {member: value for member, value in kept.items() if member[0] != "_"}
    if "entities" in out:
        out["entities"] = [
            entity | ({"type": _TYPE_NAME.sub(lambda m: compact(m[0]), entity["type"])} if "type" in entity else {})
            for entity in out["entities"]
        ]
    if "watchedAttributes" in out:
        out["watchedAttributes"] = [compact(name) for name in out["watchedAttributes"]]
    if "geoproperty" in out.get("geoQ", {}):
        out["geoQ"] = out["geoQ"] | {"geoproperty": compact(out["geoQ"]["geoproperty"])}
    notification = dict(out["notification"])
    for member in ("attributes", "pick", "omit"):
        if member in notification:
            notification[member] = [reworded(item, compact) for item in notification[member]]
    out["notification"] = notification
    return out


def geo_query(given: Json) -> geo.GeoQuery:
    """The geo-query of a member geoQ that is expanded."""
    return geo.parse(given["georel"], given["geometry"], given["coordinates"], given.get("geoproperty", ""))


def condition(text: str, names: dict[str, str]) -> q.Condition:
    """The condition of a kept q, by the expanded names that were kept beside it."""
    return q.parse(_unquoted(text), lambda name: names.get(name, name))


def _unquoted(text: str) -> str:
    """A q as it would come in an address: values may be percent-encoded in a body too (4.9)."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _names_in(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Each name that a q names, with what it stands for: a later start needs no @context to read it."""
    names: dict[str, str] = {}

    def expand(name: str) -> str:
        names[name] = vocabulary.expand(name)
        return names[name]

    q.parse(_unquoted(text), expand)
    return names


# Readers of members: (value, vocabulary, now) → what is kept.


def _id(value: Any, _v: Vocabulary, _now: int) -> str:
    return uri(value, "The id")


def _type(value: Any, _v: Vocabulary, _now: int) -> str:
    if value != "Subscription":
        raise BadRequestData('The type of a subscription is "Subscription"')
    return "Subscription"


def _seconds(value: Any, _v: Vocabulary, _now: int) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and 0 < value < 1e9):
        raise BadRequestData(f"timeInterval and throttling are seconds, more than 0: {short(value)}")
    return value


def _expiry(value: Any, _v: Vocabulary, now_us: int) -> str:
    try:
        at = parse_us(value)
    except (ValueError, TypeError) as error:
        raise BadRequestData(f"expiresAt is not a date and time: {short(value)}") from error
    if at <= now_us:
        raise BadRequestData(f"expiresAt is in the past: {value}")
    return str(value)


def _names(what: str) -> Callable[[Any, Vocabulary, int], list[str]]:
    def read(value: Any, vocabulary: Vocabulary, _now: int) -> list[str]:
        items = listed(value, what)
        if not all(isinstance(item, str) and item for item in items):
            raise BadRequestData(f"{what} is a list of names")
        return list(dict.fromkeys(vocabulary.expand(item) for item in items))

    return read


def _entities(value: Any, vocabulary: Vocabulary, _now: int) -> list[Json]:
    found = []
    for item in listed(value, "entities"):
        wanted = item.get("type", item.get("@type")) if isinstance(item, dict) else None
        if not isinstance(wanted, str):
            raise BadRequestData("Each of entities has a type")
        kept: Json = {}
        if "id" in item or "@id" in item:
            given = item.get("id", item.get("@id"))
            ids = [uri(one, "The id of an entity") for one in listed(given, "The id of an entity")]
            kept["id"] = ids[0] if isinstance(given, str) else ids
        if "idPattern" in item:
            kept["idPattern"] = text(item["idPattern"])
            searcher(kept["idPattern"])
        if wanted != "*":
            selection.parse(wanted, vocabulary.expand)
            wanted = _TYPE_NAME.sub(lambda m: vocabulary.expand(m[0]), wanted)
        kept["type"] = wanted
        found.append(kept)
    return found


def _triggers(value: Any, _v: Vocabulary, _now: int) -> list[str]:
    items = listed(value, "notificationTrigger")
    for item in items:
        if item not in TRIGGERS:
            raise BadRequestData(f"There is no notificationTrigger {short(item)}; there are {', '.join(TRIGGERS)}")
    return list(dict.fromkeys(items))


def _condition(value: Any, vocabulary: Vocabulary, _now: int) -> str:
    written = text(value)
    q.parse(_unquoted(written), vocabulary.expand)
    return written


def _geo(value: Any, vocabulary: Vocabulary, _now: int) -> Json:
    if not isinstance(value, dict) or not {"georel", "geometry", "coordinates"} <= value.keys():
        raise BadRequestData("geoQ has georel, geometry and coordinates")
    if not all(isinstance(value[m], str) for m in ("georel", "geometry")):
        raise BadRequestData("georel and geometry of geoQ are texts")
    kept = {m: value[m] for m in ("georel", "geometry", "coordinates")}
    if "geoproperty" in value:
        kept["geoproperty"] = vocabulary.expand(text(value["geoproperty"]))
    geo_query(kept)
    return kept


def _scope(value: Any, vocabulary: Vocabulary, _now: int) -> str:
    written = text(value)
    scope.parse(written)
    return written


def _datasets(value: Any, _v: Vocabulary, _now: int) -> list[str]:
    items = listed(value, "datasetId")
    return list(dict.fromkeys(item if item == "@none" else uri(item, "datasetId") for item in items))


_READERS: Final[dict[str, Callable[[Any, Vocabulary, int], Any]]] = {
    "id": _id,
    "type": _type,
    "subscriptionName": text,
    "description": text,
    "entities": _entities,
    "watchedAttributes": _names("watchedAttributes"),
    "notificationTrigger": _triggers,
    "timeInterval": _seconds,
    "throttling": _seconds,
    "q": _condition,
    "geoQ": _geo,
    "scopeQ": _scope,
    "csf": _condition,
    "isActive": flag,
    "expiresAt": _expiry,
    "notification": notification,
    "lang": text,
    "datasetId": _datasets,
    "jsonldContext": text,
}
