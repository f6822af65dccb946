"""A subscription as it is sent, checked member by member, names expanded; and the other way round for answers.

Source: ETSI GS CIM 009 V1.9.1, 5.2.12 to 5.2.15, 5.2.22, 5.8.1.4, 5.8.2.4.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import NULL
from rhinecloud.context import geo, q, scope, selection
from rhinecloud.context.patterns import searcher
from rhinecloud.context.vocabulary import Vocabulary

Json = dict[str, Any]

TRIGGERS: Final = (
    "entityCreated",
    "entityUpdated",
    "entityDeleted",
    "attributeCreated",
    "attributeUpdated",
    "attributeDeleted",
)
DEFAULT_TRIGGERS: Final = ("attributeCreated", "attributeUpdated")
FORMATS: Final = ("normalized", "concise", "keyValues", "simplified")
ACCEPTED: Final = ("application/json", "application/ld+json", "application/geo+json")
SCHEMES: Final = ("http", "https", "mqtt", "mqtts")
VERSIONS: Final = ("mqtt3.1.1", "mqtt5.0")
LONGEST: Final = 2048
MOST: Final = 1000  # items of a list

_MEMBERS: Final = frozenset(["id", "type", "scope", "createdAt", "modifiedAt", "expiresAt"])
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+\Z")
_NAME: Final = re.compile(r"[^\s{},|()]+")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
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
            notification[member] = [_reworded(item, compact) for item in notification[member]]
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


def _reworded(item: str, word: Callable[[str], str]) -> str:
    return _NAME.sub(lambda m: m[0] if m[0] in _MEMBERS else word(m[0]), item)


# Readers of members: (value, vocabulary, now) → what is kept.


def _text(value: Any, _v: Vocabulary, _now: int) -> str:
    if not isinstance(value, str) or not value or len(value) > 8192:
        raise BadRequestData(f"{_short(value)} is not a text")
    return value


def _id(value: Any, _v: Vocabulary, _now: int) -> str:
    return uri(value, "The id")


def uri(value: Any, what: str) -> str:
    """`value`, if it is a URI."""
    if not isinstance(value, str) or len(value) > LONGEST or not _URI.match(value):
        raise BadRequestData(f"{what} is not a URI: {_short(value)}")
    return value


def _type(value: Any, _v: Vocabulary, _now: int) -> str:
    if value != "Subscription":
        raise BadRequestData('The type of a subscription is "Subscription"')
    return "Subscription"


def _flag(value: Any, _v: Vocabulary, _now: int) -> bool:
    if not isinstance(value, bool):
        raise BadRequestData(f"{_short(value)} is neither true nor false")
    return value


def _seconds(value: Any, _v: Vocabulary, _now: int) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and 0 < value < 1e9):
        raise BadRequestData(f"timeInterval and throttling are seconds, more than 0: {_short(value)}")
    return value


def _expiry(value: Any, _v: Vocabulary, now_us: int) -> str:
    try:
        at = parse_us(value)
    except (ValueError, TypeError) as error:
        raise BadRequestData(f"expiresAt is not a date and time: {_short(value)}") from error
    if at <= now_us:
        raise BadRequestData(f"expiresAt is in the past: {value}")
    return str(value)


def _list(value: Any, what: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if not items or len(items) > MOST:
        raise BadRequestData(f"{what} is a list of 1 to {MOST}")
    return items


def _names(what: str) -> Callable[[Any, Vocabulary, int], list[str]]:
    def read(value: Any, vocabulary: Vocabulary, _now: int) -> list[str]:
        items = _list(value, what)
        if not all(isinstance(item, str) and item for item in items):
            raise BadRequestData(f"{what} is a list of names")
        return list(dict.fromkeys(vocabulary.expand(item) for item in items))

    return read


def _entities(value: Any, vocabulary: Vocabulary, _now: int) -> list[Json]:
    found = []
    for item in _list(value, "entities"):
        wanted = item.get("type", item.get("@type")) if isinstance(item, dict) else None
        if not isinstance(wanted, str):
            raise BadRequestData("Each of entities has a type")
        kept: Json = {}
        if "id" in item or "@id" in item:
            given = item.get("id", item.get("@id"))
            ids = [uri(one, "The id of an entity") for one in _list(given, "The id of an entity")]
            kept["id"] = ids[0] if isinstance(given, str) else ids
        if "idPattern" in item:
            kept["idPattern"] = _text(item["idPattern"], vocabulary, 0)
            searcher(kept["idPattern"])
        if wanted != "*":
            selection.parse(wanted, vocabulary.expand)
            wanted = _TYPE_NAME.sub(lambda m: vocabulary.expand(m[0]), wanted)
        kept["type"] = wanted
        found.append(kept)
    return found


def _triggers(value: Any, _v: Vocabulary, _now: int) -> list[str]:
    items = _list(value, "notificationTrigger")
    for item in items:
        if item not in TRIGGERS:
            raise BadRequestData(f"There is no notificationTrigger {_short(item)}; there are {', '.join(TRIGGERS)}")
    return list(dict.fromkeys(items))


def _condition(value: Any, vocabulary: Vocabulary, _now: int) -> str:
    text = _text(value, vocabulary, 0)
    q.parse(_unquoted(text), vocabulary.expand)
    return text


def _geo(value: Any, vocabulary: Vocabulary, _now: int) -> Json:
    if not isinstance(value, dict) or not {"georel", "geometry", "coordinates"} <= value.keys():
        raise BadRequestData("geoQ has georel, geometry and coordinates")
    if not all(isinstance(value[m], str) for m in ("georel", "geometry")):
        raise BadRequestData("georel and geometry of geoQ are texts")
    kept = {m: value[m] for m in ("georel", "geometry", "coordinates")}
    if "geoproperty" in value:
        kept["geoproperty"] = vocabulary.expand(_text(value["geoproperty"], vocabulary, 0))
    geo_query(kept)
    return kept


def _scope(value: Any, vocabulary: Vocabulary, _now: int) -> str:
    text = _text(value, vocabulary, 0)
    scope.parse(text)
    return text


def _datasets(value: Any, _v: Vocabulary, _now: int) -> list[str]:
    items = _list(value, "datasetId")
    return list(dict.fromkeys(item if item == "@none" else uri(item, "datasetId") for item in items))


def _notification(value: Any, vocabulary: Vocabulary, _now: int) -> Json:
    if not isinstance(value, dict):
        raise BadRequestData("notification is an object")
    kept = _projections(value, vocabulary)
    kept["format"] = _one_of(value, "format", FORMATS, "normalized")
    for member in ("sysAttrs", "showChanges"):
        if value.get(member) is not None:
            kept[member] = _flag(value[member], vocabulary, 0)
    if kept.get("showChanges") and kept["format"] in ("keyValues", "simplified"):
        raise BadRequestData("showChanges does not go with the simplified format")
    if value.get("join") is not None:
        kept["join"] = _one_of(value, "join", ("flat", "inline", "@none"), "@none")
    if value.get("joinLevel") is not None:
        level = value["joinLevel"]
        if type(level) is not int or not 1 <= level <= 10 or kept.get("join", "@none") == "@none":
            raise BadRequestData("joinLevel is a number from 1 to 10, and goes with join")
        kept["joinLevel"] = level
    kept["endpoint"] = _endpoint(value.get("endpoint"))
    return kept


def _projections(value: Json, vocabulary: Vocabulary) -> Json:
    kept: Json = {}
    for member in ("attributes", "pick", "omit"):
        if value.get(member) is not None:
            items = _list(value[member], member)
            if not all(isinstance(item, str) and item.strip() for item in items):
                raise BadRequestData(f"{member} is a list of names")
            kept[member] = [_reworded(item, vocabulary.expand) for item in items]
    if "attributes" in kept and ("pick" in kept or "omit" in kept):
        raise BadRequestData("attributes goes neither with pick nor with omit")
    if both := set(kept.get("pick", ())) & set(kept.get("omit", ())):
        raise BadRequestData(f"pick and omit name the same member {min(both)}")
    return kept


def _one_of(given: Json, member: str, known: tuple[str, ...], default: str) -> str:
    value = given.get(member)
    if value is None:
        return default
    if value not in known:
        raise BadRequestData(f"{member} is one of {', '.join(known)}, not {_short(value)}")
    return str(value)


def _endpoint(given: Any) -> Json:
    if not isinstance(given, dict):
        raise BadRequestData("notification has an endpoint, an object with a uri")
    address = uri(given.get("uri"), "The uri of the endpoint")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadRequestData(f"The uri of the endpoint is no address: {error}") from error
    if parts.scheme not in SCHEMES or not host:
        raise BadRequestData(f"The uri of the endpoint begins with one of {', '.join(SCHEMES)} and names a host")
    if parts.scheme.startswith("mqtt") and (not parts.path.strip("/") or {"+", "#", "?"} & set(address)):
        raise BadRequestData("The uri of an MQTT endpoint has a topic after the host, without +, # and ?")
    kept: Json = {"uri": address, "accept": _one_of(given, "accept", ACCEPTED, "application/json")}
    for member in ("receiverInfo", "notifierInfo"):
        if given.get(member) is not None:
            kept[member] = [_pair(item, member) for item in _list(given[member], member)]
    for member in ("timeout", "cooldown"):  # milliseconds (5.2.15)
        if given.get(member) is not None:
            value = given[member]
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3_600_000:
                raise BadRequestData(f"{member} of the endpoint is a number of milliseconds, at most an hour")
            kept[member] = value
    _check_notifier({pair["key"]: pair["value"] for pair in kept.get("notifierInfo", ())})
    return kept


def _pair(given: Any, member: str) -> Json:
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in ("key", "value")):
        raise BadRequestData(f"{member} is a list of pairs of key and value, both texts")
    key, value = given["key"], given["value"]
    if member == "receiverInfo" and (not _HEADER.match(key) or len(value) > 8192 or not value.isprintable()):
        raise BadRequestData(f"receiverInfo {_short(key)} cannot be sent as a header")
    return {"key": key, "value": value}


def _check_notifier(info: dict[str, str]) -> None:
    if info.get("MQTT-Version", VERSIONS[1]) not in VERSIONS:
        raise BadRequestData(f"MQTT-Version is one of {', '.join(VERSIONS)}")
    if info.get("MQTT-QoS", "0") not in ("0", "1", "2"):
        raise BadRequestData("MQTT-QoS is 0, 1 or 2")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


_READERS: Final[dict[str, Callable[[Any, Vocabulary, int], Any]]] = {
    "id": _id,
    "type": _type,
    "subscriptionName": _text,
    "description": _text,
    "entities": _entities,
    "watchedAttributes": _names("watchedAttributes"),
    "notificationTrigger": _triggers,
    "timeInterval": _seconds,
    "throttling": _seconds,
    "q": _condition,
    "geoQ": _geo,
    "scopeQ": _scope,
    "csf": _condition,
    "isActive": _flag,
    "expiresAt": _expiry,
    "notification": _notification,
    "lang": _text,
    "datasetId": _datasets,
    "jsonldContext": _text,
}
