"""Malformed, hostile and absurd input for every door of a running city, by the million if asked.

    python tests/journeys/hostile.py --port 8080 --mqtt-port 1883 --count 1000000

Seeds are valid requests of each door; each is bent once or several times: bytes flipped, cut or doubled, members lost,
values replaced by absurd ones, nesting, odd headers, paths and methods. Deterministic by `--seed`. What is counted: answers
by status class, connections that broke without an answer, and answers of 500 and above with the request that caused them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import collections
import contextlib
import json
import random
import sys
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = Any
Mangler = random.Random

POINT = {"type": "Point", "coordinates": [6.73, 51.45]}
ENTITY: Json = {
    "id": "urn:ngsi-ld:WeatherObserved:hostile",
    "type": "WeatherObserved",
    "temperature": {
        "type": "Property",
        "value": 8.1,
        "unitCode": "CEL",
        "observedAt": "2026-11-22T10:00:00Z",
        "accuracy": {"type": "Property", "value": 1},
    },
    "refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:Device:1", "datasetId": "urn:ngsi-ld:d:1"},
    "name": {"type": "LanguageProperty", "languageMap": {"de": "Wetter", "en": "weather"}},
    "location": {"type": "GeoProperty", "value": POINT},
    "scope": ["/duisburg/ruhrort"],
}
SUBSCRIPTION: Json = {
    "type": "Subscription",
    "entities": [{"type": "WeatherObserved", "idPattern": "urn:.*"}],
    "q": "temperature>30",
    "geoQ": {"georel": "near;maxDistance==2000", "geometry": "Point", "coordinates": [6.7, 51.4]},
    "notification": {
        "format": "keyValues",
        "endpoint": {"uri": "http://127.0.0.1:9/none", "accept": "application/json"},
    },
}
CHIRPSTACK: Json = {
    "deduplicationId": "57433366-50a6-4dc2-8145-2df1bbc70d9e",
    "time": "2026-11-22T10:00:00.404859+00:00",
    "deviceInfo": {"applicationName": "a", "deviceName": "d", "devEui": "1000000000000001"},
    "fPort": 85,
    "data": "AXVcA4JECAQAAQ==",
    "rxInfo": [{"gatewayId": "6a7e", "rssi": -35, "snr": 11.5}],
}
TTS: Json = {
    "end_device_ids": {"device_id": "eui-1", "dev_eui": "1000000000000001", "application_ids": {"application_id": "a"}},
    "received_at": "2026-11-22T10:00:00Z",
    "uplink_message": {"f_port": 85, "frm_payload": "AXVcA4JECAQAAQ==", "rx_metadata": [{"rssi": -35, "snr": 4}]},
}
ID = "urn:ngsi-ld:WeatherObserved:hostile"
API = "/ngsi-ld/v1"
TEMPERATURE = {"type": "Property", "value": 3}

# (method, path, query, body)
SEEDS: list[tuple[str, str, dict[str, str], Json]] = [
    ("POST", f"{API}/entities", {}, ENTITY),
    (
        "GET",
        f"{API}/entities",
        {"type": "WeatherObserved", "q": 'temperature>3;name[de]=="Wetter"', "limit": "20"},
        None,
    ),
    (
        "GET",
        f"{API}/entities",
        {"type": "(A|B),C", "georel": "near;maxDistance==200", "geometry": "Point", "coordinates": "[6.7,51.4]"},
        None,
    ),
    (
        "GET",
        f"{API}/entities",
        {"type": "WeatherObserved", "scopeQ": "/a/+/#", "orderBy": "temperature;!asc", "count": "true"},
        None,
    ),
    (
        "GET",
        f"{API}/entities",
        {"idPattern": "urn:(a+)+$", "pick": "id,name{a,b}", "join": "flat", "joinLevel": "2"},
        None,
    ),
    ("GET", f"{API}/entities/{ID}", {"options": "keyValues", "lang": "de", "attrs": "temperature"}, None),
    ("PATCH", f"{API}/entities/{ID}", {}, {"temperature": TEMPERATURE}),
    ("PUT", f"{API}/entities/{ID}", {}, ENTITY),
    ("DELETE", f"{API}/entities/{ID}", {}, None),
    ("POST", f"{API}/entities/{ID}/attrs", {"options": "noOverwrite"}, {"temperature": TEMPERATURE}),
    ("PATCH", f"{API}/entities/{ID}/attrs", {}, {"temperature": TEMPERATURE}),
    ("PATCH", f"{API}/entities/{ID}/attrs/temperature", {}, TEMPERATURE),
    ("PUT", f"{API}/entities/{ID}/attrs/temperature", {}, TEMPERATURE),
    ("DELETE", f"{API}/entities/{ID}/attrs/temperature", {"datasetId": "urn:ngsi-ld:d:1"}, None),
    ("POST", f"{API}/entityOperations/create", {}, [ENTITY, ENTITY]),
    ("POST", f"{API}/entityOperations/upsert", {"options": "update"}, [ENTITY]),
    ("POST", f"{API}/entityOperations/update", {"options": "noOverwrite"}, [ENTITY]),
    ("POST", f"{API}/entityOperations/merge", {}, [ENTITY]),
    ("POST", f"{API}/entityOperations/delete", {}, [ID]),
    (
        "POST",
        f"{API}/entityOperations/query",
        {},
        {"type": "Query", "entities": [{"type": "WeatherObserved"}], "q": "temperature>1"},
    ),
    ("GET", f"{API}/types", {"details": "true"}, None),
    ("GET", f"{API}/attributes/temperature", {}, None),
    ("POST", f"{API}/subscriptions", {}, SUBSCRIPTION),
    ("PATCH", f"{API}/subscriptions/urn:ngsi-ld:Subscription:1", {}, {"isActive": False}),
    (
        "GET",
        f"{API}/temporal/entities",
        {"type": "WeatherObserved", "timerel": "after", "timeAt": "2026-11-22T10:00:00Z", "lastN": "3"},
        None,
    ),
    (
        "GET",
        f"{API}/temporal/entities/{ID}",
        {"options": "aggregatedValues", "aggrMethods": "avg,max", "aggrPeriodDuration": "PT1H"},
        None,
    ),
    (
        "POST",
        f"{API}/temporal/entities",
        {},
        ENTITY | {"temperature": [TEMPERATURE | {"observedAt": "2026-11-22T09:00:00Z"}]},
    ),
    ("POST", f"{API}/jsonldContexts", {}, {"@context": {"a": "https://example.org/a"}}),
    ("GET", f"{API}/jsonldContexts", {"kind": "Hosted", "details": "true"}, None),
    ("POST", "/push/hostile", {}, CHIRPSTACK),
    ("POST", "/push/hostile", {}, TTS),
    ("GET", "/web/things", {"bbox": "6,51,7,52"}, None),
    ("GET", "/web/series", {"id": ID, "attr": "temperature", "from": "2026-11-22T10:00:00Z"}, None),
    ("GET", "/situation", {"at": "2026-11-22T10:00:00Z"}, None),
    ("POST", "/sign-in", {}, {"name": "a", "password": "b"}),
    ("GET", "/health", {}, None),
]

ABSURD: list[Json] = [
    None, True, False, 0, -1, 2**63, -(2**63) - 1, 10**400, 1e308, -0.0, 5e-324, "", " ", "\x00", "\ud800", "a" * 5000, "💥" * 50,
    "urn:ngsi-ld:null", "@type", "@context", "http://[::1", "file:///etc/passwd", "2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z", "'; DROP TABLE entity; --", "../../../../etc/passwd", "<script>alert(1)</script>", "%s%n{0}${7*7}",
    [], {}, [[]], [{}], {"": ""}, {"type": "Property"}, {"type": []}, {"@id": "x"}, {"value": {"value": {}}}, ["a", 1, None], {"@value": 1},
    {"type": "Point", "coordinates": [999, 999]}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, {"type": "Point", "coordinates": ["a"]},
]  # fmt: skip
HEADERS: list[tuple[str, str]] = [
    ("Link", '<http://127.0.0.1:9/none.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'),
    ("Link", "<<<>>>;rel"),
    ("NGSILD-Tenant", "../city"),
    ("NGSILD-Tenant", "a" * 300),
    ("NGSILD-Tenant", "nowhere"),
    ("Accept", "image/png"),
    ("Accept", "application/ld+json;q=x, */*;q=9"),
    ("Accept", "application/geo+json"),
    ("Content-Type", "application/xml"),
    ("Content-Type", "application/ld+json; charset=\x7f"),
    ("Content-Type", "application/merge-patch+json"),
    ("Authorization", "Bearer " + "x" * 500),
    ("Authorization", "Basic ####"),
    ("Cookie", "session=%00%ff; a=b; ;;=;"),
    ("Prefer", "ngsi-ld=banana"),
    ("If-None-Match", "*"),
    ("X-Forwarded-For", "::::, 1.2.3"),
    ("Content-Encoding", "gzip"),
]


def bend(value: Json, rng: Mangler, depth: int = 0) -> Json:
    """`value` with one place made absurd."""
    if depth > 6 or rng.random() < 0.12 or not isinstance(value, dict | list) or not value:
        return rng.choice(ABSURD)
    if isinstance(value, list):
        place = rng.randrange(len(value))
        return [*value[:place], bend(value[place], rng, depth + 1), *value[place + 1 :]]
    key = rng.choice(list(value))
    act = rng.random()
    if act < 0.1:
        return {k: v for k, v in value.items() if k != key}
    if act < 0.2:
        return value | {str(rng.choice(ABSURD)): value[key]}
    return value | {key: bend(value[key], rng, depth + 1)}


def body_of(seed: Json, rng: Mangler) -> bytes:
    """JSON bytes of a bent seed, sometimes broken below the level of JSON."""
    act = rng.random()
    if act < 0.02:
        depth = rng.choice([50, 1000, 20000])
        return b"[" * depth + b"]" * rng.choice([0, depth])
    if act < 0.03:
        return b'{"a":' * 3000 + b"1" + b"}" * 3000
    if act < 0.05:
        return rng.choice(
            [
                b"",
                b"null",
                b"NaN",
                b"Infinity",
                b'"',
                b"\xff\xfe{",
                b"{}",
                b"[]",
                b"1e999",
                b'{"id":1,"id":2}',
                b"\x00" * 20,
            ]
        )
    value = seed
    for _ in range(rng.choice([0, 1, 1, 1, 2, 4])):
        value = bend(value, rng)
    text = json.dumps(value, allow_nan=True).encode("utf-8", "surrogatepass")
    if act < 0.25 and text:
        raw = bytearray(text)
        for _ in range(rng.choice([1, 1, 3, 10])):
            place = rng.randrange(len(raw))
            raw[place] = rng.randrange(256)
        text = bytes(raw[: rng.randrange(1, len(raw) + 1)] if rng.random() < 0.3 else raw)
    return text


def request(rng: Mangler) -> bytes:
    """One HTTP/1.1 request, headers and body."""
    method, path, query, seed = rng.choice(SEEDS)
    if rng.random() < 0.05:
        method = rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"])
    if rng.random() < 0.1:
        parts = path.split("/")
        parts[rng.randrange(1, len(parts))] = urllib.parse.quote(
            str(rng.choice(ABSURD)).encode("utf-8", "surrogatepass"), safe=""
        )[:2000]
        path = "/".join(parts)
    asked = dict(query)
    for _ in range(rng.choice([0, 1, 1, 2])):
        key = rng.choice([*asked, "q", "limit", "offset", "options", "attrs", "at", "type", "id", "zzz"])
        asked[key] = str(
            rng.choice(
                [*ABSURD, "a>1;" * 400, "((((((((" * 60, "(a+)+b", "-5", "1e9", "a==1..", '"', "]", "a{b{c{d}}}"]
            )
        )
    text = urllib.parse.urlencode({k: v.encode("utf-8", "surrogatepass") for k, v in asked.items()})
    body = b"" if seed is None and rng.random() < 0.9 else body_of(seed, rng)
    headers = {
        "Host": "localhost",
        "Content-Type": rng.choice(
            ["application/json", "application/json", "application/ld+json", "application/x-www-form-urlencoded"]
        ),
    }
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        name, value = rng.choice(HEADERS)
        headers[name] = value
    if body or method in {"POST", "PUT", "PATCH"}:
        headers["Content-Length"] = str(len(body))
    head = f"{method} {path}{'?' + text if text else ''} HTTP/1.1\r\n" + "".join(
        f"{k}: {v}\r\n" for k, v in headers.items()
    )
    return head.encode("utf-8", "replace") + b"\r\n" + body


def payload(rng: Mangler) -> tuple[str, bytes]:
    """An MQTT topic below a device's own and a payload for it."""
    topic = rng.choice(["up", "up", "temperature", "a/b/c", "event/up", "", "command/ack", "ü ß", "x" * 200])
    seed = rng.choice(
        [
            {"temperature": 3.4},
            [{"temperature": 1, "observedAt": "2026-11-22T10:00:00Z"}],
            CHIRPSTACK,
            TTS,
            ENTITY,
            4.5,
            "on",
        ]
    )
    data = body_of(seed, rng)
    if rng.random() < 0.05:
        data = base64.b64encode(data) if rng.random() < 0.5 else rng.randbytes(rng.choice([1, 30, 4000]))
    return topic, data


