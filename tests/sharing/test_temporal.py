"""Temporal evolutions over HTTP, with a real present and a real past behind them.

Source: ETSI GS CIM 009 V1.9.1, 5.6.11 to 5.6.16, 5.7.3, 5.7.4, 4.11, 4.5.19, 6.3.10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.base.declare import Model
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories
from rhinecloud.sharing import NgsiLd

from .conftest import City, Gate

PAST = "/temporal/entities"
CAR = "urn:ngsi-ld:Vehicle:1"
DAY = "2026-03-01T"


def speeds(*given: tuple[float, str], **more: Any) -> list[dict[str, Any]]:
    return [{"type": "Property", "value": value, "observedAt": f"{DAY}{at}Z"} | more for value, at in given]


THREE = {"id": CAR, "type": "Vehicle", "speed": speeds((30, "12:00:00"), (40, "12:10:00"), (50, "13:00:00"))}


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    model = Model(())
    presents = Presents(tmp_path / "tenants", model=model)
    await presents.start()
    presents.create("city")
    settings = Settings(data=tmp_path, temporal_page_instances=30)
    histories = Histories(tmp_path / "tenants", presents, settings, model=model)
    await histories.start()
    gate = Gate()
    app = NgsiLd(presents, histories, gate, Vocabularies(model), settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city") as client:
        yield City(client, app, gate, presents)
    await histories.stop()
    await presents.stop()


async def told(city: City, path: str, status: int = 200) -> Any:
    answer = await city.ask("GET", path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def values(city: City, question: str = "", name: str = "speed") -> list[Any]:
    found = await told(city, f"{PAST}/{CAR}?{question}")
    return [instance["value"] for instance in found.get(name, [])]


async def test_what_the_present_was_told_is_in_the_past_at_once(city: City) -> None:
    entity = {"id": CAR, "type": "Vehicle", "speed": {"type": "Property", "value": 1, "observedAt": DAY + "12:00:00Z"}}
    assert (await city.ask("POST", "/entities", entity)).status_code == 201
    for number in (2, 3):
        instance = {"value": number, "observedAt": f"{DAY}12:0{number}:00Z"}
        assert (await city.ask("PATCH", f"/entities/{CAR}/attrs/speed", instance)).status_code == 204
    assert await values(city) == [1, 2, 3]
    found = await told(city, f"{PAST}/{CAR}")
    assert all(instance["instanceId"].startswith("urn:ngsi-ld:Instance:") for instance in found["speed"])


async def test_an_evolution_is_created_once_and_then_added_to(city: City) -> None:
    first = await city.ask("POST", PAST, THREE)
    assert (first.status_code, first.headers["location"]) == (201, f"/ngsi-ld/v1/temporal/entities/{CAR}")
    again = {"id": CAR, "type": ["Vehicle", "Truck"], "speed": speeds((31, "12:00:00"), (60, "14:00:00"))}
    assert (await city.ask("POST", PAST, again)).status_code == 204
    assert await values(city) == [31, 40, 50, 60]
    assert sorted((await told(city, f"{PAST}/{CAR}"))["type"]) == ["Truck", "Vehicle"]
    assert (await told(city, f"/entities/{CAR}"))["speed"]["value"] == 60


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"timerel=after&timeAt={DAY}12:10:00Z", [40, 50]),
        (f"timerel=before&timeAt={DAY}12:10:00Z", [30]),
        (f"timerel=between&timeAt={DAY}12:00:00Z&endTimeAt={DAY}13:00:00Z", [30, 40]),
        ("lastN=2", [40, 50]),
        (f"timerel=before&timeAt={DAY}13:00:00Z&lastN=1", [40]),
        ("timerel=after&timeAt=2020-01-01T00:00:00Z&timeproperty=modifiedAt", [30, 40, 50]),
        ("timerel=before&timeAt=2020-01-01T00:00:00Z&timeproperty=createdAt", []),
    ],
)
async def test_the_temporal_query_language_bounds_what_is_told(city: City, question: str, expected: list[int]) -> None:
    await city.ask("POST", PAST, THREE)
    assert await values(city, question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "timerel=after",
        "timerel=during&timeAt=2026-03-01T12:00:00Z",
        "timerel=between&timeAt=2026-03-01T12:00:00Z",
        "timerel=after&timeAt=2026-03-01",
        "timeAt=2026-03-01T12:00:00Z",
        "lastN=0",
        "lastN=1.5",
        "timeproperty=birthday",
        "options=aggregatedValues",
        "options=aggregatedValues&aggrMethods=median",
        "options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=hourly",
        "options=everything",
        "format=everything",
        "pick=speed&omit=speed",
        "pick=owner{name}",
        "attrs=speed&pick=speed",
    ],
)
async def test_what_makes_no_sense_is_refused(city: City, question: str) -> None:
    await city.ask("POST", PAST, THREE)
    await told(city, f"{PAST}/{CAR}?{question}", 400)


async def test_values_come_as_pairs_and_as_figures(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    pairs = await told(city, f"{PAST}/{CAR}?options=temporalValues&lastN=1")
    assert pairs["speed"] == {"type": "Property", "values": [[50.0, DAY + "13:00:00Z"]]}
    figures = await told(
        city, f"{PAST}/{CAR}?options=aggregatedValues&aggrMethods=avg,totalCount&aggrPeriodDuration=PT1H"
    )
    first, second, third = (f"{DAY}{hour}:00:00Z" for hour in (12, 13, 14))
    assert figures["speed"] == {
        "type": "Property",
        "avg": [[35.0, first, second], [50.0, second, third]],
        "totalCount": [[2, first, second], [1, second, third]],
    }


async def test_conditions_hold_for_instances_inside_the_window_only(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    await city.ask("POST", PAST, THREE | {"id": CAR + "2", "speed": speeds((10, "12:00:00"), (90, "18:00:00"))})
    window = f"type=Vehicle&timerel=before&timeAt={DAY}15:00:00Z"
    assert [found["id"] for found in await told(city, f"{PAST}?{window}&q=speed%3E45")] == [CAR]
    assert [found["id"] for found in await told(city, f"{PAST}?{window}&orderBy=id;desc")] == [CAR + "2", CAR]
    answer = await city.ask("GET", f"{PAST}?{window}&limit=1&offset=1&count=true")
    assert [found["id"] for found in answer.json()] == [CAR + "2"]
    assert answer.headers["ngsild-results-count"] == "2"
    body = {
        "type": "Query",
        "entities": [{"type": "Vehicle", "id": CAR}],
        "temporalQ": {"timerel": "after", "timeAt": DAY + "12:30:00Z"},
    }
    found = (await city.ask("POST", "/temporal/entityOperations/query", body)).json()
    assert [[i["value"] for i in entity["speed"]] for entity in found] == [[50]]


async def test_a_query_for_everything_is_refused(city: City) -> None:
    await told(city, f"{PAST}?timerel=after&timeAt=2020-01-01T00:00:00Z", 400)
    await told(city, f"{PAST}?timerel=after&timeAt=2020-01-01T00:00:00Z&attrs=createdAt", 400)


async def test_more_than_a_page_holds_is_told_in_parts_that_name_their_range(city: City) -> None:
    many = [(float(n), f"{n // 60:02d}:{n % 60:02d}:00") for n in range(70)]
    await city.ask("POST", PAST, THREE | {"speed": speeds(*many)})
    seen: list[float] = []
    start = DAY + "00:00:00Z"
    for _ in range(5):
        answer = await city.ask("GET", f"{PAST}/{CAR}?timerel=after&timeAt={start}")
        seen += [instance["value"] for instance in answer.json()["speed"] if instance["value"] not in seen]
        if answer.status_code == 200:
            break
        assert answer.status_code == 206
        unit, _, told_range = answer.headers["content-range"].partition(" ")
        assert unit == "date-time"
        assert told_range.startswith(start + "-") and told_range.endswith("/*")
        start = told_range.removeprefix(start + "-").removesuffix("/*")
    assert seen == [float(n) for n in range(70)]
    last = await city.ask("GET", f"{PAST}/{CAR}?lastN=40")
    assert last.headers["content-range"] == f"date-time {DAY}01:09:00Z-{DAY}00:40:00Z/40"


async def test_instances_are_mended_and_deleted_one_by_one(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    first, second, _ = (instance["instanceId"] for instance in (await told(city, f"{PAST}/{CAR}"))["speed"])
    mended = {"type": "Property", "value": 33, "observedAt": DAY + "12:00:00Z"}
    assert (await city.ask("PATCH", f"{PAST}/{CAR}/attrs/speed/{first}", mended)).status_code == 204
    assert (await city.ask("DELETE", f"{PAST}/{CAR}/attrs/speed/{second}")).status_code == 204
    assert await values(city) == [33, 50]
    assert (await told(city, f"{PAST}/{CAR}"))["speed"][0]["instanceId"] == first
    for path, status in ((f"speed/{second}", 404), ("speed/urn:ngsi-ld:other:1", 404), ("speed/none", 400)):
        assert (await city.ask("DELETE", f"{PAST}/{CAR}/attrs/{path}")).status_code == status


async def test_an_attribute_and_a_whole_evolution_are_deleted(city: City) -> None:
    dataset = speeds((1, "12:00:00"), datasetId="urn:d")
    await city.ask("POST", PAST, THREE | {"speed": THREE["speed"] + dataset})  # type: ignore[operator]
    assert (await city.ask("DELETE", f"{PAST}/{CAR}/attrs/speed")).status_code == 204
    assert await values(city) == [1]
    assert (await city.ask("DELETE", f"{PAST}/{CAR}/attrs/speed?deleteAll=true")).status_code == 204
    assert (await city.ask("DELETE", f"{PAST}/{CAR}/attrs/speed")).status_code == 404
    assert (await city.ask("POST", f"{PAST}/{CAR}/attrs", {"speed": speeds((7, "12:00:00"))})).status_code in (204, 404)
    await city.ask("POST", PAST, THREE)
    assert (await city.ask("DELETE", f"{PAST}/{CAR}")).status_code == 204
    await told(city, f"{PAST}/{CAR}", 404)
    assert (await city.ask("DELETE", f"{PAST}/{CAR}")).status_code == 404


async def test_deletions_are_told_where_they_are_asked_for(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    assert (await city.ask("DELETE", f"/entities/{CAR}/attrs/speed")).status_code == 204
    assert await values(city) == [30, 40, 50]
    (gone,) = (await told(city, f"{PAST}/{CAR}?timeproperty=deletedAt"))["speed"]
    assert gone["value"] == "urn:ngsi-ld:null"
    assert "deletedAt" in gone


async def test_a_scope_bounds_what_is_told_to_when_it_held(city: City) -> None:
    scopes = [
        {"type": "Property", "value": text, "observedAt": f"{DAY}{at}Z"}
        for text, at in (("/A", "11:00:00"), ("/B", "12:30:00"))
    ]
    await city.ask("POST", PAST, THREE | {"scope": scopes})
    window = f"type=Vehicle&timerel=between&timeAt={DAY}12:00:00Z&endTimeAt={DAY}14:00:00Z"
    for query, expected in (("/A", [30, 40]), ("/B", [50]), ("/%23", [30, 40, 50])):
        (found,) = await told(city, f"{PAST}?{window}&scopeQ={query}")
        assert [instance["value"] for instance in found["speed"]] == expected
    assert await told(city, f"{PAST}?{window}&scopeQ=/C") == []
    now = await told(city, f"/entities/{CAR}")
    assert now["scope"] == "/B"


async def test_another_tenant_has_another_past(city: City) -> None:
    city.presents.create("port")
    await city.ask("POST", PAST, THREE)
    answer = await city.ask("GET", f"{PAST}/{CAR}", headers={"NGSILD-Tenant": "port"})
    assert answer.status_code == 404


async def test_of_what_is_not_open_the_past_is_not_told(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    await city.ask("POST", PAST, THREE | {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp"})
    city.gate.everyone = False
    city.gate.open_types = frozenset(["https://uri.etsi.org/ngsi-ld/default-context/Lamp"])
    await told(city, f"{PAST}/{CAR}", 404)
    await told(city, f"{PAST}/urn:ngsi-ld:Lamp:1")
    found = await told(city, f"{PAST}?attrs=speed&timerel=after&timeAt={DAY}00:00:00Z")
    assert [entity["id"] for entity in found] == ["urn:ngsi-ld:Lamp:1"]


async def test_a_hundred_strange_questions_get_no_5xx(city: City) -> None:
    await city.ask("POST", PAST, THREE)
    texts = [
        "",
        "'",
        '"',
        "a'b",
        "%00",
        "(",
        "9" * 400,
        "ü",
        "urn:x",
        "*",
        "[]",
        "{}",
        "-1",
        "1e9",
        "null",
        "@none",
        ";",
    ]
    for name in (
        "q",
        "id",
        "type",
        "idPattern",
        "attrs",
        "scopeQ",
        "datasetId",
        "timeAt",
        "lastN",
        "limit",
        "offset",
        "pick",
    ):
        for text in texts:
            query = httpx.QueryParams(
                {"type": "Vehicle", "timerel": "after", "timeAt": DAY + "00:00:00Z"} | {name: text}
            )
            answer = await city.ask("GET", f"{PAST}?{query}")
            assert answer.status_code < 500, (name, text, answer.text)
    await told(city, f"{PAST}?type=Vehicle&idPattern=(%3F!2)&timerel=after&timeAt={DAY}00:00:00Z", 400)
    for body in ([], {}, {"type": "Query"}, {"entities": 1}, {"temporalQ": []}, {"entities": [{"id": 5}]}, {"q": {}}):
        answer = await city.ask("POST", "/temporal/entityOperations/query", msgspec.json.encode(body))
        assert answer.status_code < 500, (body, answer.text)
