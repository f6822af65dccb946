"""What LoRaWAN network servers send → one form, `Uplink`: ChirpStack (v4, and v3's JSON), The Things Stack v3, LORIOT.

Source: ChirpStack v4, "Event types" (integration events up, join, status, ack, txack, log, location);
The Things Stack v3, "Data formats" (ApplicationUp); LORIOT, "Application API data format" (cmd rx, gw).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from rhinecloud.base.errors import Unreadable

from .instants import from_number, from_text
from .paths import describe

Event = Literal["up", "join", "status", "ack", "location", "log", "other"]


class Uplink(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An event of one LoRaWAN device, whichever network server told it."""

    network: Literal["chirpstack", "things-stack", "loriot"]
    event: Event = "up"
    eui: str  # 16 hex digits, lower case
    name: str = ""
    port: int | None = None
    counter: int | None = None
    data: bytes | None = None  # None: no payload, or only encrypted
    decoded: dict[str, Any] | None = None  # what the network server's own codec gave
    observed: str = ""  # RFC 3339; "": not told
    rssi_dbm: float | None = None  # of the gateway that heard it best
    snr_db: float | None = None
    gateway: str = ""
    frequency_hz: int | None = None
    spreading_factor: int | None = None
    battery_pct: float | None = None
    location: dict[str, Any] | None = None  # GeoJSON, where the network located it
    brand: str = ""  # The Things Stack: version_ids
    model: str = ""
    firmware: str = ""
    hints: tuple[str, ...] = ()  # names of profile and application, tags: a codec may be recognised from them
    text: str = ""  # of a log event


def read_uplink(document: dict[str, Any]) -> Uplink | None:
    """The event in a network server's message; None: this is no such message.

    Raises:
        Unreadable: it is one, but a part of it cannot be read.
    """
    if isinstance(document.get("deviceInfo"), dict) and "devEui" in document["deviceInfo"]:
        return _read(_chirpstack, document)
    if isinstance(document.get("end_device_ids"), dict):
        return _read(_things_stack, document)
    if "devEUI" in document and ("fPort" in document or "rxInfo" in document or "objectJSON" in document):
        return _read(_chirpstack_3, document)
    if isinstance(document.get("EUI"), str) and isinstance(document.get("cmd"), str):
        return _read(_loriot, document)
    return None


def _read(reader: Callable[[dict[str, Any]], Uplink], document: dict[str, Any]) -> Uplink:
    try:
        return reader(document)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise Unreadable(
            f"The network server's message is not of its usual form: {error}", reason="bad uplink"
        ) from error


def _chirpstack(d: dict[str, Any]) -> Uplink:
    info = d["deviceInfo"]
    tags = info.get("tags") or {}
    uplink = Uplink(
        network="chirpstack",
        event=_chirpstack_event(d),
        eui=_eui(info["devEui"]),
        name=_text(info.get("deviceName")),
        port=_whole(d.get("fPort")),
        counter=_whole(d.get("fCnt")),
        data=_payload(d.get("data")),
        decoded=_object(d.get("object")),
        observed=_time(d.get("time")),
        frequency_hz=_whole((d.get("txInfo") or {}).get("frequency")),
        hints=tuple(_text(x) for x in (info.get("deviceProfileName"), *tags.values(), info.get("deviceName")) if x),
    )
    lora = ((d.get("txInfo") or {}).get("modulation") or {}).get("lora") or {}
    uplink.spreading_factor = _whole(lora.get("spreadingFactor"))
    _best(uplink, d.get("rxInfo"), "snr", lambda heard: heard.get("gatewayId"))
    if uplink.event == "status" and not d.get("batteryLevelUnavailable") and not d.get("externalPowerSource"):
        uplink.battery_pct = _percent(d.get("batteryLevel"))
    if uplink.event == "status":
        uplink.snr_db = _float(d.get("margin"))
    if uplink.event == "location":
        uplink.location = _place(d.get("location"), "longitude", "latitude")
    if uplink.event == "log":
        uplink.text = f"{d.get('level', '')} {d.get('code', '')}: {d.get('description', '')}"[:300]
    return uplink


def _chirpstack_event(d: dict[str, Any]) -> Event:
    if "data" in d or "fPort" in d or "object" in d:
        return "up"
    if "margin" in d or "batteryLevel" in d:
        return "status"
    if "acknowledged" in d or "queueItemId" in d:
        return "ack"
    if "location" in d:
        return "location"
    if "level" in d and "description" in d:
        return "log"
    return "join" if "devAddr" in d and "fCnt" not in d else "up"


def _chirpstack_3(d: dict[str, Any]) -> Uplink:
    """ChirpStack before v4 (and its older JSON marshaler): flat, EUI as hex or base64, objectJSON as text."""
    uplink = Uplink(
        network="chirpstack",
        eui=_eui(d["devEUI"]),
        name=_text(d.get("deviceName")),
        port=_whole(d.get("fPort")),
        counter=_whole(d.get("fCnt")),
        data=_payload(d.get("data")),
        decoded=_object(d.get("object") or d.get("objectJSON")),
        frequency_hz=_whole((d.get("txInfo") or {}).get("frequency")),
        hints=tuple(
            _text(x) for x in (d.get("deviceProfileName"), d.get("deviceName"), *(d.get("tags") or {}).values()) if x
        ),
    )
    tx = d.get("txInfo") or {}
    lora = tx.get("loRaModulationInfo") or tx.get("dr") or {}
    uplink.spreading_factor = _whole(lora.get("spreadingFactor")) if isinstance(lora, dict) else None
    _best(uplink, d.get("rxInfo"), "loRaSNR", lambda heard: heard.get("gatewayID"))
    times = [heard.get("time") for heard in d.get("rxInfo") or () if isinstance(heard, dict) and heard.get("time")]
    uplink.observed = _time(times[0]) if times else ""
    return uplink


