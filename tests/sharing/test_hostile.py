"""Absurd and hostile input through the NGSI-LD door: each is answered, none with 5xx."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import pytest

from .conftest import ROOT, City

POINT = {"type": "Point", "coordinates": [1e308, 1e308]}
DEEP: Any = 1
for _ in range(900):
    DEEP = [DEEP]
HOSTILE: list[Any] = [
    *(
        "\x00",
        "\u202e",
        "a" * 70_000,
        "%00",
        "../../etc/passwd",
        "𒐫" * 500,
        "urn:x:" + "é" * 3000,
        "%",
        "{{",
        "' OR 1=1",
    ),
    *({"$ne": 1}, [[[]]], 10**400, -1e308, True, {"": ""}, {"@id": "x"}, {"a": {"type": []}}, POINT, DEEP),
    *({"type": {"type": "Property"}}, {"value": {"@value": 1}}, {"type": "Property", "value": {"a": [None] * 1000}}),
    {"type": "GeoProperty", "value": POINT},
    {"type": "Property", "value": 1, "observedAt": "9999-12-31T23:59:60Z"},
    {"type": "LanguageProperty", "languageMap": {"@none": "urn:ngsi-ld:null"}},
]
NAMES = "q type idPattern scopeQ attrs pick omit limit offset coordinates lang orderBy id datasetId join".split()  # noqa: SIM905


@pytest.mark.parametrize("thing", HOSTILE, ids=lambda thing: repr(thing)[:30])
async def test_hostile_bodies_are_answered(city: City, thing: Any) -> None:
    entity = {"id": "urn:x:1", "type": "T", "a": thing}
    seen = set()
    for method, path, body in (
        ("POST", "/entities", entity),
        ("POST", "/entities", thing),
        ("POST", "/entities", {"id": thing, "type": thing, "scope": thing}),
        ("PATCH", "/entities/urn:x:1", {"a": thing, "type": thing, "expiresAt": thing}),
        ("PATCH", "/entities/urn:x:1", {"a": thing}),
        ("PATCH", "/entities/urn:x:1/attrs/a", thing),
        ("PATCH", "/entities/urn:x:1/attrs/a", {"value": thing}),
        ("POST", "/entityOperations/upsert", [entity, thing]),
        ("POST", "/entityOperations/delete", [thing]),
        ("POST", "/entityOperations/query", {"type": "Query", "q": thing, "geoQ": thing, "entities": [thing]}),
        ("POST", "/jsonldContexts", {"@context": thing}),
    ):
        seen.add((await city.ask(method, path, body)).status_code)
    for question in ("type=T", "type=T&orderBy=a", "q=a", "q=a==1", "type=T&format=concise&options=sysAttrs"):
        seen.add((await city.ask("GET", "/entities?" + question)).status_code)
    near = "georel=near;maxDistance==9&geometry=Point&coordinates=[6,51]&geoproperty=a"
    seen.add((await city.ask("GET", "/entities?" + near)).status_code)
    assert max(seen) < 500, seen


@pytest.mark.parametrize(
    "text", [thing for thing in HOSTILE if isinstance(thing, str)], ids=lambda text: repr(text)[:30]
)
async def test_hostile_parameters_headers_and_paths_are_answered(city: City, text: str) -> None:
    seen = set()
    for name in NAMES:
        seen.add((await city.ask("GET", "/entities", params={"type": "T", name: text[:3000]})).status_code)
    for header in ("accept", "link", "ngsild-tenant", "prefer", "authorization", "content-type", "content-length"):
        value = text[:3000].encode("latin-1", "ignore").replace(b"\x00", b"")
        seen.add((await city.ask("POST", "/entities", {}, headers={header: value})).status_code)  # type: ignore[dict-item]
    for path in ("/entities/{}", "/entities/{}/attrs/{}", "/types/{}", "/jsonldContexts/{}", "/{}"):
        raw = ROOT + path.replace("{}", quote(text[:1500], safe=""))
        seen.add((await city.client.get(raw)).status_code)
        seen.add((await city.client.delete(raw)).status_code)
    assert max(seen) < 500, seen


async def test_random_bytes_are_answered(city: City) -> None:
    """Bytes that begin as JSON and go wrong somewhere."""
    chance = random.Random(7)
    instance = b'{"type":"Property","value":[1,2.5,"\xc3\xbc"],"observedAt":"2026-11-22T10:00:00Z"}'
    whole = b'{"id":"urn:x:1","type":"T","a":' + instance + b"}"
    seen = set()
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        seen.add((await city.ask("POST", "/entityOperations/upsert", b"[" + bytes(broken) + b"]")).status_code)
        text = "".join(map(chr, chance.choices(range(1, 0x2FF), k=20)))
        seen.add(
            (await city.client.get(f"{ROOT}/entities?type=T&q={quote(text)}&{quote(text)}={quote(text)}")).status_code
        )
        seen.add((await city.client.get(f"{ROOT}/entities?type=T&q={quote(text)}")).status_code)
    assert max(seen) < 500, seen
