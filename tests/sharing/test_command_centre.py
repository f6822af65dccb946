"""The command centre's door for systems of agencies: real rooms beneath, asked in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.access import Access, system
from rhinecloud.base.declare import Model
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.operations import ENTITIES, Operations, Pick, Unit, telling
from rhinecloud.sharing import COMMAND_CENTRE, CommandCentre, command_centre, openapi
from tests.conftest import HeldClock

ADMIN = system("test")
FIRE = {"type": "fire", "title": "Brand in der Küche", "place": {"address": "Hafenstr. 1"}}


class Agency:
    """A system with a token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http, self._headers = http, {"Authorization": f"Bearer {token}"}
        self.token = token

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self._http.get(COMMAND_CENTRE + path, params=query or None, headers=self._headers)

    async def post(self, path: str, body: Any, key: str = "", method: str = "POST") -> httpx.Response:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        return await self._http.request(method, COMMAND_CENTRE + path, json=body, headers=headers)


class Door:
    """The door over a tenant `city` with two agencies and a unit of each."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        self.folder, self.clock = folder, clock

    async def __aenter__(self) -> Door:
        settings, model = Settings(data=self.folder), Model(ENTITIES)
        self.access = Access(settings, self.clock)
        await self.access.start()
        self.presents = Presents(self.folder / "tenants", model=model, clock=self.clock)
        await self.presents.start()
        self.presents.create("city")
        known = telling.Known(lambda _tenant, _entity: "", lambda _person: ("", ""))
        self.telling = telling.Telling({}, known, clock=self.clock)
        self.room = Operations(
            self.folder / "tenants",
            self.presents,
            Vocabularies(model),
            self.access,
            followers=[self.telling],
            clock=self.clock,
        )
        self.app = CommandCentre(self.room.seat, self.access, self.telling, default_tenant="city")
        for agency in ("fire", "police"):
            self.access.tenants.add_agency(ADMIN, "city", agency, agency.title())
            desk = self.room.desk("city", ADMIN)
            made = Unit(id=f"{agency}-1", name=f"{agency.upper()} 1", kind="fire", agency=agency, capabilities=("HLF",))
            desk.save_unit(made)
            desk.report_status(made.id, "2")
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://city")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self.telling.stop()
        await self.room.stop()
        await self.presents.stop()
        await self.access.stop()

    def agency(self, name: str, *scopes: str) -> Agency:
        wanted = scopes or ("incidents.*", "units.*")
        number = len(self.access.tokens.list())
        return Agency(
            self._http, self.access.tokens.new(ADMIN, f"{name}-{number}", wanted, tenant="city", agency=name)[0]
        )

    async def settle(self) -> None:
        await self.room.tick("city")


@pytest.fixture
async def door(tmp_path: Path, held_clock: HeldClock) -> AsyncIterator[Door]:
    async with Door(tmp_path, held_clock) as made:
        yield made


async def test_an_incident_is_reported_read_changed_and_moved(door: Door) -> None:
    fire = door.agency("fire")
    answer = await fire.post(
        "/incidents", FIRE | {"place": {"location": {"type": "Point", "coordinates": [6.7, 51.4]}}}
    )
    assert answer.status_code == 201
    made = answer.json()["incident"]
    assert (made["state"], made["agencies"], made["place"]["location"]["coordinates"]) == (
        "reported",
        ["fire"],
        [6.7, 51.4],
    )
    assert (await fire.get(f"/incidents/{made['number']}")).json() == made
    path = f"/incidents/{made['id']}"
    changed = await fire.post(path, {"version": made["version"], "severity": "minor"}, method="PATCH")
    assert changed.json()["severity"] == "minor"
    stale = await fire.post(path + "/steps", {"step": "triage", "version": made["version"]})
    assert stale.status_code == 409 and stale.json()["changes"][0]["fields"] == {"severity": "minor"}
    moved = await fire.post(path + "/steps", {"step": "triage", "version": changed.json()["version"]})
    assert moved.json()["state"] == "triaged" and set(moved.json()["times"]) == {"reported", "triaged"}
    again = (await fire.post("/incidents", FIRE | {"place": {"location": {"coordinates": [6.7, 51.4]}}})).json()
    assert [n["number"] for n in again["like"]] == [made["number"]]


async def test_an_action_that_is_replayed_is_answered_as_before_and_done_once(door: Door) -> None:
    fire = door.agency("fire")
    first = await fire.post("/incidents", FIRE, key="a-1")
    again = await fire.post("/incidents", FIRE, key="a-1")
    assert again.content == first.content and again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len((await fire.get("/incidents")).json()["incidents"]) == 1
    other = await fire.post("/incidents", FIRE | {"title": "Keller"}, key="a-1")
    assert other.status_code == 409 and "idempotency key" in other.json()["detail"]
    police = await door.agency("police").post("/incidents", FIRE, key="a-1")
    assert police.status_code == 201, "keys belong to who uses them"
    assert any(r.action == "system.replayed" for r in door.access.trail.records(tenant="city", limit=20))


async def test_a_refused_action_keeps_nothing_and_may_be_tried_again(door: Door) -> None:
    fire = door.agency("fire")
    assert (await fire.post("/incidents", FIRE | {"type": "dragon"}, key="a")).status_code == 404
    assert (await fire.post("/incidents", FIRE, key="a")).status_code == 201


async def test_each_agency_sees_its_own_and_nothing_of_others(door: Door) -> None:
    fire, police = door.agency("fire"), door.agency("police")
    made = (await fire.post("/incidents", FIRE)).json()["incident"]
    for path in (f"/incidents/{made['id']}", f"/incidents/{made['id']}/assignments", "/units/fire-1"):
        assert (await police.get(path)).status_code == 404, path
    step = await police.post(f"/incidents/{made['id']}/steps", {"step": "triage", "version": made["version"]})
    assert step.status_code == 404
    assert (await police.get("/incidents")).json()["incidents"] == []
    assert [u["id"] for u in (await police.get("/units")).json()] == ["police-1"]
    told = (await police.get("/news")).json()["news"]
    assert told and not [n for n in told if n["incident"]]
    assert [n["what"] for n in (await fire.get("/news")).json()["news"] if n["incident"]] == ["incident.reported"]
    assert (await police.post("/units/fire-1/statuses", {"status": "3"})).status_code == 404


async def test_a_unit_is_told_answers_and_says_where_it_stands(door: Door) -> None:
    fire, police = door.agency("fire"), door.agency("police")
    made = (await fire.post("/incidents", FIRE)).json()["incident"]
    door.room.desk("city", ADMIN).assign(made["id"], [Pick("fire-1")])
    held = (await fire.get("/units/fire-1")).json()["assignment"]
    assert held["state"] == "alerted" and held["acceptBy"]
    marks = f"/assignments/{held['id']}/marks"
    assert (await fire.post(marks, {"mark": "received", "at": "2026-11-22T09:59:59Z"})).json()["receivedAt"]
    assert (await police.post(marks, {"mark": "read"})).status_code == 404
    path = f"/assignments/{held['id']}/answer"
    assert (await fire.post(path, {"accepts": False})).status_code == 400
    assert (await fire.post(path, {"accepts": True})).json()["state"] == "accepted"
    moved = await fire.post("/units/fire-1/statuses", {"status": "3", "at": "2026-11-22T10:00:00Z"}, key="s1")
    assert moved.status_code == 201 and moved.json()["status"] == "3"
    assert (await fire.get(f"/incidents/{made['id']}")).json()["state"] == "under-way"
    assert (await fire.post("/units/fire-1/statuses", {"status": "Z"})).status_code == 400
    assert [a["unit"] for a in (await fire.get(f"/incidents/{made['id']}/assignments")).json()] == ["fire-1"]


async def test_a_portal_may_report_and_nothing_else_and_who_called_stays_in_the_log(door: Door) -> None:
    portal = door.agency("fire", "incidents.report")
    answer = await portal.post(
        "/incidents", FIRE | {"how": "telephone", "contact": {"name": "Frau Meier", "phone": "0203 1"}}
    )
    made = answer.json()["incident"]
    assert answer.status_code == 201 and made["source"].startswith("telephone:token:") and answer.json()["like"] == []
    for path in ("/incidents", "/units", "/news"):
        assert (await portal.get(path)).status_code == 403
    entries = door.room.desk("city", ADMIN).log(made["id"])
    assert [e.content["name"] for e in entries if e.content and e.content["what"] == "reporter"] == ["Frau Meier"]
    assert b"Meier" not in msgspec.json.encode(made)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/incidents", b"{", 400),
        ("/incidents", b'{"type": "fire"}', 400),
        ("/incidents", b'{"type": "fire", "title": "x", "severity": "huge"}', 400),
        ("/incidents", b'{"type": "fire", "title": "x", "nonsense": 1}', 400),
        ("/incidents", b'{"type": "fire", "title": ""}', 400),
        ("/incidents", b'{"type": "fire", "title": "x", "place": {"location": {"coordinates": [51.4, 96.7]}}}', 400),
        ("/incidents", b'{"type": "fire", "title": "x", "reportedAt": "yesterday"}', 400),
        ("/incidents", b"\xff\xfe", 400),
        ("/incidents", b"[" * 100_000, 400),
        ("/incidents/x/steps", b'{"step": "triage", "version": 1}', 404),
        ("/assignments/x/answer", b'{"accepts": true}', 404),
        ("/assignments/99/answer", b'{"accepts": true}', 404),
        ("/deliveries/x/marks", b'{"mark": "read"}', 404),
        ("/nowhere", b"{}", 404),
        ("/units", b"{}", 405),
    ],
)
async def test_bad_input_is_refused_with_a_document_that_says_why(
    door: Door, path: str, body: bytes, status: int
) -> None:
    fire = door.agency("fire")
    headers = {"Authorization": f"Bearer {fire.token}", "Content-Type": "application/json"}
    answer = await door._http.post(COMMAND_CENTRE + path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"] and answer.json()["status"] == status


async def test_without_a_good_token_nothing_is_said(door: Door) -> None:
    for headers in ({}, {"Authorization": "Bearer rc_x"}, {"Authorization": "Basic eDp5"}):
        answer = await door._http.get(COMMAND_CENTRE + "/incidents", headers=headers)
        assert answer.status_code == 401 and answer.headers["www-authenticate"]
    fire = door.agency("fire")
    other = {"Authorization": f"Bearer {fire.token}", "NGSILD-Tenant": "port"}
    assert (await door._http.get(COMMAND_CENTRE + "/incidents", headers=other)).status_code in (403, 404)


async def test_pages_lead_to_the_next(door: Door) -> None:
    fire = door.agency("fire")
    for number in range(5):
        door.clock.tick()
        await fire.post("/incidents", FIRE | {"title": f"Brand {number}"})
    page, seen = (await fire.get("/incidents", limit=2)).json(), []
    while True:
        seen += [i["title"] for i in page["incidents"]]
        if not page["next"]:
            break
        page = (await fire.get(page["next"].removeprefix(COMMAND_CENTRE))).json()
    assert seen == [f"Brand {n}" for n in (4, 3, 2, 1, 0)]
    for bad in ({"limit": "0"}, {"limit": "x"}, {"before": "x"}, {"exercise": "maybe"}):
        assert (await fire.get("/incidents", **bad)).status_code == 400


async def test_asking_for_news_waits_until_there_are_some(door: Door) -> None:
    fire = door.agency("fire")
    known = (await fire.get("/news")).json()["last"]
    waiting = asyncio.create_task(fire.get("/news", after=known, wait=20))
    await asyncio.sleep(0.05)
    await fire.post("/incidents", FIRE)
    await door.settle()
    told = (await asyncio.wait_for(waiting, 5)).json()
    assert [n["what"] for n in told["news"]] == ["incident.reported"] and told["last"] > known
    assert (await fire.get("/news", after=told["last"])).json()["news"] == []


class Line:
    """A stream of news, asked as a server does."""

    def __init__(self, door: Door, token: str, last: str = "") -> None:
        self.parts: asyncio.Queue[bytes] = asyncio.Queue()
        self.hung_up = asyncio.Event()
        self.status = 0
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"last-event-id", last.encode())]
        scope = {
            "type": "http",
            "method": "GET",
            "path": COMMAND_CENTRE + "/news/stream",
            "headers": headers,
            "query_string": b"",
        }
        self.task = asyncio.create_task(door.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.parts.put_nowait(message.get("body", b""))

    async def until(self, word: bytes) -> bytes:
        got = b""
        while word not in got:
            got += await asyncio.wait_for(self.parts.get(), 5)
        return got


async def test_a_stream_tells_news_goes_on_where_it_broke_and_ends_with_its_token(door: Door) -> None:
    fire = door.agency("fire")
    known = str((await fire.get("/news")).json()["last"])
    line = Line(door, fire.token, known)
    await fire.post("/incidents", FIRE)
    await door.settle()
    got = await line.until(b"incident.reported")
    number = got.rpartition(b"id: ")[2].partition(b"\n")[0].decode()
    line.hung_up.set()
    await asyncio.wait_for(line.task, 5)
    await fire.post("/incidents", FIRE)
    line = Line(door, fire.token, str(int(number) - 1))
    got = await line.until(b"incident.reported")
    assert int(number) >= 1 and line.status == 200
    token = door.access.tokens.list()[0]
    door.access.tokens.revoke(ADMIN, token.id)
    await line.until(b"event: over")
    await asyncio.wait_for(line.task, 1)
    after = Line(door, fire.token)
    await asyncio.wait_for(after.task, 5)
    assert after.status == 401


async def test_what_a_webhook_told_can_be_answered(door: Door) -> None:
    fire, police = door.agency("fire"), door.agency("police")
    desk = telling.TellingDesk(door.room.seat("city", ADMIN))
    desk.save_way(
        telling.Way(recipient="agency:fire", agency="fire", channel="webhook", address="http://fire.example/x")
    )
    with door.room.seat("city", ADMIN).managing() as work:
        telling.tell(
            work,
            telling.Tell(
                key="a", about="request", to=("agency:fire",), text={"de": telling.Text("Pumpe")}, wanted="accepted"
            ),
        )
    await door.settle()
    await door.telling.settled()
    (line,) = desk.search(telling.AskedDeliveries())
    path = f"/deliveries/{line.delivery.id}/marks"
    assert (await police.post(path, {"mark": "accepted"})).status_code == 404
    assert (await fire.post(path, {"mark": "declined"})).status_code == 400
    assert (await fire.post(path, {"mark": "accepted"})).json()["state"] == "accepted"
    assert (await fire.post(path, {"mark": "declined", "reason": "x"})).status_code == 409


def test_all_of_it_is_described_and_nothing_refers_to_what_is_not_there() -> None:
    paths, schemas = command_centre()
    document = openapi("http://city", more=paths, schemas=schemas)
    text = msgspec.json.encode(document).decode()
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(document["components"]["schemas"])
    assert "/command-centre/v1/incidents/{incident}/steps" in document["paths"]


async def test_a_parameter_that_is_there_twice_is_refused_like_any_other(door: Door) -> None:
    fire = door.agency("fire")
    answer = await door._http.get(
        f"{COMMAND_CENTRE}/incidents?limit=1&limit=2", headers={"Authorization": f"Bearer {fire.token}"}
    )
    assert answer.status_code == 400 and "twice" in answer.json()["detail"]
