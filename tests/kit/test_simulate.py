"""The simulated devices, over real MQTT into a real backbone."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from rhinecloud.backbone import MQTT, Backbone, MqttGrant, RawMessage
from rhinecloud.base.clock import now_us, parse_us
from rhinecloud.base.errors import InvalidRequest
from rhinecloud.base.settings import Settings
from rhinecloud.kit import Simulation, fleet, write_credentials
from rhinecloud.kit.simulate import PAST_STEP_S, past, payload, read_credentials

SECRET = "a-secret-of-this-test"


def test_the_past_is_sent_on_the_quarter_hour_and_a_day_at_most() -> None:
    now = 1_763_805_600.0
    instants = list(past(0, now))
    assert len(instants) == 95  # this quarter-hour itself is the present
    assert all(at % PAST_STEP_S == 0 and now - 86_400 <= at < now for at in instants)
    assert list(past(now - 1000, now)) == [now - 900]
    assert list(past(now - 30, now)) == []


def test_a_payload_has_its_own_time_and_the_fixed_members_when_asked() -> None:
    gauge = next(t for t in fleet() if t.device == "gauge-ruhrort")
    told = payload(gauge, 1_763_805_600.4)
    assert told["observedAt"] == "2025-11-22T10:00:00Z"
    assert "location" not in told
    assert payload(gauge, 1_763_805_600.4, fixed=True)["location"]["coordinates"] == [6.72793, 51.45535]


def test_credentials_are_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "simulator.json"
    write_credentials(file, host="127.0.0.1", port=1, tenant="city", secrets={"gauge-ruhrort": SECRET})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_credentials(file)["devices"] == {"gauge-ruhrort": SECRET}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": "x"}', "not json"])
def test_a_file_that_is_no_credentials_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "simulator.json"
    file.write_text(text)
    with pytest.raises(InvalidRequest, match=r"simulator\.json"):
        read_credentials(file)


class Listener:
    """Keeps what came in, by topic, and stands for the registry: one secret for all devices."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, object]]] = {}

    def authenticate(self, user: str, secret: str, _client: str) -> MqttGrant | None:
        return MqttGrant((f"{user}/#",), (f"{user}/command",)) if secret == SECRET else None

    async def take(self, batch: list[RawMessage]) -> None:
        for message in batch:
            self.messages.setdefault(message.subject, []).append(msgspec.json.decode(message.data))

    async def until(self, topic: str, count: int, seconds: float = 20) -> list[dict[str, object]]:
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


async def test_a_device_sends_its_fixed_members_then_its_day_then_the_present(
    listener: tuple[Listener, Backbone], tmp_path: Path
) -> None:
    heard, backbone = listener
    file = tmp_path / "secrets" / "simulator.json"
    write_credentials(
        file,
        host="127.0.0.1",
        port=backbone.mqtt_port,
        tenant="city",
        secrets={"noise-pollmann": SECRET, "parking-zoo": SECRET},
    )
    simulation = Simulation(file)
    await simulation.start()
    try:
        told = await heard.until("city/parking-zoo/up", 96)
    finally:
        await simulation.stop()
    assert told[0]["name"] == "Parkplatz Zoo / Uni"
    assert told[0]["totalSpotNumber"] == 650
    times = [parse_us(str(m["observedAt"])) for m in told[1:96]]
    assert times == sorted(times)
    assert now_us() - times[0] > 23 * 3600 * 1_000_000
    assert set(heard.messages) == {"city/noise-pollmann/up", "city/parking-zoo/up"}


async def test_a_device_answers_commands(listener: tuple[Listener, Backbone], tmp_path: Path) -> None:
    heard, backbone = listener
    file = tmp_path / "simulator.json"
    file.with_suffix(".memory").write_text(json.dumps({"noise-pollmann": now_us() / 1e6}))
    write_credentials(
        file, host="127.0.0.1", port=backbone.mqtt_port, tenant="city", secrets={"noise-pollmann": SECRET}
    )
    simulation = Simulation(file)
    await simulation.start()
    try:
        await heard.until("city/noise-pollmann/up", 1)
        await backbone.send_mqtt("city/noise-pollmann/command", b'{"id": "c1", "name": "report"}')
        await backbone.send_mqtt("city/noise-pollmann/command", b'{"id": "c2", "name": "dance"}')
        answers = await heard.until("city/noise-pollmann/command/ack", 2)
        assert await heard.until("city/noise-pollmann/up", 2)
    finally:
        await simulation.stop()
    assert [(a["id"], a["status"]) for a in answers] == [("c1", "confirmed"), ("c2", "failed")]
