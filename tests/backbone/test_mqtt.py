"""Devices by MQTT: who gets in, where each may speak, and what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rhinecloud.backbone import MQTT
from rhinecloud.base.errors import ResourceNotFound

from .conftest import Site, eventually, mosquitto_pub

Make = Callable[..., Any]


async def test_a_message_of_qos_1_is_taken_in_with_its_topic_sequence_and_time(site: Site, device: Make) -> None:
    gauge = await device()
    assert await gauge.publish("city/gauge/up", b'{"level": 8.12}')
    (message,) = await site.has(1)
    assert (message.stream, message.sequence, message.subject) == (MQTT, 1, "city/gauge/up")
    assert message.data == b'{"level": 8.12}'
    assert message.stored_us > 1_700_000_000_000_000
    assert await site.backbone.replay(MQTT, 1) == message


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_each_qos_arrives_once(site: Site, device: Make, qos: int) -> None:
    gauge = await device()
    for n in range(20):
        await gauge.publish("city/gauge/up", b"%d" % n, qos)
    taken = await site.has(20)
    assert [int(m.data) for m in taken] == list(range(20))
    assert {m.stream for m in taken} == ({MQTT} if qos else {""})


async def test_mosquitto_reaches_us_too(site: Site) -> None:
    assert await mosquitto_pub(site, "-t", "city/gauge/up", "-m", "1", "-q", "1") == 0
    assert (await site.has(1))[0].data == b"1"


async def test_a_wrong_secret_and_an_unknown_user_are_refused(site: Site, device: Make) -> None:
    for user, secret in (("city/gauge", "wrong"), ("city/nobody", "s3cret"), ("", "")):
        assert (await device(user, secret)).code in (134, 135)  # bad user name or password, not authorized


async def test_a_device_speaks_on_its_own_topics_only(site: Site, device: Make) -> None:
    gauge = await device()
    for topic in (
        "city/lamp/up",
        "city/gauge2/up",
        "city",
        "raw/city/http/gauge",
        "changes/city",
        "a",
        "$MQTT/msgs/city/lamp/up",
    ):
        await gauge.publish(topic, b"forged")
    await gauge.publish("city/gauge/up", b"own")
    assert [m.data for m in await site.has(1)] == [b"own"]


@pytest.mark.parametrize(
    "pattern",
    [
        "city/lamp/command",
        "city/+/command",
        "#",
        "+/+/command",
        "city/#",
        "$MQTT/#",
        "$JS/#",
        "$SYS/#",
        "*/*/command",
        ">",
        "city/>",
    ],
)
async def test_a_device_hears_its_own_topics_only(site: Site, device: Make, pattern: str) -> None:
    gauge = await device()
    try:
        granted = await gauge.subscribe(pattern)
    except AssertionError:
        granted = -1  # the connection was ended
    assert granted in (128, -1)
    await site.backbone.send_mqtt("city/lamp/command", b"secret")
    await asyncio.sleep(0.2)
    assert gauge.heard == []


async def test_a_network_server_speaks_on_its_declared_topics(site: Site, device: Make) -> None:
    server = await device("netserver")
    await server.publish("application/1/device/70b3d5/event/up", b"{}")
    await server.publish("city/gauge/up", b"forged")
    assert [m.subject for m in await site.has(1)] == ["application/1/device/70b3d5/event/up"]


async def test_a_revoked_device_is_sent_away(site: Site, device: Make) -> None:
    gauge, lamp = await device(), await device("city/lamp")
    site.devices.pop("city/gauge")
    assert await site.backbone.disconnect("city/gauge") == 1
    await eventually(lambda: gauge.lost)
    assert not lamp.lost
    gauge.code = -1
    await eventually(lambda: gauge.code == 135)  # it comes back by itself and is refused


async def test_a_device_of_the_default_tenant_is_sent_away_by_either_name(site: Site, device: Make) -> None:
    short = await device("gauge")
    assert await site.backbone.disconnect("city/gauge") == 1
    await eventually(lambda: short.lost)


@pytest.mark.parametrize(
    "topic", ["city/gauge/a.b/c", "city/gauge/pegel-ü/水", "city/gauge//up", "city/gauge/up/", "city/gauge"]
)
async def test_unusual_topics_arrive_as_they_were(site: Site, device: Make, topic: str) -> None:
    gauge = await device()
    assert await gauge.publish(topic, b"1")
    assert (await site.has(1))[0].subject == topic


@pytest.mark.parametrize("qos", [0, 1])
async def test_large_and_empty_payloads_arrive_whole(site: Site, device: Make, qos: int) -> None:
    gauge = await device()
    large = bytes(range(256)) * 4096 * 4  # 4 MB
    for payload in (b"", large, b"\r\nHMSG x 1 2 3\r\n", b"\0"):
        assert await gauge.publish("city/gauge/up", payload, qos)
    assert [m.data for m in await site.has(4)] == [b"", large, b"\r\nHMSG x 1 2 3\r\n", b"\0"]


async def test_a_message_over_the_limit_ends_only_its_sender(site: Site, device: Make) -> None:
    gauge, lamp = await device(), await device("city/lamp")
    gauge.client.publish("city/gauge/up", b"x" * 9 * 1024**2, 1)
    await eventually(lambda: gauge.lost)
    await gauge.close()  # it would try for ever
    assert await lamp.publish("city/lamp/up", b"1")
    assert [m.subject for m in await site.has(1)] == ["city/lamp/up"]


async def test_a_retained_message_and_a_will_are_taken_in_once(site: Site, device: Make) -> None:
    gauge = await device()
    await gauge.publish("city/gauge/up", b"kept", retain=True)
    await site.has(1)
    lamp = await device("city/lamp", client_id="lamp")
    await lamp.close()
    other = await _with_will(site, device)
    other.client._sock_close()  # gone without a word
    taken = await site.has(2)
    assert [(m.subject, m.data) for m in taken] == [("city/gauge/up", b"kept"), ("city/lamp/state", b"gone")]


async def _with_will(site: Site, device: Make) -> Any:
    from .conftest import Device

    one = Device(site, "city/lamp")
    one.client.will_set("city/lamp/state", b"gone", 1)
    await one.connect()
    one.client.reconnect_delay_set(60, 60)
    return one


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_a_command_reaches_its_device_once(site: Site, device: Make, qos: int) -> None:
    lamp = await device("city/lamp")
    assert await lamp.subscribe("city/lamp/command", qos) == qos
    await site.backbone.send_mqtt("city/lamp/command", b"on")
    await eventually(lambda: lamp.heard)
    await asyncio.sleep(0.2)
    assert lamp.heard == [("city/lamp/command", b"on", min(qos, 1), False)]


async def test_a_command_waits_for_a_device_that_is_away_and_its_delivery_is_told(site: Site, device: Make) -> None:
    told: list[int] = []

    async def note(sequence: int) -> None:
        told.append(sequence)

    stop = await site.backbone.watch_deliveries(note)
    lamp = await device("city/lamp", client_id="lamp", clean_session=False)
    await lamp.subscribe("city/lamp/command")
    await lamp.close()
    sequence = await site.backbone.send_mqtt("city/lamp/command", b"on")
    await asyncio.sleep(0.1)
    assert told == []
    back = await device("city/lamp", client_id="lamp", clean_session=False)
    await eventually(lambda: back.heard, 60)  # sent again after 30 s where the broker had not noticed the leaving
    await eventually(lambda: told == [sequence])
    await stop()


async def test_a_message_no_longer_kept_is_said_to_be_so(site: Site) -> None:
    with pytest.raises(ResourceNotFound, match="no longer kept"):
        await site.backbone.replay(MQTT, 999)
