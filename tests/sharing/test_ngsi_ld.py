"""The NGSI-LD door over HTTP, each test with the clause it is about."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from .conftest import CORE, PARKING, ROOT, City

NGSI_LD = "https://uri.etsi.org/ngsi-ld/errors/"
CAR = {"id": "urn:ngsi-ld:Car:1", "type": "Car", "speed": {"type": "Property", "value": 30, "unitCode": "KMH"}}
LINK = '<{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


def problem(answer: httpx.Response, status: int, kind: str = "BadRequestData") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["type"] == NGSI_LD + kind, answer.text
    assert answer.json()["title"]


# Common behaviours (6.3)


async def test_created_entities_are_where_location_says(city: City) -> None:
    """6.4.3.1: 201 without a body."""
    answer = await city.ask("POST", "/entities/", CAR)
    assert (answer.status_code, answer.content) == (201, b"")
    found = await city.client.get(answer.headers["location"])
    assert found.json() == CAR
    assert found.headers["content-type"] == "application/json"
    assert found.headers["link"] == LINK.format(CORE)


async def test_no_content_has_no_length(city: City) -> None:
    """6.3.6."""
    await city.give(CAR)
    answer = await city.ask("DELETE", "/entities/urn:ngsi-ld:Car:1")
    assert answer.status_code == 204 and "content-length" not in answer.headers


async def test_a_body_without_length_is_411_before_anything_else(city: City) -> None:
    """6.3.4: a bare 411."""

    async def chunks() -> Any:
        yield b"{}"

    headers = {"content-type": "application/json", "ngsild-tenant": "nobody"}
    answer = await city.client.post(ROOT + "/entities", content=chunks(), headers=headers)
    assert (answer.status_code, answer.content) == (411, b"")


@pytest.mark.parametrize("media", ["text/plain", "", "application/geo+json", "application/merge-patch+json"])
async def test_other_media_types_are_415(city: City, media: str) -> None:
    """6.3.4: a bare 415; merge-patch+json is for PATCH alone."""
    answer = await city.ask("POST", "/entities", CAR, headers={"content-type": media})
    assert (answer.status_code, answer.content) == (415, b"")


async def test_merge_patch_is_a_media_type_of_patch(city: City) -> None:
    await city.give(CAR)
    headers = {"content-type": "application/merge-patch+json; charset=utf-8"}
    answer = await city.ask("PATCH", "/entities/urn:ngsi-ld:Car:1/attrs/speed", {"value": 50}, headers=headers)
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/ld+json, application/json", "application/json"),
        ("application/json;q=0.5, application/ld+json", "application/ld+json"),
        ("application/geo+json", "application/geo+json"),
        ("application/*;q=0.1, application/json;q=0", "application/ld+json"),
        ("application/json;q=nan", "application/json"),
    ],
)
async def test_the_media_type_is_negotiated(city: City, accept: str, media: str) -> None:
    """6.3.4, RFC 9110."""
    await city.give(CAR)
    answer = await city.ask("GET", "/entities/urn:ngsi-ld:Car:1", headers={"accept": accept})
    assert answer.headers["content-type"] == media


async def test_what_is_not_acceptable_is_406_with_what_is_there(city: City) -> None:
    answer = await city.ask("GET", "/entities?type=Car", headers={"accept": "text/html"})
    problem(answer, 406, "InvalidRequest")
    assert "application/ld+json" in answer.json()["available"]
    assert (await city.ask("GET", "/types", headers={"accept": "application/geo+json"})).status_code == 406


async def test_unknown_parameters_are_refused_by_name(city: City) -> None:
    """6.3.20."""
    answer = await city.ask("GET", "/entities?type=Car&colour=red")
    problem(answer, 400, "InvalidRequest")
    assert "colour" in answer.json()["detail"]


async def test_wrong_methods_are_405_and_say_which_are_right(city: City) -> None:
    answer = await city.ask("PATCH", "/types", {})
    assert answer.status_code == 405 and answer.headers["allow"] == "GET"


async def test_addresses_that_lead_nowhere_are_404(city: City) -> None:
    for path in ("/", "/nothing", "/entities/a/b/c/d/e", "/entities/urn:x:1/attributes"):
        problem(await city.ask("GET", path), 404, "ResourceNotFound")


async def test_the_address_needs_its_id(city: City) -> None:
    """5.6.17.4: the id is not present."""
    problem(await city.ask("PATCH", "/entities/", {"a": 1}), 400)
    problem(await city.ask("DELETE", "/entities//attrs/speed"), 400)
    problem(await city.ask("DELETE", "/entities/attrs/speed"), 400)
    problem(await city.ask("POST", "/temporal/entities/attrs", {"speed": 1}), 400)
    problem(await city.ask("PATCH", "/temporal/entities/attrs/speed/urn:x", {"speed": 1}), 400)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b"null", b'"x"', b"{}", b"\xff", b"NaN", b"[" * 5000, b"1e999"]
)
async def test_bodies_that_are_none_are_invalid_requests(city: City, body: bytes) -> None:
    """5.5.4."""
    problem(await city.ask("POST", "/entities", body), 400, "InvalidRequest")


async def test_bodies_that_are_too_large_are_413(city: City) -> None:
    assert (await city.ask("POST", "/entities", b" " * 1_000_001)).status_code == 413


async def test_json_has_no_context_and_ld_json_has_one(city: City) -> None:
    """6.3.5: no mixes."""
    problem(await city.ask("POST", "/entities", {**CAR, "@context": CORE}), 400)
    ld = {"content-type": "application/ld+json"}
    problem(await city.ask("POST", "/entities", CAR, headers=ld), 400)
    both = {**ld, "link": LINK.format(CORE)}
    problem(await city.ask("POST", "/entities", {**CAR, "@context": CORE}, headers=both), 400)


async def test_contexts_out_of_reach_are_504_and_in_batches_errors(city: City) -> None:
    """5.5.6, 6.3.2."""
    ld = {"content-type": "application/ld+json"}
    gone = {**CAR, "@context": "http://127.0.0.1:1/context.jsonld"}
    problem(await city.ask("POST", "/entities", gone, headers=ld), 504, "LdContextNotAvailable")
    answer = await city.ask("POST", "/entityOperations/create", [gone, {**CAR, "@context": CORE}], headers=ld)
    assert answer.status_code == 207
    assert answer.json()["success"] == [CAR["id"]]
    assert answer.json()["errors"][0]["error"]["status"] == 504


async def test_names_are_expanded_by_the_request_and_compacted_by_the_question(city: City) -> None:
    """5.5.7."""
    context = {"Car": "http://cars/Car", "speed": "http://cars/speed"}
    ld = {"content-type": "application/ld+json"}
    await city.ask("POST", "/entities", {**CAR, "@context": context}, headers=ld)
    assert "http://cars/speed" in (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1")).json()
    assert (await city.ask("GET", "/entities?type=Car")).json() == []
    assert len((await city.ask("GET", "/entities?type=http://cars/Car")).json()) == 1


async def test_tenants_are_apart_and_echoed(city: City) -> None:
    """4.14, 5.5.10, 6.3.14: creating in a new tenant makes it; anything else does not."""
    port = {"ngsild-tenant": "port"}
    problem(await city.ask("GET", "/entities?type=Car", headers=port), 404, "NonexistentTenant")
    answer = await city.ask("POST", "/entities", CAR, headers=port)
    assert answer.status_code == 201 and answer.headers["ngsild-tenant"] == "port"
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1", headers=port)).status_code == 200
    problem(await city.ask("GET", "/entities/urn:ngsi-ld:Car:1"), 404, "ResourceNotFound")
    problem(await city.ask("GET", "/entities?type=Car", headers={"ngsild-tenant": "../etc"}), 400)


async def test_a_token_of_one_tenant_need_not_name_it(city: City) -> None:
    token = {"authorization": "Bearer port"}
    assert (await city.ask("POST", "/entities", CAR, headers=token)).status_code == 201  # which made the tenant
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1", headers=token)).status_code == 200
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1")).status_code == 404
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1", headers={"ngsild-tenant": "port"})).status_code == 200


# Who may


async def test_strangers_see_open_types_only(city: City) -> None:
    await city.give(CAR, {"id": "urn:x:p", "type": "OffStreetParking", "availableSpotNumber": 7})
    city.gate.everyone = False
    assert (await city.ask("GET", "/entities?type=Car")).status_code == 401
    city.gate.open_types = frozenset([PARKING + "OffStreetParking"])
    assert [e["id"] for e in (await city.ask("GET", "/entities?local=true")).json()] == ["urn:x:p"]
    problem(await city.ask("GET", "/entities/urn:ngsi-ld:Car:1"), 404, "ResourceNotFound")
    assert (await city.ask("GET", "/types")).json()["typeList"] == ["OffStreetParking"]
    assert (await city.ask("GET", "/attributes")).json()["attributeList"] == ["availableSpotNumber"]
    problem(await city.ask("GET", "/types/Car"), 404, "ResourceNotFound")
    answer = await city.ask("POST", "/entities", CAR)
    assert answer.status_code == 401 and "bearer" in answer.headers["www-authenticate"].lower()


async def test_tokens_decide(city: City) -> None:
    reader = {"authorization": "Bearer reader"}
    assert (await city.ask("GET", "/entities?type=Car", headers=reader)).status_code == 200
    assert (await city.ask("POST", "/entities", CAR, headers=reader)).status_code == 403
    for wrong in ("Bearer nobody", "Basic eDp5", "Bearer ", "x"):
        assert (await city.ask("GET", "/entities?type=Car", headers={"authorization": wrong})).status_code == 401


async def test_what_is_written_says_who_wrote(city: City) -> None:
    await city.ask("POST", "/entities", CAR, headers={"authorization": "Bearer all"})
    entity = city.presents.open("city").get("urn:ngsi-ld:Car:1")
    assert entity is not None
    assert entity["attrs"]["https://uri.etsi.org/ngsi-ld/default-context/speed"][0]["_s"] == "token:all"


# Our own vocabulary


async def test_where_no_name_of_ours_is_used_the_core_alone_shortens_names(city: City) -> None:
    """5.5.7: an answer calls things what the @context it names calls them, though we declare another such term."""
    core = {"content-type": "application/ld+json"}
    car = CAR | {"availableSpotNumber": {"type": "Property", "value": 5}}
    assert (await city.ask("POST", "/entities", car | {"@context": CORE}, headers=core)).status_code == 201
    found = await city.ask("GET", "/entities/urn:ngsi-ld:Car:1")
    assert (found.json(), found.headers["link"]) == (car, LINK.format(CORE))
    assert (await city.ask("GET", "/entities?type=Car")).json() == [car]
    assert (await city.ask("GET", "/attributes")).json()["attributeList"] == ["availableSpotNumber", "speed"]


async def test_our_terms_need_no_context_and_answers_name_ours(city: City) -> None:
    await city.give({"id": "urn:x:p", "type": "OffStreetParking", "availableSpotNumber": 7})
    stored = city.presents.open("city").get("urn:x:p")
    assert stored is not None and stored["type"] == [PARKING + "OffStreetParking"]
    answer = await city.ask("GET", "/entities?type=OffStreetParking&q=availableSpotNumber>5")
    assert answer.json()[0]["availableSpotNumber"]["value"] == 7
    ours = "http://localhost:8080/ngsi-ld/v1/jsonldContexts/rhinecloud"
    assert answer.headers["link"] == LINK.format(ours)
    ld = await city.ask("GET", "/entities/urn:x:p", headers={"accept": "application/ld+json"})
    assert ld.json()["@context"] == [ours, CORE]
    served = await city.client.get("/ngsi-ld/v1/jsonldContexts/rhinecloud")
    assert served.json()["@context"][0]["OffStreetParking"] == PARKING + "OffStreetParking"


# Entities and attributes (5.6)


async def test_creating_twice_is_a_conflict(city: City) -> None:
    await city.give(CAR)
    problem(await city.ask("POST", "/entities", CAR), 409, "AlreadyExists")


async def test_replace_merge_and_delete(city: City) -> None:
    """5.6.18, 5.6.17, 5.6.6."""
    await city.give(CAR)
    path = "/entities/urn:ngsi-ld:Car:1"
    assert (await city.ask("PUT", path, {"id": CAR["id"], "type": "Car", "doors": 5})).status_code == 204
    assert (await city.ask("GET", path, params={"options": "keyValues"})).json() == {
        "id": CAR["id"],
        "type": "Car",
        "doors": 5,
    }
    merged = {"doors": "urn:ngsi-ld:null", "name": {"type": "LanguageProperty", "languageMap": {"de": "Wagen"}}}
    assert (await city.ask("PATCH", path, merged)).status_code == 204
    assert (
        await city.ask("PATCH", path, {"name": "Auto"}, params={"lang": "de", "format": "simplified"})
    ).status_code == 204
    assert (await city.ask("GET", path)).json()["name"]["languageMap"] == {"de": "Auto"}
    problem(await city.ask("PUT", path, {"id": "urn:x:other", "type": "Car"}), 400)
    assert (await city.ask("DELETE", path + "?type=Bus")).status_code == 404
    assert (await city.ask("DELETE", path + "?type=Car")).status_code == 204
    problem(await city.ask("GET", path), 404, "ResourceNotFound")


async def test_attributes_are_appended_updated_patched_replaced_deleted(city: City) -> None:
    """5.6.2 to 5.6.5, 5.6.19."""
    await city.give(CAR)
    path = "/entities/urn:ngsi-ld:Car:1"
    answer = await city.ask("POST", path + "/attrs?options=noOverwrite", {"speed": 99, "doors": 3})
    assert answer.status_code == 207
    assert [one["attributeName"].rpartition("/")[2] for one in answer.json()["notUpdated"]] == ["speed"]
    assert (await city.ask("PATCH", path + "/attrs", {"doors": 5, "colour": "red"})).status_code == 204
    assert (await city.ask("PATCH", path + "/attrs/speed", {"observedAt": "2026-11-22T10:00:00Z"})).status_code == 204
    whole = (await city.ask("GET", path)).json()
    assert whole["speed"] == {**CAR["speed"], "observedAt": "2026-11-22T10:00:00Z"}  # type: ignore[dict-item]
    assert (await city.ask("PUT", path + "/attrs/speed", {"type": "Property", "value": 1})).status_code == 204
    assert (await city.ask("DELETE", path + "/attrs/doors")).status_code == 204
    assert (await city.ask("GET", path)).json()["speed"] == {"type": "Property", "value": 1}
    problem(await city.ask("DELETE", path + "/attrs/doors"), 404, "ResourceNotFound")
    problem(await city.ask("PATCH", path + "/attrs/doors", {"value": 1}), 404, "ResourceNotFound")
    problem(await city.ask("PATCH", path + "/attrs/speed", {}), 400)
    problem(await city.ask("POST", "/entities/urn:x:none/attrs", {"a": 1}), 404, "ResourceNotFound")


@pytest.mark.parametrize(
    "fragment",
    [
        {"new": {"observedAt": "2026-11-22T10:00:00Z"}},
        {"new": {"type": "Property", "unitCode": "MTR"}},
        {"speed": {"type": "Property", "value": 1, "part": {"type": "Property", "unitCode": "MTR"}}},
        {"speed": {"object": "urn:x:2"}},
    ],
)
async def test_a_merge_leaves_nothing_without_a_value(city: City, fragment: dict[str, Any]) -> None:
    """5.5.12: what is not there yet cannot take its value over."""
    await city.give(CAR)
    problem(await city.ask("PATCH", "/entities/urn:ngsi-ld:Car:1", fragment), 400)
    answer = await city.ask("POST", "/entityOperations/merge", [{"id": CAR["id"], **fragment}])
    assert answer.status_code == 207 and answer.json()["errors"][0]["error"]["status"] == 400
    assert (await city.ask("GET", "/entities/urn:ngsi-ld:Car:1")).json() == CAR


async def test_batches_tell_each_entity_its_fate(city: City) -> None:
    """5.6.7 to 5.6.10, 5.6.20."""
    cars = [{"id": f"urn:x:{n}", "type": "Car", "n": n} for n in range(3)]
    assert (await city.ask("POST", "/entityOperations/create", cars)).json() == ["urn:x:0", "urn:x:1", "urn:x:2"]
    answer = await city.ask("POST", "/entityOperations/create", [*cars[:1], {"id": "no uri", "type": "Car"}])
    assert answer.status_code == 207 and answer.json()["success"] == []
    assert [e["error"]["status"] for e in answer.json()["errors"]] == [400, 409]
    more = [{"id": "urn:x:0", "type": "Car", "m": 1}, {"id": "urn:x:9", "type": "Car"}]
    answer = await city.ask("POST", "/entityOperations/upsert?options=update", more)
    assert (answer.status_code, answer.json()) == (201, ["urn:x:9"])
    assert {"n", "m"} <= (await city.ask("GET", "/entities/urn:x:0")).json().keys()
    assert (await city.ask("POST", "/entityOperations/upsert", more[:1])).status_code == 204
    assert "n" not in (await city.ask("GET", "/entities/urn:x:0")).json()
    assert (await city.ask("POST", "/entityOperations/update", [{"id": "urn:x:1", "k": 1}])).status_code == 204
    assert (
        await city.ask("POST", "/entityOperations/merge", [{"id": "urn:x:1", "k": "urn:ngsi-ld:null"}])
    ).status_code == 204
    answer = await city.ask("POST", "/entityOperations/delete", ["urn:x:1", "urn:x:none"])
    assert answer.status_code == 207 and answer.json()["success"] == ["urn:x:1"]
    problem(await city.ask("POST", "/entityOperations/delete", []), 400)
    problem(await city.ask("POST", "/entityOperations/create", [None]), 400)


# Queries (5.7.2)


@pytest.fixture
async def three(city: City) -> City:
    await city.give(
        *(
            {
                "id": f"urn:x:{n}",
                "type": "Car" if n < 2 else "Bus",
                "speed": n * 10,
                "location": {"type": "Point", "coordinates": [6.7 + n, 51.4]},
                "scope": f"/city/{'abc'[n]}",
            }
            for n in range(3)
        )
    )
    return city


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("type=Car", "01"),
        ("type=Car|Bus", "012"),
        ("type=*", "012"),
        ("local=true", "012"),
        ("id=urn:x:1,urn:x:2&type=Car", "1"),
        ("idPattern=.*[02]$&type=Car,Bus", "02"),
        ("attrs=speed&type=Bus", "2"),
        ("q=speed>=10", "12"),
        ("scopeQ=/city/b&local=true", "1"),
        ("georel=near;maxDistance==2000&geometry=Point&coordinates=[6.7,51.4]", "0"),
        ("type=Car&orderBy=speed;desc", "10"),
    ],
)
async def test_queries_find(three: City, question: str, found: str) -> None:
    answer = await three.ask("GET", "/entities?" + question)
    assert answer.status_code == 200, answer.text
    assert "".join(e["id"][-1] for e in answer.json()) == found


@pytest.mark.parametrize(
    "question",
    [
        "",
        "id=urn:x:1",
        "q=createdAt>2020-01-01T00:00:00Z",
        "type=Car&q=speed==",
        "type=Car&q=" + "(" * 500,
        "type=Car&id=not a uri",
        "type=Car&idPattern=[",
        "type=Car&attrs=id",
        "type=Car&limit=-1",
        "type=Car&limit=x",
        "type=Car&limit=0",
        "type=Car&offset=9999999999999999",
        "type=Car&count=maybe",
        "type=Car&georel=near;maxDistance==1",
        "type=Car&georel=beside&geometry=Point&coordinates=[1,2]",
        "type=Car&georel=near;maxDistance==1&geometry=Point&coordinates=[1",
        "type=Car&georel=within&geometry=Polygon&coordinates=[[[0,0],[1,1]]]",
        "type=Car&scopeQ=//",
        "type=(Car",
        "type=Car&pick=a,,b",
        "type=Car&pick=a{b}",
        "type=Car&pick=a&omit=a",
        "type=Car&join=sideways",
        "type=Car&join=flat&joinLevel=0",
        "type=Car&geometryProperty=location",
        "type=Car&orderBy=speed;sideways",
        "type=Car&collation=!!&orderBy=speed",
        "type=Car&datasetId=no uri",
        "type=Car&q=owner{name==1}",
        "type=*&local=false",
    ],
)
async def test_questions_that_make_no_sense_are_refused(three: City, question: str) -> None:
    answer = await three.ask("GET", "/entities?" + question)
    assert answer.status_code in (400, 403), answer.text


async def test_pages_lead_to_the_next_and_the_one_before(three: City) -> None:
    """4.12, 4.13, 5.5.9."""
    answer = await three.ask("GET", "/entities?type=Car,Bus&limit=1&offset=1&count=true")
    assert answer.headers["ngsild-results-count"] == "3"
    links = answer.headers.get_list("link")
    assert any('offset=0&type=Car%2CBus>; rel="prev"' in link for link in links)
    following = next(link for link in links if 'rel="next"' in link)
    after = await three.client.get(following[1 : following.index(">")])
    assert [e["id"] for e in after.json()] == ["urn:x:2"]
    none = await three.ask("GET", "/entities?type=Car&limit=0&count=true")
    assert (none.json(), none.headers["ngsild-results-count"]) == ([], "2")
    huge = await three.ask("GET", "/entities?type=Car&limit=999999999999")
    assert len(huge.json()) == 2


async def test_queries_by_post_ask_the_same(three: City) -> None:
    """6.23, 5.2.23."""
    body = {
        "type": "Query",
        "entities": [{"type": "Car"}, {"type": "Bus", "id": "urn:x:2"}],
        "q": "speed>5",
        "geoQ": {"georel": "near;maxDistance==500000", "geometry": "Point", "coordinates": [6.7, 51.4]},
    }
    answer = await three.ask("POST", "/entityOperations/query?count=true&options=keyValues", body)
    assert [e["id"] for e in answer.json()] == ["urn:x:1", "urn:x:2"]
    assert answer.headers["ngsild-results-count"] == "2"
    for wrong in ({"type": "Query"}, {**body, "entities": []}, {**body, "geoQ": 5}, {**body, "x": 1}, {"q": "a"}, []):
        assert (await three.ask("POST", "/entityOperations/query", wrong)).status_code == 400


async def test_geojson_is_a_feature_collection_with_its_context(three: City) -> None:
    """4.5.16, 6.3.6."""
    geo = {"accept": "application/geo+json"}
    answer = (await three.ask("GET", "/entities?type=Car&options=keyValues", headers=geo)).json()
    assert answer["type"] == "FeatureCollection" and answer["@context"] == CORE
    assert answer["features"][0]["geometry"] == {"type": "Point", "coordinates": [6.7, 51.4]}
    plain = await three.ask("GET", "/entities?type=Car", headers={**geo, "prefer": "body=json"})
    assert "@context" not in plain.json() and "json-ld#context" in plain.headers["link"]


async def test_linked_entities_are_joined(city: City) -> None:
    """4.5.23."""
    await city.give(
        {"id": "urn:x:a", "type": "Car", "isParked": {"type": "Relationship", "object": "urn:x:b"}},
        {"id": "urn:x:b", "type": "Lot", "name": "P1", "in": {"type": "Relationship", "object": "urn:x:a"}},
    )
    inline = (await city.ask("GET", "/entities/urn:x:a?join=inline&joinLevel=2&options=keyValues")).json()
    assert inline["isParked"] == {"id": "urn:x:b", "type": "Lot", "name": "P1", "in": "urn:x:a"}
    flat = (await city.ask("GET", "/entities?type=Car&join=flat&pick=id,isParked{id,name}&options=keyValues")).json()
    assert flat == [{"id": "urn:x:a", "isParked": "urn:x:b"}, {"id": "urn:x:b", "name": "P1"}]


async def test_purging_deletes_what_a_query_finds(three: City) -> None:
    """5.6.21."""
    problem(await three.ask("DELETE", "/entities"), 400)
    problem(await three.ask("DELETE", "/entities?local=true&q=owner{name==1}"), 400)
    assert (await three.ask("DELETE", "/entities?type=Bus&drop=speed")).status_code == 204
    assert "speed" not in (await three.ask("GET", "/entities/urn:x:2")).json()
    assert (await three.ask("DELETE", "/entities?type=Car")).status_code == 204
    assert len((await three.ask("GET", "/entities?local=true")).json()) == 1


async def test_types_and_attributes_are_told(three: City) -> None:
    """5.7.5 to 5.7.10."""
    assert (await three.ask("GET", "/types")).json()["typeList"] == ["Bus", "Car"]
    assert (await three.ask("GET", "/types/Car")).json()["entityCount"] == 2
    assert (await three.ask("GET", "/attributes/speed")).json()["attributeCount"] == 3
    details = (await three.ask("GET", "/types?details=true")).json()
    assert {one["typeName"] for one in details} == {"Bus", "Car"}
    problem(await three.ask("GET", "/types/Tram"), 404, "ResourceNotFound")


async def test_earlier_versions_get_what_they_understand(city: City) -> None:
    """4.3.6.8."""
    await city.give({"id": "urn:x:1", "type": "T", "v": {"type": "VocabProperty", "vocab": "Open"}})
    answer = await city.ask("GET", "/entities/urn:x:1", headers={"prefer": "ngsi-ld=1.5"})
    assert answer.status_code == 203 and answer.headers["preference-applied"] == "ngsi-ld=1.5"
    assert answer.json()["v"] == {"type": "Property", "value": "Open"}


# @contexts (5.13)


async def test_hosted_contexts_are_kept_served_used_and_deleted(city: City) -> None:
    answer = await city.ask("POST", "/jsonldContexts", {"@context": {"Car": "http://cars/Car"}})
    where = answer.headers["location"]
    assert (await city.client.get(where)).json() == {"@context": {"Car": "http://cars/Car"}}
    link = {"link": LINK.format("http://localhost:8080" + where)}
    assert (await city.ask("POST", "/entities", CAR, headers=link)).status_code == 201
    stored = city.presents.open("city").get("urn:ngsi-ld:Car:1")
    assert stored is not None and stored["type"] == ["http://cars/Car"]
    (told,) = (await city.ask("GET", "/jsonldContexts?details=true&kind=Hosted")).json()
    assert told["URL"].endswith(where) and told["numberOfHits"] == 2
    assert (await city.client.delete(where)).status_code == 204
    assert (await city.client.get(where)).status_code == 404
    problem(await city.ask("DELETE", "/jsonldContexts/" + CORE.replace("/", "%2F")), 400)
    problem(await city.ask("POST", "/jsonldContexts", {"@context": 5}), 400)


async def test_one_real_socket_says_the_same(city: City) -> None:
    """The whole of it over uvicorn: headers as they travel, no charset, no length at 204, chunked bodies refused."""
    import uvicorn

    config = uvicorn.Config(city.app, host="127.0.0.1", port=0, log_level="error", lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}{ROOT}") as client:
        answer = await client.post("/entities", json=CAR)
        assert answer.status_code == 201 and answer.headers["content-length"] == "0"
        answer = await client.get("/entities/urn:ngsi-ld:Car:1")
        assert answer.headers["content-type"] == "application/json" and answer.json() == CAR
        assert (await client.head("/entities/urn:ngsi-ld:Car:1")).content == b""
        answer = await client.delete("/entities/urn:ngsi-ld:Car:1")
        assert answer.status_code == 204 and "content-length" not in answer.headers
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")  # fmt: skip
        assert (await reader.readline()).startswith(b"HTTP/1.1 411")
        writer.close()
        await writer.wait_closed()
    server.should_exit = True
    await task
