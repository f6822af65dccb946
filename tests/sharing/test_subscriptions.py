"""Subscriptions over HTTP, and what notifications look like.

ETSI GS CIM 009, 6.10, 6.11 (operations), 5.2.12 to 5.2.15 (what a subscription may be), 5.3.1 (notification).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.access import Access, system
from rhinecloud.base.declare import Model
from rhinecloud.base.packing import unpack
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Relay, Subscriptions, Vocabularies
from rhinecloud.sharing import NgsiLd
from tests.context.endpoint import Endpoint

CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
URL = "http://city.test/ngsi-ld/v1"


class City:
    """The NGSI-LD door on a real present, its changes going round as over the backbone."""

    def __init__(self, folder: Path, *, open_: bool = True) -> None:
        self.settings = Settings(data=folder, open=open_)

    async def __aenter__(self) -> City:
        self.access = Access(self.settings)
        await self.access.start()
        self.presents = Presents(self.settings.data / "tenants", model=Model([]))
        await self.presents.start()
        if "city" not in self.presents.names():
            self.presents.create("city")
        vocabularies = Vocabularies(Model([]), allow_private=True)
        self.room = Subscriptions(self.presents, vocabularies, self._bury, self.settings)
        self.door = NgsiLd(self.presents, None, self.access, vocabularies, self.settings, self.room)
        self.relay = Relay(self.presents, self._publish)
        await self.relay.start()
        await self.room.start()
        transport = httpx.ASGITransport(self.door)  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url=URL)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self.relay.stop()
        await self.room.stop()
        await self.presents.stop()
        await self.access.stop()

    async def _publish(self, _subject: str, data: bytes, *, message_id: str = "") -> int:
        await self.room.changed(unpack(data))
        return 1

    async def _bury(self, _tenant: str, _letter: bytes) -> None:
        pass

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        answer = await self.http.post(path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
        assert answer.status_code < 300, answer.text
        return answer


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with City(tmp_path) as made:
        yield made


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint() as made:
        yield made


def subscription(uri: str = "http://x.example/", **members: Any) -> dict[str, Any]:
    notification = {"endpoint": {"uri": uri} | members.pop("endpoint", {})} | members.pop("notification", {})
    given = {"id": "urn:s:1", "type": "Subscription", "entities": [{"type": "Lamp"}], "notification": notification}
    return {k: v for k, v in (given | members).items() if v is not None}


LAMP = {
    "id": "urn:x:1",
    "type": "Lamp",
    "power": {"type": "Property", "value": 5, "unitCode": "WTT"},
    "name": {"type": "LanguageProperty", "languageMap": {"de": "Lampe", "en": "lamp"}},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.76, 51.43]}},
    "isIn": {"type": "Relationship", "object": "urn:x:street"},
}


# Operations


async def test_a_subscription_is_created_told_changed_and_deleted(city: City) -> None:
    made = await city.post("/subscriptions", subscription(watchedAttributes=["power"]))
    assert made.status_code == 201
    assert made.headers["location"] == "/ngsi-ld/v1/subscriptions/urn:s:1"
    told = (await city.http.get("/subscriptions/urn:s:1")).json()
    assert told == {
        "id": "urn:s:1",
        "type": "Subscription",
        "entities": [{"type": "Lamp"}],
        "watchedAttributes": ["power"],
        "notification": {
            "format": "normalized",
            "endpoint": {"uri": "http://x.example/", "accept": "application/json"},
        },
        "notificationTrigger": ["attributeCreated", "attributeUpdated"],
        "status": "active",
    }
    change = {"isActive": False, "watchedAttributes": None, "q": "power>5"}
    assert (await city.http.patch("/subscriptions/urn:s:1", json=change)).status_code == 204
    told = (await city.http.get("/subscriptions/urn:s:1", params={"options": "sysAttrs"})).json()
    assert (told["status"], told["isActive"], told["q"], "watchedAttributes" in told) == (
        "paused",
        False,
        "power>5",
        False,
    )
    assert told["createdAt"] <= told["modifiedAt"]
    assert (await city.http.delete("/subscriptions/urn:s:1")).status_code == 204
    for method in ("GET", "DELETE", "PATCH"):
        gone = await city.http.request(
            method, "/subscriptions/urn:s:1", json={"isActive": True} if method == "PATCH" else None
        )
        assert (gone.status_code, gone.json()["type"].rpartition("/")[2]) == (404, "ResourceNotFound")


async def test_an_id_is_made_where_none_is_given_and_taken_once(city: City) -> None:
    made = await city.post("/subscriptions", subscription(id=None))
    assert made.headers["location"].startswith("/ngsi-ld/v1/subscriptions/urn:ngsi-ld:Subscription:")
    await city.post("/subscriptions", subscription())
    assert (await city.http.post("/subscriptions", json=subscription())).status_code == 409


async def test_lists_are_paged_in_the_order_of_making(city: City) -> None:
    for number in range(5):
        await city.post("/subscriptions", subscription(id=f"urn:s:{9 - number}"))
    page = await city.http.get("/subscriptions", params={"limit": 2, "offset": 2, "count": "true"})
    assert [s["id"] for s in page.json()] == ["urn:s:7", "urn:s:6"]
    assert page.headers["ngsild-results-count"] == "5"
    assert '</ngsi-ld/v1/subscriptions?limit=2&offset=0>;rel="prev"' in page.headers["link"]
    assert '</ngsi-ld/v1/subscriptions?limit=2&offset=4>;rel="next"' in page.headers["link"]
    for wrong in ({"limit": "x"}, {"limit": "-1"}, {"limit": "0"}, {"page": "1"}):
        assert (await city.http.get("/subscriptions", params=wrong)).status_code == 400


async def test_names_are_compacted_by_who_asks(city: City) -> None:
    context = {"@vocab": "https://a.example/"}
    body = subscription(watchedAttributes=["power"], notification={"pick": ["id", "power", "isIn{name}"]}) | {
        "@context": context
    }
    await city.post("/subscriptions", body, Content_Type="application/ld+json")
    told = (await city.http.get("/subscriptions/urn:s:1")).json()
    assert told["entities"] == [{"type": "https://a.example/Lamp"}]
    assert told["watchedAttributes"] == ["https://a.example/power"]
    assert told["notification"]["pick"] == [
        "id",
        "https://a.example/power",
        "https://a.example/isIn{https://a.example/name}",
    ]


async def test_tenants_keep_their_subscriptions_apart(city: City) -> None:
    await city.post("/subscriptions", subscription(), NGSILD_Tenant="port")
    assert (await city.http.get("/subscriptions")).json() == []
    assert (await city.http.get("/subscriptions/urn:s:1")).status_code == 404
    found = await city.http.get("/subscriptions/urn:s:1", headers={"NGSILD-Tenant": "port"})
    assert found.status_code == 200


async def test_subscriptions_take_the_right_to_manage_them_and_to_read(tmp_path: Path) -> None:
    async with City(tmp_path, open_=False) as city:

        def token(*scopes: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {city.access.tokens.new(system('test'), 't', scopes)[0]}"}

        body = subscription()
        assert (await city.http.post("/subscriptions", json=body)).status_code == 401
        assert (await city.http.post("/subscriptions", json=body, headers=token("entities.*"))).status_code == 403
        assert (
            await city.http.post("/subscriptions", json=body, headers=token("subscriptions.manage"))
        ).status_code == 403
        good = token("subscriptions.manage", "entities.read")
        assert (await city.http.post("/subscriptions", json=body, headers=good)).status_code == 201
        assert (await city.http.get("/subscriptions", headers=token("entities.read"))).status_code == 403
        inside = subscription("http://127.0.0.1/", id="urn:s:2")
        refused = await city.http.post("/subscriptions", json=inside, headers=good)
        assert (refused.status_code, "private network" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "members",
    [
        {"type": "Subscriptions"},
        {"type": None},
        {"id": "no-uri"},
        {"id": 5},
        {"entities": None},
        {"entities": []},
        {"entities": [{}]},
        {"entities": ["Lamp"]},
        {"entities": [{"type": "((Lamp"}]},
        {"entities": [{"type": "Lamp", "id": "no-uri"}]},
        {"entities": [{"type": "Lamp", "idPattern": "("}]},
        {"watchedAttributes": []},
        {"watchedAttributes": [5]},
        {"watchedAttributes": ["a b"]},
        {"notificationTrigger": ["entityChanged"]},
        {"notificationTrigger": []},
        {"notificationTrigger": [[]]},
        {"q": "((" },
        {"q": 5},
        {"csf": "(("},
        {"geoQ": {}},
        {"geoQ": {"georel": "near", "geometry": "Point", "coordinates": [1, 2]}},
        {"geoQ": {"georel": "within", "geometry": "Point", "coordinates": "[1"}},
        {"scopeQ": "//"},
        {"timeInterval": 0},
        {"timeInterval": -1},
        {"timeInterval": "5"},
        {"timeInterval": True},
        {"timeInterval": 1e300},
        {"throttling": -5},
        {"timeInterval": 5, "throttling": 5},
        {"timeInterval": 5, "watchedAttributes": ["power"]},
        {"expiresAt": "2000-01-01T00:00:00Z"},
        {"expiresAt": "soon"},
        {"expiresAt": 5},
        {"isActive": "yes"},
        {"datasetId": ["x"]},
        {"jsonldContext": "unknown"},
        {"endpoint": {"uri": "ftp://x.example/"}},
        {"endpoint": {"uri": "http://"}},
        {"endpoint": {"uri": "http://[::1/"}},
        {"endpoint": {"uri": "http://x.example:99999/"}},
        {"endpoint": {"uri": 5}},
        {"endpoint": {"uri": "mqtt://x.example"}},
        {"endpoint": {"uri": "mqtt://x.example/a/#"}},
        {"endpoint": {"accept": "text/html"}},
        {"endpoint": {"receiverInfo": [{"key": "K", "value": 42}]}},
        {"endpoint": {"receiverInfo": [{"key": "K"}]}},
        {"endpoint": {"receiverInfo": [{"key": "a b", "value": "x"}]}},
        {"endpoint": {"receiverInfo": [{"key": "Transfer-Encoding", "value": "chunked"}]}},
        {"endpoint": {"receiverInfo": [{"key": "K", "value": "x\r\nHost: evil"}]}},
        {"endpoint": {"notifierInfo": [{"key": "MQTT-QoS", "value": "3"}]}},
        {"endpoint": {"notifierInfo": [{"key": "MQTT-Version", "value": "4"}]}},
        {"endpoint": {"timeout": -1}},
        {"notification": {"format": "fancy"}},
        {"notification": {"attributes": []}},
        {"notification": {"attributes": [""]}},
        {"notification": {"attributes": ["a"], "pick": ["a"]}},
        {"notification": {"pick": ["a"], "omit": ["a"]}},
        {"notification": {"pick": ["a{"]}},
        {"notification": {"showChanges": True, "format": "keyValues"}},
        {"notification": {"showChanges": "yes"}},
        {"notification": {"join": "sideways"}},
        {"notification": {"joinLevel": 2}},
        {"notification": {"join": "flat", "joinLevel": 0}},
        {"notification": []},
    ],
)  # fmt: skip
async def test_what_cannot_be_is_bad_request_data(city: City, members: dict[str, Any]) -> None:
    body = subscription(**members) if not isinstance(members.get("notification"), list) else subscription() | members
    answer = await city.http.post("/subscriptions", json=body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "BadRequestData"), answer.text
    assert (await city.http.get("/subscriptions")).json() == []


async def test_an_update_that_would_leave_no_subscription_changes_nothing(city: City) -> None:
    await city.post("/subscriptions", subscription())
    before = (await city.http.get("/subscriptions/urn:s:1")).json()
    for wrong in (
        {"notification": {"format": "keyValues"}},
        {"notification": {"endpoint": None}},
        {"notification": None},
        {"type": None},
        {"id": "urn:s:2"},
        {"entities": None},
        {"expiresAt": "2000-01-01T00:00:00Z"},
        {"timeInterval": 5, "throttling": 5},
    ):
        assert (await city.http.patch("/subscriptions/urn:s:1", json=wrong)).status_code == 400, wrong
    assert (await city.http.get("/subscriptions/urn:s:1")).json() == before


async def test_a_preferred_version_is_applied_and_alters_nothing(city: City) -> None:
    await city.post("/subscriptions", subscription())
    for prefer in ("ngsi-ld=1.0", 'respond-async, NGSI-LD="1.0"', "ngsi-ld=1.0;q=0.1"):
        answer = await city.http.get("/subscriptions/urn:s:1", headers={"Prefer": prefer})
        assert answer.headers["preference-applied"] == "ngsi-ld=1.0"
    assert "preference-applied" not in (await city.http.get("/subscriptions/urn:s:1", headers={"Prefer": "x"})).headers


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = [
    "id",
    "type",
    "entities",
    "watchedAttributes",
    "notificationTrigger",
    "timeInterval",
    "throttling",
    "q",
    "geoQ",
    "scopeQ",
    "csf",
    "isActive",
    "expiresAt",
    "notification",
    "lang",
    "datasetId",
    "jsonldContext",
    "subscriptionName",
]
INSIDE = ["attributes", "pick", "omit", "format", "showChanges", "sysAttrs", "join", "joinLevel", "endpoint"]


async def test_whatever_is_sent_there_is_no_server_error(city: City) -> None:
    loop = asyncio.get_running_loop()
    await city.post("/subscriptions", subscription())
    bodies: list[Any] = []

    @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(MEMBERS), st.sampled_from(INSIDE), JSON, JSON)
    def collect(member: str, inside: str, one: Any, two: Any) -> None:
        bodies.append(subscription(id=None) | {member: one})
        bodies.append(subscription(id=None, notification={inside: two}))
        bodies.append({member: two})

    collect()
    assert loop.is_running()
    for body in bodies:
        posted = await city.http.post("/subscriptions", json=body)
        patched = await city.http.patch("/subscriptions/urn:s:1", json=body)
        assert posted.status_code < 500 or posted.status_code == 504, (body, posted.text)
        assert patched.status_code < 500 or patched.status_code == 504, (body, patched.text)
    assert (await city.http.get("/subscriptions", params={"limit": 1000})).status_code == 200


# Notifications


async def told(city: City, to: Endpoint, entity: dict[str, Any] = LAMP, **members: Any) -> tuple[Any, dict[str, str]]:
    await city.post("/subscriptions", subscription(to.uri, **members))
    await city.post("/entities", entity)
    await to.wait(1)
    return to.got[0], to.headers[0]


async def test_a_notification_is_json_with_the_context_in_its_link(city: City, endpoint: Endpoint) -> None:
    got, headers = await told(city, endpoint)
    assert got["id"].startswith("urn:ngsi-ld:Notification:")
    assert (got["type"], got["subscriptionId"]) == ("Notification", "urn:s:1")
    assert got["notifiedAt"].endswith("Z")
    assert got["data"] == [LAMP]
    assert headers["content-type"] == "application/json"
    assert headers["link"] == f'<{CORE}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    assert "ngsild-tenant" not in headers


async def test_a_context_of_several_parts_is_kept_under_an_address_of_its_own(city: City, endpoint: Endpoint) -> None:
    """5.8.1.4, 5.13.1: the Link header of a notification can name but one URL."""
    parts = [{"Lamp": "http://l/Lamp"}, {"power": "http://l/power"}, CORE]
    ld = {"content-type": "application/ld+json"}
    for _ in range(2):  # the same one is kept once
        await city.post("/subscriptions", subscription(endpoint.uri) | {"@context": parts}, **ld)
        (kept,) = (await city.http.get("/jsonldContexts?details=true&kind=ImplicitlyCreated")).json()
        assert (await city.http.get("/subscriptions/urn:s:1")).json()["jsonldContext"] == kept["URL"]
        await city.http.delete("/subscriptions/urn:s:1")
    assert (await city.http.get(f"/jsonldContexts/{kept['localId']}")).json() == {"@context": parts}
    await city.post("/subscriptions", subscription(endpoint.uri) | {"@context": parts}, **ld)
    await city.post("/entities", LAMP | {"@context": parts}, **ld)
    await endpoint.wait(1)
    assert endpoint.got[0]["data"] == [LAMP]
    assert endpoint.headers[0]["link"].startswith(f"<{kept['URL']}>")


async def test_a_context_that_one_url_names_is_not_kept_again(city: City) -> None:
    await city.post("/subscriptions", subscription() | {"@context": [CORE]}, content_type="application/ld+json")
    assert "jsonldContext" not in (await city.http.get("/subscriptions/urn:s:1")).json()
    assert (await city.http.patch("/subscriptions/urn:s:2", json={"lang": "de"})).status_code == 404
    assert (await city.http.get("/jsonldContexts?kind=ImplicitlyCreated")).json() == []


async def test_json_ld_carries_the_context_within(city: City, endpoint: Endpoint) -> None:
    got, headers = await told(city, endpoint, endpoint={"accept": "application/ld+json"})
    assert got["@context"] == CORE == got["data"][0]["@context"]
    assert headers["content-type"] == "application/ld+json"
    assert "link" not in headers


async def test_geojson_is_a_collection_of_features(city: City, endpoint: Endpoint) -> None:
    got, _ = await told(city, endpoint, endpoint={"accept": "application/geo+json"})
    (feature,) = got["data"]["features"]
    assert (got["data"]["type"], feature["type"]) == ("FeatureCollection", "Feature")
    assert feature["geometry"] == LAMP["location"]["value"]  # type: ignore[index]
    assert got["data"]["@context"] == CORE


@pytest.mark.parametrize(
    ("form", "power"),
    [("normalized", LAMP["power"]), ("concise", {"value": 5, "unitCode": "WTT"}), ("keyValues", 5), ("simplified", 5)],
)
async def test_formats(city: City, endpoint: Endpoint, form: str, power: Any) -> None:
    got, _ = await told(city, endpoint, notification={"format": form})
    assert got["data"][0]["power"] == power


async def test_members_are_chosen_by_attributes_pick_and_omit(city: City, endpoint: Endpoint) -> None:
    for number, notification in enumerate(
        ({"attributes": ["power"]}, {"pick": ["id", "power"]}, {"omit": ["type", "power"]})
    ):
        await city.post("/subscriptions", subscription(endpoint.uri, id=f"urn:s:{number}", notification=notification))
    await city.post("/entities", LAMP)
    await endpoint.wait(3)
    found = {n["subscriptionId"]: set(n["data"][0]) for n in endpoint.got}
    assert found == {
        "urn:s:0": {"id", "type", "power"},
        "urn:s:1": {"id", "power"},
        "urn:s:2": {"id", "name", "location", "isIn"},
    }


async def test_sys_attrs_language_and_datasets(city: City, endpoint: Endpoint) -> None:
    entity = LAMP | {"power": [LAMP["power"], {"type": "Property", "value": 7, "datasetId": "urn:d:1"}]}
    got, _ = await told(
        city,
        endpoint,
        entity,
        lang="en",
        datasetId=["urn:d:1"],
        notification={"sysAttrs": True, "format": "normalized"},
    )
    (data,) = got["data"]
    assert {"createdAt", "modifiedAt"} <= data.keys()
    assert (data["power"]["value"], data["power"]["datasetId"]) == (7, "urn:d:1")
    assert "name" not in data


@pytest.mark.parametrize("join", ["flat", "inline"])
async def test_linked_entities_are_told_along(city: City, endpoint: Endpoint, join: str) -> None:
    street = {"id": "urn:x:street", "type": "Street", "name": {"type": "Property", "value": "Ruhrorter"}}
    await city.post("/entities", street)
    got, _ = await told(city, endpoint, notification={"join": join, "attributes": ["isIn"]})
    if join == "flat":
        assert got["data"][1] == street
    else:
        assert got["data"][0]["isIn"]["entity"] == street


async def test_receiver_info_becomes_headers_and_a_tenant_is_named(city: City, endpoint: Endpoint) -> None:
    info = [{"key": "Authorization", "value": "Bearer abc"}]
    body = subscription(endpoint.uri, endpoint={"receiverInfo": info})
    await city.post("/subscriptions", body, NGSILD_Tenant="port")
    await city.post("/entities", LAMP, NGSILD_Tenant="port")
    await endpoint.wait(1)
    assert endpoint.headers[0]["authorization"] == "Bearer abc"
    assert endpoint.headers[0]["ngsild-tenant"] == "port"


async def test_what_was_before_and_what_was_deleted_is_shown_in_every_kind_of_attribute(
    city: City, endpoint: Endpoint
) -> None:
    entity = {
        "id": "urn:x:1",
        "type": "Lamp",
        "a": {"type": "Property", "value": 1},
        "b": {"type": "Relationship", "object": "urn:x:2"},
        "c": {"type": "LanguageProperty", "languageMap": {"de": "x"}},
        "d": {"type": "VocabProperty", "vocab": "term"},
        "e": {"type": "JsonProperty", "json": {"x": None}},
        "f": {"type": "ListProperty", "valueList": [1, 2]},
        "g": {"type": "ListRelationship", "objectList": [{"object": "urn:x:2"}]},
    }
    await city.post("/entities", entity)
    body = subscription(
        endpoint.uri, notificationTrigger=["entityDeleted"], notification={"showChanges": True, "sysAttrs": True}
    )
    await city.post("/subscriptions", body)
    assert (await city.http.delete("/entities/urn:x:1")).status_code == 204
    ((data,),) = [n["data"] for n in await endpoint.wait(1)]
    assert {"deletedAt", "createdAt"} <= data.keys()
    null = "urn:ngsi-ld:null"
    expected = {
        "a": {"value": null, "previousValue": 1},
        "b": {"object": null, "previousObject": "urn:x:2"},
        "c": {"languageMap": {"@none": null}, "previousLanguageMap": {"de": "x"}},
        "d": {"vocab": null, "previousVocab": "term"},
        "e": {"json": null, "previousJson": {"x": None}},
        "f": {"valueList": [null], "previousValueList": [1, 2]},
        "g": {"objectList": [{"object": null}], "previousObjectList": [{"object": "urn:x:2"}]},
    }
    for name, members in expected.items():
        assert members.items() <= data[name].items(), name
        assert "deletedAt" in data[name]


async def test_deletions_are_told_in_the_simplified_form_too(city: City, endpoint: Endpoint) -> None:
    await city.post("/entities", LAMP)
    body = subscription(endpoint.uri, notificationTrigger=["attributeDeleted"], notification={"format": "keyValues"})
    await city.post("/subscriptions", body)
    assert (await city.http.delete("/entities/urn:x:1/attrs/power")).status_code == 204
    await endpoint.wait(1)
    assert endpoint.got[0]["data"][0]["power"] == "urn:ngsi-ld:null"


async def test_a_subscription_outlives_a_restart_with_its_own_names(tmp_path: Path, endpoint: Endpoint) -> None:
    own = {"@vocab": "https://a.example/"}
    async with City(tmp_path) as city:
        body = subscription(endpoint.uri, q="power>4") | {"@context": own}
        await city.post("/subscriptions", body, Content_Type="application/ld+json")
    async with City(tmp_path) as city:
        await city.post("/entities", LAMP)  # of the same short names, and another type
        await city.post("/entities", LAMP | {"id": "urn:x:2", "@context": own}, Content_Type="application/ld+json")
        await endpoint.wait(1)
    assert [(e["id"], e["type"]) for n in endpoint.got for e in n["data"]] == [("urn:x:2", "Lamp")]
