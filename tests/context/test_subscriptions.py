"""Subscriptions: what is matched, when it is told, and that no endpoint holds up another.

ETSI GS CIM 009, 5.8.6 and table 5.2.12-1; notifications are rendered plainly here, `tests/sharing` has the real forms.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.base.model import Change, Changes, Op, Update
from rhinecloud.base.packing import unpack
from rhinecloud.base.settings import Settings
from rhinecloud.context import Message, Notice, Presents, Relay, Subscription, Subscriptions, Vocabularies
from rhinecloud.context.subscriptions import delivery, endpoints, mqtt
from rhinecloud.context.subscriptions.index import Index
from rhinecloud.context.subscriptions.memory import Memory
from rhinecloud.context.subscriptions.model import Kept

from .endpoint import Endpoint

NS = "https://uri.etsi.org/ngsi-ld/default-context/"


async def plainly(subscription: Subscription, notice: Notice) -> Message:
    told = [
        {
            "id": t.entity["id"],
            "attrs": sorted(a.removeprefix(NS) for a in t.entity["attrs"]),
            "removed": sorted(a.removeprefix(NS) for a, _ in t.removed),
            "before": {a.removeprefix(NS): i.get("value") for (a, _), i in t.before.items()},
            "deleted": bool(t.deleted_us),
        }
        for t in notice.told
    ]
    body = json.dumps({"subscription": subscription.id, "data": told}).encode()
    return Message([("Content-Type", "application/json")], body)


class City:
    """A present whose changes come to the subscriptions as over the backbone."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(data=folder, **{"allow_private_endpoints": True} | settings)
        self.vocabularies = Vocabularies(Model([]))
        self.dead: list[dict[str, Any]] = []
        self.letters: list[bytes] = []

    async def __aenter__(self) -> City:
        self.presents = Presents(self.settings.data / "tenants", model=Model([]))
        await self.presents.start()
        for tenant in ("city", "port"):
            if tenant not in self.presents.names():
                self.presents.create(tenant)
        self.room = Subscriptions(self.presents, self.vocabularies, self._bury, self.settings, render=plainly)
        self.relay = Relay(self.presents, self._publish)
        await self.relay.start()
        await self.room.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.relay.stop()
        await self.room.stop()
        await self.presents.stop()

    async def _publish(self, _subject: str, data: bytes, *, message_id: str = "") -> int:
        await self.room.changed(unpack(data))
        return 1

    async def _bury(self, _tenant: str, letter: bytes) -> None:
        self.letters.append(letter)
        self.dead.append(json.loads(letter))

    async def subscribe(self, uri: str, tenant: str = "city", **members: Any) -> Subscription:
        notification = {"endpoint": {"uri": uri}} | members.pop("notification", {})
        given = {"type": "Subscription", "entities": [{"type": "Lamp"}], "notification": notification} | members
        return await self.room.create(
            tenant, {k: v for k, v in given.items() if v is not None}, self.vocabularies.default
        )

    async def write(
        self, op: Op, entity_id: str, tenant: str = "city", kind: str = "Lamp", attr: str = "", **values: Any
    ) -> None:
        attrs = {NS + name: [value if isinstance(value, dict) else prop(value)] for name, value in values.items()}
        fragment = {"attrs": attrs} if op in (Op.DELETE_ATTR, Op.MERGE) else {"type": [NS + kind], "attrs": attrs}
        update = Update(op=op, id=f"urn:x:{entity_id}", entity=fragment, attr=attr and NS + attr)
        (result,) = await self.presents.open(tenant).write([update])
        assert result.error is None, result.error

    async def create(self, entity_id: str, **more: Any) -> None:
        await self.write(Op.CREATE, entity_id, **more)

    async def append(self, entity_id: str, **more: Any) -> None:
        await self.write(Op.APPEND, entity_id, **more)


