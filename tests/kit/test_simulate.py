"""The simulated devices, over real MQTT into a real backbone."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from rhinecloud.backbone import MQTT, Backbone, MqttGrant, RawMessage
from rhinecloud.base.errors import InvalidRequest
from rhinecloud.base.settings import Settings
from rhinecloud.kit import Simulation, World, event, fleet, write_told
from rhinecloud.kit.player import reading
from rhinecloud.kit.simulation import Told, read_told

SECRET = "a-secret-of-this-test"
AT = 1_763_805_600.4


def test_a_reading_has_its_own_time_and_the_fixed_members_when_asked() -> None:
    gauge = next(t for t in fleet() if t.device == "gauge-ruhrort")
    told = reading(gauge, AT, gauge.measure(AT))
    assert told["observedAt"] == "2025-11-22T10:00:00Z"
    assert "location" not in told
    assert reading(gauge, AT, {}, fixed=True)["location"]["coordinates"] == [6.72793, 51.45535]


def test_a_gateway_sends_each_of_its_bays_as_an_entity() -> None:
    bay = next(t for t in fleet() if t.through)
    told = reading(bay, AT, {"status": "free"}, fixed=True)
    assert told["id"] == bay.entity and told["type"] == "ParkingSpot"
    assert told["status"] == {"type": "Property", "value": "free", "observedAt": "2025-11-22T10:00:00Z"}
    assert told["location"]["type"] == "GeoProperty"


def test_what_is_told_is_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "simulation.json"
    told = Told(host="127.0.0.1", port=1, tenant="city", devices={"a": SECRET}, events=[event("storm", AT)])
    write_told(file, told)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_told(file) == told


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": "x"}', "not json"])
def test_a_file_that_tells_nothing_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "simulation.json"
    file.write_text(text)
    with pytest.raises(InvalidRequest, match=r"simulation\.json"):
        read_told(file)


def test_a_city_can_live_faster_than_the_clock_and_go_back_to_it() -> None:
    told = Told(host="", port=1, tenant="city")
    assert told.model_time(AT) == AT
    told.speed, told.sped_s, told.model_s = 60.0, AT, AT
    assert told.model_time(AT + 10) == AT + 600


class Listener:
    """Keeps what came in, by topic, and stands for the registry: one secret for all devices."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, object]]] = {}

    def authenticate(self, user: str, secret: str, _client: str) -> MqttGrant | None:
        return MqttGrant((f"{user}/#",), (f"{user}/command",)) if secret == SECRET else None

    async def take(self, batch: list[RawMessage]) -> None:
        for message in batch:
            self.messages.setdefault(message.subject, []).append(msgspec.json.decode(message.data))

    async def until(self, topic: str, count: int, seconds: float = 30) -> list[dict[str, object]]:
        async with asyncio.timeout(seconds):
            while len(self.messages.get(topic, [])) < count:
                await asyncio.sleep(0.02)
        return self.messages[topic]


@pytest.fixture
async def listener(tmp_path: Path) -> AsyncIterator[tuple[Listener, Backbone]]:
    heard = Listener()
    backbone = Backbone(Settings(data=tmp_path / "data", port=0, mqtt_port=0), authenticate=heard.authenticate)
    backbone.consume(MQTT, heard.take)
    await backbone.start()
    yield heard, backbone
    await backbone.stop()


def _told(backbone: Backbone, *devices: str) -> Told:
    return Told(host="127.0.0.1", port=backbone.mqtt_port, tenant="city", devices=dict.fromkeys(devices, SECRET))


async def test_devices_introduce_themselves_then_send_and_a_gateway_for_all_its_bays(
    listener: tuple[Listener, Backbone], tmp_path: Path
) -> None:
    heard, backbone = listener
    file = tmp_path / "simulation.json"
    write_told(file, _told(backbone, "parking-zoo", "row-dellplatz"))
    simulation = Simulation(file)
    await simulation.start()
    try:
        car_park = await heard.until("city/parking-zoo/up", 1)
        row = await heard.until("city/row-dellplatz/up", 1)
        async with asyncio.timeout(15):
            while simulation.played.connected < 2:
                await asyncio.sleep(0.05)
    finally:
        await simulation.stop()
    assert car_park[0]["name"] == "Parkplatz Zoo / Uni"
    assert car_park[0]["totalSpotNumber"] == 650
    entities = row[0]
    assert isinstance(entities, list) and len(entities) == 17  # sixteen bays and their street
    assert {e["type"] for e in entities} == {"ParkingSpot", "OnStreetParking"}
    assert set(heard.messages) == {"city/parking-zoo/up", "city/row-dellplatz/up"}


