"""What the door remembers of earlier answers never shows in a later one, but for its speed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rhinecloud.base.settings import Settings
from rhinecloud.context import Vocabularies
from rhinecloud.sharing import NgsiLd
from rhinecloud.sharing.ngsi_ld.render import View
from rhinecloud.sharing.ngsi_ld.shown import Shown, way_of

from .conftest import CORE, MODEL, PARKING, ROOT, City

LINK = {"link": f'<{CORE}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
CAR_PARKS = "/entities?type=OffStreetParking&q=availableSpotNumber<50"


def car_park(number: int, free: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": f"urn:ngsi-ld:OffStreetParking:{number}",
        "type": "OffStreetParking",
        "availableSpotNumber": {"type": "Property", "value": free, "observedAt": "2026-11-22T10:00:00Z"},
        "name": {"type": "LanguageProperty", "languageMap": {"de": "Parkhaus", "en": "Car park"}},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.7, 51.4]}},
        **more,
    }


async def _free(city: City, **headers: str) -> list[int]:
    found = (await city.ask("GET", CAR_PARKS + "&options=keyValues", headers=headers)).json()
    return [entity["availableSpotNumber"] for entity in found]


async def test_every_write_shows_in_the_next_answer(city: City) -> None:
    await city.give(car_park(1), car_park(2))
    one = "/entities/urn:ngsi-ld:OffStreetParking:1"
    for free in (7, 8, 7):  # back to what it was before, too
        await city.ask("PATCH", one + "/attrs", {"availableSpotNumber": {"type": "Property", "value": free}})
        for _ in range(2):
            assert (await city.ask("GET", one)).json()["availableSpotNumber"]["value"] == free
            assert await _free(city) == [free, 7]
    await city.ask("DELETE", one)
    assert (await city.ask("GET", one)).status_code == 404
    assert await _free(city) == [7]
    await city.give(car_park(1, free=3))
    assert (await city.ask("GET", one)).json()["availableSpotNumber"]["value"] == 3
    assert await _free(city) == [7, 3]


async def test_tenants_are_never_mixed(city: City) -> None:
    city.presents.create("other")
    await city.give(car_park(1, free=1))
    other = {"ngsild-tenant": "other"}
    created = await city.ask("POST", "/entityOperations/create", [car_park(1, free=2)], headers=other)
    assert created.status_code == 201
    for _ in range(3):
        assert await _free(city) == [1]
        assert await _free(city, **other) == [2]
    city.presents.delete("other")
    assert (await city.ask("GET", CAR_PARKS, headers=other)).status_code == 404


async def test_what_may_not_be_read_is_not_shown_from_memory(city: City) -> None:
    await city.give(car_park(1), {"id": "urn:x:1", "type": "Secret", "code": {"type": "Property", "value": 1}})
    everything = "/entities?local=true"
    paths = ["/entities/urn:x:1", everything, "/entities?type=Secret"]
    city.gate.everyone = False
    city.gate.open_types = frozenset([PARKING + "OffStreetParking"])
    whole = {"authorization": "Bearer reader"}
    for _ in range(3):  # who may see more asks first, then who may not, then again
        assert [(await city.ask("GET", path, headers=whole)).status_code for path in paths] == [200, 200, 200]
        assert len((await city.ask("GET", everything, headers=whole)).json()) == 2
        assert (await city.ask("GET", paths[0])).status_code == 404
        assert [e["type"] for e in (await city.ask("GET", everything)).json()] == ["OffStreetParking"]
        assert (await city.ask("GET", paths[2])).json() == []
    city.gate.open_types = frozenset()  # and what was open is closed
    assert (await city.ask("GET", everything)).status_code == 401
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:OffStreetParking:1")).status_code == 401


async def test_what_expires_is_not_shown_from_memory(city: City) -> None:
    await city.give(car_park(1, expiresAt="2026-01-01T00:00:00Z"), car_park(2))
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:OffStreetParking:1")).status_code == 404
    assert await _free(city) == [7]


REQUESTS = [
    ("/entities/urn:ngsi-ld:OffStreetParking:1", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1", LINK),
    ("/entities/urn:ngsi-ld:OffStreetParking:1", {"accept": "application/ld+json"}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1", {"accept": "application/geo+json"}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1", {"accept": "application/geo+json", "prefer": "body=json"}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1", {"prefer": "ngsi-ld=1.3"}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?lang=de", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?lang=en", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?attrs=nothing", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?pick=nothing", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?pick=name", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?omit=name", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?type=Other", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?options=sysAttrs", {}),
    ("/entities/urn:ngsi-ld:OffStreetParking:1?options=keyValues", {}),
    ("/entities/urn:x:plain", {}),
    ("/entities/urn:x:plain", LINK),
    ("/entities?type=OffStreetParking", {}),
    ("/entities?type=OffStreetParking&limit=1", {}),
    ("/entities?type=OffStreetParking&limit=1&offset=1", {}),
    ("/entities?type=OffStreetParking&limit=1&offset=1&count=true", {}),
    ("/entities?type=OffStreetParking&limit=0&count=true", {}),
    ("/entities?type=OffStreetParking", {"accept": "application/ld+json"}),
    ("/entities?type=OffStreetParking", {"accept": "application/geo+json"}),
    ("/entities?type=OffStreetParking", {"accept": "application/geo+json", "prefer": "body=json"}),
    ("/entities?type=OffStreetParking&pick=nothing", {}),
    ("/entities?type=OffStreetParking&pick=id,availableSpotNumber&format=concise", {}),
    ("/entities?type=OffStreetParking&orderBy=availableSpotNumber", {}),
    ("/entities?type=OffStreetParking&join=flat", {}),
    ("/entities?type=OffStreetParking", LINK),
    (f"/entities?type={PARKING}OffStreetParking", LINK),
    ("/entities?type=Plain", {}),
    ("/entities?type=Plain", {"accept": "application/ld+json"}),
    ("/entities?local=true", {}),
    ("/entities?local=true", LINK),
    ("/entities?local=true", {"accept": "application/ld+json"}),
]


async def test_a_door_that_remembers_answers_as_one_that_does_not(city: City) -> None:
    await city.give(
        car_park(1),
        car_park(2, free=3, near={"type": "Relationship", "object": "urn:ngsi-ld:OffStreetParking:1"}),
        {"id": "urn:x:plain", "type": "Plain", "size": {"type": "Property", "value": 1}},
    )
    warm = [await _answer(city.client, *request) for _ in range(2) for request in REQUESTS]
    for number, request in enumerate(REQUESTS):
        app = NgsiLd(
            city.presents, None, city.gate, Vocabularies(MODEL, allow_private=True), Settings(open=True, port=8080)
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://city") as fresh:  # type: ignore[arg-type]
            cold = await _answer(fresh, *request)
        assert warm[number] == warm[number + len(REQUESTS)] == cold, request


async def _answer(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
    answer = await client.get(ROOT + path, headers=headers)
    told = answer.json()
    if answer.status_code >= 400:
        assert told["status"] == answer.status_code
    return answer.status_code, dict(answer.headers), told


def test_memory_is_bounded_whatever_is_asked_for() -> None:
    shown = Shown(most_bytes=50_000)
    view = View()
    vocabulary = Vocabularies(MODEL).default
    document = b'{"id":"urn:x","type":["urn:T"],"attrs":{}}'
    for tenant in range(2_000):
        look = shown.look(f"t{tenant % 700}", view, way_of(view), vocabulary)
        look.several((key, document) for key in range(20))
    kept = sum(len(look._young) + len(look._old) for look in shown._looks.values())
    assert 0 < kept * (2 * len(document)) < 50_000
    assert len(shown._looks) <= 500


async def test_queries_are_remembered_up_to_a_bound(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhinecloud.sharing.ngsi_ld.search.MOST_REMEMBERED", 10)
    for number in range(25):
        assert (await city.ask("GET", f"/entities?type=T{number}")).json() == []
    long = "x" * 3_000
    assert (await city.ask("GET", f"/entities?type=T&q=a==%22{long}%22")).json() == []
    assert 0 < len(city.app.door.searches) <= 10