def prop(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with City(tmp_path) as made:
        yield made


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint() as made:
        yield made


async def quiet(endpoint: Endpoint, count: int = 0) -> None:
    """Nothing more than `count` comes."""
    await asyncio.sleep(0.15)
    assert len(endpoint.got) == count, endpoint.got


# What triggers (5.2.12, notificationTrigger)


async def test_creation_and_change_of_attributes_are_told_by_default(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri)
    await city.create("1", power=5)
    await city.append("1", power=6)
    got = await endpoint.wait(2)
    assert [n["data"][0]["id"] for n in got] == ["urn:x:1", "urn:x:1"]
    await city.write(Op.DELETE_ATTR, "1", attr="power")
    await city.write(Op.DELETE, "1")
    await quiet(endpoint, 2)


@pytest.mark.parametrize(
    ("triggers", "told"),
    [
        (["entityCreated"], ["create"]),
        (["entityUpdated"], ["create", "update", "add", "remove", "delete"]),  # all three of attributes, table 5.2.12-1
        (["entityDeleted"], ["delete"]),
        (["attributeCreated"], ["create", "add"]),
        (["attributeUpdated"], ["update"]),
        (["attributeDeleted"], ["remove", "delete"]),
    ],
)
async def test_each_trigger_is_told_of_what_it_names(
    city: City, endpoint: Endpoint, triggers: list[str], told: list[str]
) -> None:
    await city.subscribe(endpoint.uri, notificationTrigger=triggers)
    steps = {
        "create": lambda: city.create("1", power=5),
        "update": lambda: city.append("1", power=6),
        "add": lambda: city.append("1", name="x"),
        "remove": lambda: city.write(Op.DELETE_ATTR, "1", attr="name"),
        "delete": lambda: city.write(Op.DELETE, "1"),
    }
    seen = []
    for name, step in steps.items():
        before = len(endpoint.got)
        await step()
        with contextlib.suppress(TimeoutError):
            await endpoint.wait(before + 1, within_s=0.4)
            seen.append(name)
    assert seen == told


async def test_only_watched_attributes_trigger(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri, watchedAttributes=["power"])
    await city.create("1", name="x")
    await city.append("1", name="y")
    await quiet(endpoint)
    await city.append("1", power=1)
    await endpoint.wait(1)


async def test_watched_attributes_alone_watch_every_type(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri, entities=None, watchedAttributes=["power"])
    await city.create("1", kind="Pump", power=1)
    await endpoint.wait(1)


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"type": "Lamp"}, ["1", "2"]),
        ({"type": "Lamp|Pump"}, ["1", "2", "3"]),
        ({"type": "*"}, ["1", "2", "3"]),
        ({"type": "Lamp", "id": "urn:x:2"}, ["2"]),
        ({"type": "Lamp", "id": ["urn:x:2", "urn:x:3"]}, ["2"]),
        ({"type": "*", "idPattern": "urn:x:[13]$"}, ["1", "3"]),
        ({"type": "Tram"}, []),
    ],
)
async def test_entities_are_selected_by_type_id_and_pattern(
    city: City, endpoint: Endpoint, selector: dict[str, Any], told: list[str]
) -> None:
    await city.subscribe(endpoint.uri, entities=[selector])
    for number, kind in (("1", "Lamp"), ("2", "Lamp"), ("3", "Pump")):
        await city.create(number, kind=kind, power=1)
    await endpoint.wait(len(told))
    await quiet(endpoint, len(told))
    assert [n["data"][0]["id"][-1] for n in endpoint.got] == told