def _things_stack(d: dict[str, Any]) -> Uplink:
    ids = d["end_device_ids"]
    up = d.get("uplink_message") or d.get("uplink_normalized") or {}
    version = up.get("version_ids") or {}
    settings = up.get("settings") or {}
    lora = (settings.get("data_rate") or {}).get("lora") or {}
    events: dict[str, Event] = {
        "uplink_message": "up",
        "uplink_normalized": "other",
        "join_accept": "join",
        "location_solved": "location",
    }
    events |= {"downlink_ack": "ack", "downlink_nack": "ack", "downlink_failed": "log"}
    uplink = Uplink(
        network="things-stack",
        event=next((event for member, event in events.items() if member in d), "other"),
        eui=_eui(ids["dev_eui"]) if "dev_eui" in ids else _eui(_text(ids.get("device_id")).removeprefix("eui-")),
        name=_text(ids.get("device_id")),
        port=_whole(up.get("f_port")),
        counter=_whole(up.get("f_cnt")),
        data=_payload(up.get("frm_payload")),
        decoded=_object(up.get("decoded_payload")),
        # received_at of the uplink: the clock of the network server; settings.time is the gateway's, and often wrong.
        observed=_time(up.get("received_at") or d.get("received_at") or settings.get("time")),
        frequency_hz=_whole(settings.get("frequency")),
        spreading_factor=_whole(lora.get("spreading_factor") or settings.get("spreading_factor")),
        brand=_text(version.get("brand_id")),
        model=_text(version.get("model_id")),
        firmware=_text(version.get("firmware_version")),
        hints=(_text(ids.get("device_id")),),
    )
    _best(uplink, up.get("rx_metadata"), "snr", lambda heard: (heard.get("gateway_ids") or {}).get("gateway_id"))
    battery = up.get("last_battery_percentage")
    uplink.battery_pct = _percent(battery.get("value")) if isinstance(battery, dict) else None
    if uplink.event == "location":
        uplink.location = _place((d["location_solved"] or {}).get("location"), "longitude", "latitude")
    return uplink


def _loriot(d: dict[str, Any]) -> Uplink:
    data_rate = _text(d.get("dr"))
    events: dict[str, Event] = {"rx": "up", "gw": "up", "join": "join", "txd": "ack"}
    uplink = Uplink(
        network="loriot",
        event=events.get(d["cmd"], "other"),
        eui=_eui(d["EUI"]),
        port=_whole(d.get("port")),
        counter=_whole(d.get("fcnt")),
        data=_hex(d.get("data")),
        decoded=_object(d.get("decoded")),
        observed=from_number(d["ts"])
        if isinstance(d.get("ts"), int | float) and not isinstance(d.get("ts"), bool)
        else "",
        rssi_dbm=_float(d.get("rssi")),
        snr_db=_float(d.get("snr")),
        frequency_hz=_whole(d.get("freq")),
        spreading_factor=_whole(data_rate[2:4].strip()) if data_rate.startswith("SF") else None,
    )
    _best(uplink, d.get("gws"), "snr", lambda heard: heard.get("gweui"))
    if uplink.event == "up" and uplink.data is None and d.get("encdata"):
        raise Unreadable(
            "LORIOT sends the payload encrypted (encdata); give it the device's AppSKey so that it sends data",
            reason="encrypted",
        )
    return uplink


def _best(uplink: Uplink, gateways: Any, snr_member: str, name: Callable[[dict[str, Any]], Any]) -> None:
    """Signal of the gateway that heard it best."""
    heard = [g for g in gateways or () if isinstance(g, dict) and isinstance(g.get("rssi"), int | float)]
    if not heard:
        return
    best = max(heard, key=lambda g: g["rssi"])
    uplink.rssi_dbm, uplink.snr_db, uplink.gateway = (
        _float(best["rssi"]),
        _float(best.get(snr_member)),
        _text(name(best)),
    )


def _eui(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable(f"The DevEUI is {describe(value)}, not 16 hex digits", reason="bad uplink")
    text = value.replace("-", "").replace(":", "").lower()
    if (len(text) == 12 and text.endswith("=")) or (len(text) != 16 and len(value) == 12):
        text = base64.b64decode(value, validate=True).hex()
    if len(text) != 16 or any(c not in "0123456789abcdef" for c in text):
        raise Unreadable(f"The DevEUI is {describe(value)}, not 16 hex digits", reason="bad uplink")
    return text


def _payload(value: Any) -> bytes | None:
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise Unreadable(f"The payload is {describe(value)}, not base64", reason="bad uplink") from error


def _hex(value: Any) -> bytes | None:
    if value is None or value == "":
        return None
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"The payload is {describe(value)}, not hex digits", reason="bad uplink") from error


def _object(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and value:
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return None
    return value if isinstance(value, dict) and value else None


def _time(value: Any) -> str:
    return from_text(value) if isinstance(value, str) and value else ""


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else "" if value is None else str(value)[:200]


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, str | float | int):
        number = int(value)
        return number if abs(number) < 2**53 else None
    return None


def _float(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _percent(value: Any) -> float | None:
    number = _float(value)
    return number if number is not None and 0 <= number <= 100 else None


def _place(value: Any, lon: str, lat: str) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    x, y = _float(value.get(lon)), _float(value.get(lat))
    if x is None or y is None or not (-180 <= x <= 180 and -90 <= y <= 90):
        return None
    return {"type": "Point", "coordinates": [x, y]}