async def test_devices_of_a_pack_that_is_switched_off_stop_and_come_back_with_it(
    listener: tuple[Listener, Backbone], tmp_path: Path
) -> None:
    _, backbone = listener
    file = tmp_path / "simulation.json"
    told = _told(backbone, "parking-zoo", "noise-pollmann")
    write_told(file, told)
    simulation = Simulation(file)
    await simulation.start()

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while simulation.played.connected != count or simulation.played.devices != count:
                await asyncio.sleep(0.05)

    try:
        await until(2)
        for packs, count in ((["environment"], 1), (["environment", "parking"], 2)):
            told.packs = packs
            write_told(file, told)
            simulation.read_again()
            await until(count)
    finally:
        await simulation.stop()


async def test_a_device_answers_commands(listener: tuple[Listener, Backbone], tmp_path: Path) -> None:
    heard, backbone = listener
    file = tmp_path / "simulation.json"
    write_told(file, _told(backbone, "noise-pollmann"))
    simulation = Simulation(file)
    await simulation.start()
    try:
        before = len(await heard.until("city/noise-pollmann/up", 1))
        await asyncio.sleep(0.3)  # its subscription follows its connection
        await backbone.send_mqtt("city/noise-pollmann/command", b'{"id": "c1", "name": "report"}')
        await backbone.send_mqtt("city/noise-pollmann/command", b'{"id": "c2", "name": "dance"}')
        answers = await heard.until("city/noise-pollmann/command/ack", 2)
        assert await heard.until("city/noise-pollmann/up", before + 1)
    finally:
        await simulation.stop()
    assert [(a["id"], a["status"]) for a in answers] == [("c1", "confirmed"), ("c2", "failed")]


def test_the_fleet_is_of_hundreds_of_devices() -> None:
    things = fleet(world=World(7))
    assert 400 <= len({t.through or t.device for t in things}) <= 600


async def test_a_unit_takes_an_order_over_mqtt_answers_in_its_own_time_and_keeps_it_over_a_restart(
    listener: tuple[Listener, Backbone], tmp_path: Path
) -> None:
    heard, backbone = listener
    file = tmp_path / "simulation.json"
    write_told(file, _told(backbone, "hlf-3-1"))
    simulation = Simulation(file)
    await simulation.start()
    try:
        first = (await heard.until("city/hlf-3-1/up", 1))[0]
        parts = first if isinstance(first, list) else [first]
        assert {"radioStatus", "location", "name"} <= {name for part in parts for name in part}
        assert "radioStatus" in parts[-1], "what has stood for hours is said as of now, too"
        await asyncio.sleep(0.3)
        order = {"kind": "order", "incident": {"location": [6.7707, 51.4912]}}
        command = msgspec.json.encode({"id": "c1", "name": "order", "params": {"data": order}})
        for _ in range(2):  # it was sent again: one job, one answer
            await backbone.send_mqtt("city/hlf-3-1/command", command)
        answers = await heard.until("city/hlf-3-1/command/ack", 2, seconds=45)
        await asyncio.sleep(1)
    finally:
        await simulation.stop()
    assert [(a["id"], a["status"], a["result"]) for a in answers[:1]] == [("c1", "delivered", "read")]
    assert answers[1]["status"] == "confirmed" and answers[1]["result"] in ("accepted", "declined")
    assert len(heard.messages["city/hlf-3-1/command/ack"]) == 2
    kept = msgspec.json.decode(file.with_suffix(".orders").read_bytes())
    assert [order["id"] for order in kept["hlf-3-1"]] == ["c1"]