async def test_q_geo_and_scope_are_conditions_on_the_entity_as_it_is(city: City, endpoint: Endpoint) -> None:
    near = {"georel": "near;maxDistance==1000", "geometry": "Point", "coordinates": [6.76, 51.43]}
    await city.subscribe(endpoint.uri, q="power>5;name~=^A", geoQ=near, scopeQ="/Duisburg/#")
    attrs = {NS + "power": [prop(6)], NS + "name": [prop("Altmarkt")]}
    here = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.761, 51.431]}}
    there = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [7.0, 51.431]}}
    location = "https://uri.etsi.org/ngsi-ld/location"
    lamps = {
        "good": ({**attrs, location: [here]}, ["/Duisburg/Mitte"]),
        "far": ({**attrs, location: [there]}, ["/Duisburg/Mitte"]),
        "weak": ({**attrs, NS + "power": [prop(5)], location: [here]}, ["/Duisburg/Mitte"]),
        "elsewhere": ({**attrs, location: [here]}, ["/Essen"]),
    }
    updates = [
        Update(op=Op.CREATE, id=f"urn:x:{name}", entity={"type": [NS + "Lamp"], "attrs": attrs, "scope": scope})
        for name, (attrs, scope) in lamps.items()
    ]
    await city.presents.open("city").write(updates)
    await endpoint.wait(1)
    await quiet(endpoint, 1)
    assert [entity["id"] for entity in endpoint.got[0]["data"]] == ["urn:x:good"]


async def test_one_commit_is_one_notification_of_all_it_changed(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri)
    updates = [
        Update(op=Op.CREATE, id=f"urn:x:{n}", entity={"type": [NS + "Lamp"], "attrs": {NS + "power": [prop(n)]}})
        for n in range(50)
    ]
    await city.presents.open("city").write(updates)
    (notification,) = await endpoint.wait(1)
    assert len(notification["data"]) == 50


async def test_another_tenants_changes_are_not_told(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri, tenant="port")
    await city.create("1", power=1)
    await quiet(endpoint)
    await city.create("1", tenant="port", power=1)
    await endpoint.wait(1)


async def test_types_that_may_not_be_read_are_not_told(city: City, endpoint: Endpoint) -> None:
    given = {"type": "Subscription", "entities": [{"type": "*"}], "notification": {"endpoint": {"uri": endpoint.uri}}}
    await city.room.create("city", given, city.vocabularies.default, readable=frozenset({NS + "Lamp"}))
    await city.create("1", kind="Secret", power=1)
    await city.create("2", kind="Lamp", power=1)
    got = await endpoint.wait(1)
    await quiet(endpoint, 1)
    assert got[0]["data"][0]["id"] == "urn:x:2"


async def test_late_observations_change_nothing_and_are_not_told(city: City, endpoint: Endpoint) -> None:
    def at(value: int, time: str) -> dict[str, Any]:
        return {"type": "Property", "value": value, "observedAt": time}

    await city.create("1", power=at(1, "2026-11-22T10:00:00Z"))
    await city.subscribe(endpoint.uri)
    await city.write(Op.OBSERVE, "1", power=at(2, "2026-11-22T09:00:00Z"))
    await quiet(endpoint)
    await city.write(Op.OBSERVE, "1", power=at(3, "2026-11-22T11:00:00Z"))
    await endpoint.wait(1)


# What was before (showChanges, deletions)


async def test_changes_are_shown_with_what_was_before(city: City, endpoint: Endpoint) -> None:
    await city.create("1", power=5, name="x")
    await city.subscribe(endpoint.uri, notification={"endpoint": {"uri": endpoint.uri}, "showChanges": True})
    await city.append("1", power=6)
    await city.append("1", power=7, colour="red")
    got = await endpoint.wait(2)
    assert [n["data"][0]["before"] for n in got] == [{"power": 5}, {"power": 6}]


async def test_deleted_attributes_and_entities_are_named_with_what_they_were(city: City, endpoint: Endpoint) -> None:
    shown = {"endpoint": {"uri": endpoint.uri}, "showChanges": True}
    await city.create("1", power=5, name="x")
    await city.subscribe(endpoint.uri, notificationTrigger=["attributeDeleted"], notification=shown)
    await city.write(Op.DELETE_ATTR, "1", attr="name")
    await city.write(Op.DELETE, "1")
    first, second = (n["data"][0] for n in await endpoint.wait(2))
    assert (first["removed"], first["before"], first["attrs"], first["deleted"]) == (
        ["name"],
        {"name": "x"},
        ["power"],
        False,
    )
    assert (second["removed"], second["before"], second["deleted"]) == (["power"], {"power": 5}, True)