@dataclass
class Tally:
    """What the city answered."""

    sent: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    broken: int = 0
    bad: list[tuple[int, bytes, bytes]] = field(default_factory=list)  # status, request, answer


async def attack_http(host: str, port: int, count: int, seed: int, tally: Tally) -> None:
    """Sends `count` requests over one connection after the other, each answered before the next."""
    rng = random.Random(seed)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    for _ in range(count):
        data = request(rng)
        if writer is None or writer.is_closing():
            reader, writer = await asyncio.open_connection(host, port)
        assert reader is not None
        tally.sent += 1
        try:
            writer.write(data)
            await writer.drain()
            status, answer, keep = await asyncio.wait_for(read_answer(reader, data.startswith(b"HEAD")), 30)
        except TimeoutError:
            tally.bad.append((0, data, b"no answer within 30 s"))
            status, keep = 0, False
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            tally.broken += 1
            keep = False
        else:
            tally.statuses[status] += 1
            # 501 answers a method that HTTP itself does not know; 504 an @context that cannot be fetched.
            if status >= 500 and status not in {501, 504} and len(tally.bad) < 50:
                tally.bad.append((status, data, answer))
        if not keep:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            writer = None
    if writer is not None:
        writer.close()


async def read_answer(reader: asyncio.StreamReader, head_only: bool) -> tuple[int, bytes, bool]:
    """Status, body and whether the connection stays; event streams are left after their head."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    if "event-stream" in headers.get("content-type", ""):
        return status, b"", False
    body = b""
    if not head_only and status not in {204, 304}:
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            while size := int((await reader.readline()).strip() or b"0", 16):
                body += await reader.readexactly(size + 2)
            await reader.readline()
    return status, body, headers.get("connection", "") != "close"


def attack_mqtt(host: str, port: int, user: str, secret: str, count: int, seed: int) -> int:
    """Publishes `count` payloads as the device `user`, again connected when it is sent away; returns how many were sent."""
    import paho.mqtt.client as mqtt

    rng = random.Random(seed)
    sent = 0
    while sent < count:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"hostile-{seed}", reconnect_on_failure=False)
        client.username_pw_set(user, secret)
        client.connect(host, port)
        client.loop_start()
        for _ in range(100):
            if not client.is_connected() and not _soon(client.is_connected):
                break
            topic, data = payload(rng)
            with contextlib.suppress(ValueError):  # not every topic gets past the client library
                client.publish(f"city/{user}/{topic}", data, qos=rng.choice([0, 1]))
            sent += 1
            if sent % 20 == 0:
                time.sleep(0.01)
        client.disconnect()
        client.loop_stop()
    return sent


def _soon(condition: Callable[[], bool]) -> bool:
    for _ in range(50):
        if condition():
            return True
        time.sleep(0.01)
    return False


async def run(host: str, port: int, count: int, *, seed: int = 1, connections: int = 8) -> Tally:
    """`count` hostile requests over several connections at once."""
    tally = Tally()
    await asyncio.gather(
        *(attack_http(host, port, count // connections, seed * 1000 + n, tally) for n in range(connections))
    )
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mqtt-port", type=int)
    parser.add_argument("--device", default="hostile")
    parser.add_argument("--secret", default="")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.mqtt_port:
        sent = asyncio.run(
            attack_mqtt(options.host, options.mqtt_port, options.device, options.secret, options.count, options.seed)
        )
        print(f"MQTT: {sent} payloads sent")
        return
    tally = asyncio.run(run(options.host, options.port, options.count, seed=options.seed))
    print(
        f"{tally.sent} requests; answers {dict(sorted(tally.statuses.items()))}; broken off {tally.broken}; bad {len(tally.bad)}"
    )
    for status, data, answer in tally.bad[:10]:
        print(status, data[:600], answer[:300])
    sys.exit(1 if tally.bad else 0)


if __name__ == "__main__":
    main()
