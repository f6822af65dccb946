"""The member `notification` of a subscription: what is told, how it looks, and where it goes.

Source: ETSI GS CIM 009 V1.9.1, 5.2.14 (NotificationParams), 5.2.15 (Endpoint), 5.2.22 (KeyValuePair), 7.2 (MQTT).
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from rhinecloud.base.errors import BadRequestData
from rhinecloud.context.vocabulary import Vocabulary

from .checks import Json, flag, listed, reworded, short, uri

FORMATS: Final = ("normalized", "concise", "keyValues", "simplified")
ACCEPTED: Final = ("application/json", "application/ld+json", "application/geo+json")
SCHEMES: Final = ("http", "https", "mqtt", "mqtts")
VERSIONS: Final = ("mqtt3.1.1", "mqtt5.0")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
_OURS: Final = frozenset(
    ["host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"]
)


def notification(value: Any, vocabulary: Vocabulary, _now: int) -> Json:
    """The member notification, checked and expanded.

    Raises:
        BadRequestData: something in it is not what it may be.
    """
    if not isinstance(value, dict):
        raise BadRequestData("notification is an object")
    kept = _projections(value, vocabulary)
    kept["format"] = _one_of(value, "format", FORMATS, "normalized")
    for member in ("sysAttrs", "showChanges"):
        if value.get(member) is not None:
            kept[member] = flag(value[member])
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
            items = listed(value[member], member)
            if not all(isinstance(item, str) and item.strip() for item in items):
                raise BadRequestData(f"{member} is a list of names")
            kept[member] = [reworded(item, vocabulary.expand) for item in items]
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
        raise BadRequestData(f"{member} is one of {', '.join(known)}, not {short(value)}")
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
            kept[member] = [_pair(item, member) for item in listed(given[member], member)]
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
    header = _HEADER.match(key) and key.lower() not in _OURS and len(value) <= 8192 and value.isprintable()
    if member == "receiverInfo" and not header:
        raise BadRequestData(f"receiverInfo {short(key)} cannot be sent as a header")
    return {"key": key, "value": value}


def _check_notifier(info: dict[str, str]) -> None:
    if info.get("MQTT-Version", VERSIONS[1]) not in VERSIONS:
        raise BadRequestData(f"MQTT-Version is one of {', '.join(VERSIONS)}")
    if info.get("MQTT-QoS", "0") not in ("0", "1", "2"):
        raise BadRequestData("MQTT-QoS is 0, 1 or 2")