async def test_a_watched_attribute_that_was_not_there_is_not_told_of_when_the_entity_goes(
    city: City, endpoint: Endpoint
) -> None:
    await city.create("1", name="x")
    await city.subscribe(endpoint.uri, notificationTrigger=["attributeDeleted"], watchedAttributes=["power"])
    await city.write(Op.DELETE, "1")
    await quiet(endpoint)


async def test_memory_forgets_the_quietest_beyond_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhinecloud.context.subscriptions.memory.MOST_BYTES", 1000)
    memory = Memory()
    for number in range(100):
        memory.see(f"e{number}", {"id": f"e{number}", "attrs": {"a": "x" * 50}})
    assert memory.full
    assert "e0" not in memory and "e99" in memory
    memory.see("e99", None)
    assert memory.before("e99") is None


# When (throttling, timeInterval, expiresAt, isActive)


async def test_throttling_suppresses_until_it_has_elapsed(city: City, endpoint: Endpoint) -> None:
    await city.subscribe(endpoint.uri, throttling=0.4)
    await city.create("1", power=1)
    await city.append("1", power=2)
    await endpoint.wait(1)
    await quiet(endpoint, 1)
    await asyncio.sleep(0.3)
    await city.append("1", power=3)
    await endpoint.wait(2)


async def test_an_interval_tells_all_that_match_and_changes_tell_nothing(city: City, endpoint: Endpoint) -> None:
    await city.create("1", power=6)
    await city.create("2", power=4)
    await city.subscribe(endpoint.uri, timeInterval=0.7, q="power>5")
    await city.append("1", power=7)
    await quiet(endpoint)
    got = await endpoint.wait(2)
    assert [[e["id"] for e in n["data"]] for n in got] == [["urn:x:1"], ["urn:x:1"]]


async def test_paused_and_expired_subscriptions_say_nothing(city: City, endpoint: Endpoint) -> None:
    paused = await city.subscribe(endpoint.uri, isActive=False)
    soon = now_us() + 300_000
    from rhinecloud.base.clock import iso

    expiring = await city.subscribe(endpoint.uri, expiresAt=iso(soon))
    assert (paused.status(now_us()), expiring.status(now_us())) == ("paused", "active")
    await asyncio.sleep(0.35)
    assert expiring.status(now_us()) == "expired"
    await city.create("1", power=1)
    await quiet(endpoint)
    await city.room.update("city", paused.id, {"isActive": True}, city.vocabularies.default)
    await city.append("1", power=2)
    await endpoint.wait(1)


# Delivery


async def test_counters_tell_of_success_and_survive_a_restart(tmp_path: Path, endpoint: Endpoint) -> None:
    async with City(tmp_path) as city:
        made = await city.subscribe(endpoint.uri)
        await city.create("1", power=1)
        await endpoint.wait(1)
        await asyncio.sleep(0.05)
        told = made.told(str)["notification"]
        assert (told["status"], told["timesSent"], told["timesFailed"]) == ("ok", 1, 0)
        assert {"lastNotification", "lastSuccess"} <= told.keys()
    async with City(tmp_path) as city:
        again = city.room.get("city", made.id)
        assert again.told(str)["notification"]["timesSent"] == 1
        await city.append("1", power=2)
        await endpoint.wait(2)


async def test_a_failing_endpoint_is_tried_again_with_growing_waits(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "WAITS_S", (0.05, 0.1, 0.2))
    async with Endpoint(503, 500, 429, 200) as endpoint:
        made = await city.subscribe(endpoint.uri)
        await city.create("1", power=1)
        await endpoint.wait(4)
        await asyncio.sleep(0.05)
    told = made.told(str)["notification"]
    assert (told["status"], told["timesSent"], told["timesFailed"]) == ("ok", 1, 1)
    assert city.dead == []


async def test_what_cannot_be_delivered_becomes_a_dead_letter_that_can_be_replayed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "WAITS_S", (0.02,))
    async with Endpoint(500, 500, 200) as endpoint:
        made = await city.subscribe(endpoint.uri)
        await city.create("1", power=1)
        await endpoint.wait(2)
        await asyncio.sleep(0.05)
        assert [(d["subscription"], d["reason"]) for d in city.dead] == [(made.id, "The endpoint answers 500")]
        assert made.told(str)["notification"]["status"] == "failed"
        await city.room.replay(city.letters[0])
        got = await endpoint.wait(3)
    assert got[2] == got[0] == city.dead[0]["body"]
    await city.room.delete("city", made.id)
    with pytest.raises(ResourceNotFound):
        await city.room.replay(city.letters[0])


async def test_a_refusal_is_not_repeated(city: City) -> None:
    async with Endpoint(410) as endpoint:
        await city.subscribe(endpoint.uri)
        await city.create("1", power=1)
        await endpoint.wait(1)
        await quiet(endpoint, 1)
    assert city.dead[0]["reason"] == "The endpoint answers 410"


async def test_nothing_listening_shows_as_failed_at_once(city: City) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}/"
    made = await city.subscribe(uri)
    await city.create("1", power=1)
    await asyncio.sleep(0.3)
    told = made.told(str)["notification"]
    assert (told["status"], told["timesFailed"]) == ("failed", 1)
    assert "lastFailure" in told


async def test_hanging_endpoints_delay_nobody_and_their_queues_are_bounded(
    city: City, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_NOTICES", 10)
    async with Endpoint(silent=True) as hanging:
        patient = {"notification": {"endpoint": {"uri": hanging.uri, "timeout": 600_000}}}
        stuck = [await city.subscribe(hanging.uri, id=f"urn:s:{n}", **patient) for n in range(50)]
        await city.subscribe(endpoint.uri)
        await city.create("1", power=0)
        for number in range(1, 30):
            await city.append("1", power=number)
        await endpoint.wait(30)
        assert all(s.counters.dropped == 30 - 10 - 1 for s in stuck)
        for subscription in stuck:
            await city.room.delete("city", subscription.id)


async def test_stopping_keeps_what_waits_as_dead_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "STOP_S", 0.1)
    async with Endpoint(silent=True) as hanging, City(tmp_path) as city:
        await city.subscribe(hanging.uri)
        await city.create("1", power=0)
        await city.append("1", power=1)
        await hanging.wait(1)
        await asyncio.sleep(0.1)
    assert [d["reason"] for d in city.dead] == ["The city was stopped before it was sent"] * 2


# Addresses


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1/", "http://localhost:80/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest",
     "mqtt://192.168.1.1/topic", "http://[::ffff:127.0.0.1]/", "http://x.local/", "http://0.0.0.0/"],
)  # fmt: skip
async def test_private_endpoints_are_refused_unless_allowed(tmp_path: Path, uri: str) -> None:
    async with City(tmp_path, allow_private_endpoints=False) as city:
        with pytest.raises(BadRequestData, match="private network"):
            await city.subscribe(uri)


async def test_a_name_that_leads_inside_is_not_connected_to(endpoint: Endpoint) -> None:
    reach = endpoints.Reach(allow_private=False)
    port = endpoint.uri.rsplit(":", 1)[1]
    with pytest.raises(endpoints.Undelivered, match="private network"):
        await reach.send({"uri": f"http://localhost:{port}"}, Message([], b"{}"))
    with pytest.raises(endpoints.Undelivered, match="private network"):
        await reach.send({"uri": "mqtt://localhost/topic"}, Message([], b"{}"))
    await reach.close()
    assert endpoint.got == []


# Cost


def test_a_batch_costs_little_with_a_thousand_subscriptions_it_does_not_concern() -> None:
    def of(entity: dict[str, Any], number: int) -> Subscription:
        document = {
            "id": f"urn:s:{number}",
            "entities": [entity],
            "notification": {
                "format": "normalized",
                "endpoint": {"uri": "http://x.example/", "accept": "application/json"},
            },
        }
        return Subscription("city", Kept(document, None, 0, 0), lambda ids: [], now_us)

    others = [of({"type": NS + f"Type{n}"}, n) for n in range(500)]
    ids = [of({"type": NS + "Lamp", "id": f"urn:other:{n}"}, 500 + n) for n in range(500)]
    mine = of({"type": NS + "Lamp", "id": "urn:x:7"}, 1000)
    rows = 10_000
    changes = Changes(
        "city", 1, 0, entity=[f"urn:x:{n}" for n in range(rows)], type=[NS + "Lamp"] * rows, attr=[NS + "power"] * rows,
        dataset=[""] * rows, change=[int(Change.CHANGED)] * rows,
    )  # fmt: skip
    index = Index([*others, *ids, mine])
    concerned = index.concerned(changes)
    assert concerned == {mine: {"urn:x:7": None}}


# MQTT


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("mosquitto, a real MQTT server, is not installed here")
    folder = tmp_path_factory.mktemp("mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    passwords = folder / "passwords"
    subprocess.run(
        [shutil.which("mosquitto_passwd") or "mosquitto_passwd", "-b", "-c", str(passwords), "anna", "se:cr/et"],
        check=True,
    )
    passwords.chmod(0o644)
    folder.chmod(0o755)
    config = folder / "conf"
    config.write_text(f"listener {port} 127.0.0.1\npassword_file {passwords}\nallow_anonymous false\nuser root\n")
    server = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    server.terminate()
    server.wait()


@pytest.mark.parametrize("version", ["mqtt3.1.1", "mqtt5.0"])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_a_notification_arrives_at_a_real_mqtt_server(city: City, mosquitto: int, version: str, qos: str) -> None:
    import paho.mqtt.client as paho

    got: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    listener = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    listener.username_pw_set("anna", "se:cr/et")
    subscribed = asyncio.Event()
    listener.on_message = lambda client, data, message: loop.call_soon_threadsafe(got.put_nowait, message)
    listener.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
    listener.connect("127.0.0.1", mosquitto)
    listener.subscribe("lamps/all", qos=2)
    listener.loop_start()
    try:
        await asyncio.wait_for(subscribed.wait(), 5)
        info = [{"key": "MQTT-Version", "value": version}, {"key": "MQTT-QoS", "value": qos}]
        uri = f"mqtt://anna:se%3Acr%2Fet@127.0.0.1:{mosquitto}/lamps/all"
        made = await city.subscribe(uri, notification={"endpoint": {"uri": uri, "notifierInfo": info}})
        await city.create("1", power=1)
        message = await asyncio.wait_for(got.get(), 5)
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert message.qos == int(qos)
    payload = json.loads(message.payload)
    assert payload["metadata"]["Content-Type"] == "application/json"
    assert payload["body"]["data"][0]["id"] == "urn:x:1"
    await asyncio.sleep(0.05)
    assert made.counters.ok


async def test_a_wrong_password_is_a_failure_that_is_said(mosquitto: int) -> None:
    for version in (4, 5):
        broker = mqtt.Broker("127.0.0.1", mosquitto, user="anna", password="wrong", version=version)
        with pytest.raises(mqtt.Refused, match="refuses the connection"):
            await mqtt.publish(broker, "t", b"x", qos=1)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\x20\xff\xff\xff\xff\x01", b"\x20\x02\x00\x05", b"\x20\xff\xff\x7f"],
)
async def test_what_is_no_mqtt_server_is_a_failure(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reach = endpoints.Reach(allow_private=True)
    with pytest.raises(endpoints.Undelivered, match="MQTT server"):
        await reach.send({"uri": f"mqtt://127.0.0.1:{port}/t"}, Message([], b"{}"))
    await reach.close()
    server.close()
    await server.wait_closed()


async def test_tls_that_cannot_be_verified_is_a_failure(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "CONNECT_S", 0.2)
    port = int(endpoint.uri.split(":")[2].split("/")[0])
    reach = endpoints.Reach(allow_private=True)
    for uri in (f"https://127.0.0.1:{port}/", f"mqtts://127.0.0.1:{port}/t"):
        with pytest.raises(endpoints.Undelivered):
            await reach.send({"uri": uri, "timeout": 500}, Message([], b"{}"))
    await reach.close()
    assert isinstance(reach._tls, ssl.SSLContext)
