"""Payload codecs: every entry point in use, and nothing that a codec does hurts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.connect import CODECS, Codec, CodecHost, Connect, Device
from rhinecloud.connect.codec_host import Answer, Call
from rhinecloud.connect.codecs import recognise


@pytest.fixture(scope="module")
def host() -> Iterator[CodecHost]:
    made = CodecHost()
    yield made
    made.close()


def call(source: str, data: bytes = b"\x01\x02", port: int | None = 7, device: str = "city/x") -> Call:
    return Call("own", source, device, port, data, 1_795_341_600_000, {"counter": 5}, {"site": "north"})


def run(host: CodecHost, source: str, **members: Any) -> Answer:
    return host.run_now(lambda: host.answer(call(source, **members)))


@pytest.mark.parametrize(
    "source",
    [
        "function decodeUplink(input) { return { data: { v: input.bytes[1], p: input.fPort } }; }",
        "function decodeUplink(input) { return { v: input.bytes[1], p: input.fPort }; }",
        "const decodeUplink = (input) => ({ data: { v: input.bytes[1], p: input.fPort } });",
        "function Decode(fPort, bytes) { return { v: bytes[1], p: fPort }; }",
        "function Decode(port, bytes, vars) { if (vars.site !== 'north') throw 1; return { v: bytes[1], p: port }; }",
        "function Decoder(bytes, port) { return { v: bytes[1], p: port }; }",
        "function Decoder(b, port) { return { v: b[1] }; } function Converter(d, port) { d.p = port; return d; }",
        "exports.decodeUplink = function (input) { return { data: { v: input.bytes[1], p: input.fPort } }; };",
        "module.exports = { decodeUplink: (input) => ({ data: { v: input.bytes[1], p: input.fPort } }) };",
        "module.exports.Decoder = function (bytes, port) { return { v: bytes[1], p: port }; };",
        "export function decodeUplink(input) { return { data: { v: input.bytes[1], p: input.fPort } }; }",
        "function decodeUplink(i) { return { data: { v: i.bytes[1], p: i.fPort } }; }\nexport { decodeUplink };",
        "function decodeUplink(i) { return { v: i.bytes[1], p: 7 }; }\nexport default { decodeUplink };",
        "'use strict'; console.log('hi', 1); function Decoder(b, p) { console.warn('x'); return { v: b[1], p: p }; }",
        "globalThis.decodeUplink = (i) => ({ data: { v: i.bytes[1], p: i.fPort }, warnings: [], errors: [] });",
    ],
)
def test_every_entry_point_in_use_is_understood(host: CodecHost, source: str) -> None:
    answer = run(host, source)
    assert answer.error is None
    assert answer.data == {"v": 2, "p": 7}


def test_a_codec_gets_time_and_radio(host: CodecHost) -> None:
    source = "function decodeUplink(i) { return { data: { t: i.recvTime.toISOString(), c: i.radio.counter } }; }"
    assert run(host, source).data == {"t": "2026-11-22T10:00:00.000Z", "c": 5}


@pytest.mark.parametrize(
    ("source", "reason", "said"),
    [
        ("", "codec failed", "no function decodeUplink, Decode or Decoder"),
        ("function decodeUplink(", "codec failed", "SyntaxError"),
        ("function Decoder() { throw new Error('boom'); }", "codec failed", "boom"),
        ("function Decoder() { throw null; }", "codec failed", "codec own"),
        ("function Decoder() { while (true) {} }", "codec failed", "may loop for ever"),
        ("while (true) {}", "codec failed", "may loop for ever"),
        ("function Decoder() { var a = []; for (;;) a.push(new Array(1000).fill('x')); }", "codec failed", "memory"),
        ("function Decoder() { return Decoder(); }", "codec failed", "codec own"),
        ("function Decoder() { return 5; }", "codec failed", "gives 5 as data"),
        ("function Decoder() { return undefined; }", "codec failed", "not an object"),
        ("function Decoder() { return 'x'.repeat(1e6); }", "codec failed", "more than 256 kB"),
        ("async function decodeUplink() { return { data: {} }; }", "codec failed", "promise"),
        ("function Decoder() { return require('fs'); }", "codec failed", "does not exist here"),
        ("function decodeUplink() { return { errors: ['bad CRC'] }; }", "codec error", "bad CRC"),
        ("function Decoder() { var a = {}; a.a = a; return a; }", "codec failed", "circular"),
    ],
)
def test_whatever_a_codec_does_the_answer_says_it(host: CodecHost, source: str, reason: str, said: str) -> None:
    answer = run(host, source, device=f"city/{hash(source)}")
    assert answer.data == {}
    assert answer.error is not None
    assert answer.error.reason == reason
    assert said.lower() in answer.error.detail.lower()
    assert run(host, "function Decoder() { return { ok: 1 }; }").data == {"ok": 1}


def test_odd_values_are_plain_afterwards(host: CodecHost) -> None:
    source = (
        "function Decoder() { return { n: NaN, i: Infinity, u: undefined, d: new Date(0), b: 5n, f: function () {} }; }"
    )
    assert run(host, source).data == {"n": None, "i": None, "d": "1970-01-01T00:00:00.000Z", "b": 5}


def test_errors_beside_data_keep_what_was_read(host: CodecHost) -> None:
    answer = run(
        host, "function decodeUplink() { return { data: { a: 1 }, errors: ['rest cut off'], warnings: ['old'] }; }"
    )
    assert answer.data == {"a": 1}
    assert answer.error is not None
    assert answer.notes == ("old",)


def test_a_device_whose_payloads_take_too_long_waits_alone(host: CodecHost) -> None:
    slow = "function Decoder() { while (true) {} }"
    said = {(error.reason if (error := run(host, slow, device="city/slow").error) else "") for _ in range(12)}
    assert "codec too slow" in said
    assert run(host, "function Decoder() { return { ok: 1 }; }", device="city/quick").error is None


async def test_the_event_loop_goes_on_while_a_codec_works(host: CodecHost) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticker = asyncio.create_task(tick())
    await host.run(lambda: host.answer(call("function Decoder() { while (true) {} }", device="city/busy")))
    ticker.cancel()
    assert ticks > 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CODECS), st.binary(max_size=60), st.integers(0, 255))
def test_our_codecs_read_any_bytes_or_say_why_not(host: CodecHost, codec: Codec, data: bytes, port: int) -> None:
    answer = host.run_now(
        lambda: host.answer(Call(codec.id, codec.code(), f"city/{time.perf_counter_ns()}", port, data, None, {}, {}))
    )
    assert isinstance(answer.data, dict)
    assert answer.error is None or answer.error.reason == "codec error", answer.error


def test_cayenne_lpp(host: CodecHost) -> None:
    (codec,) = [c for c in CODECS if c.id == "cayenne-lpp"]
    data = bytes.fromhex("03670110056700ff")
    answer = host.run_now(lambda: host.answer(Call(codec.id, codec.code(), "city/l", 1, data, None, {}, {})))
    assert answer.data == {"temperature_3": 27.2, "temperature_5": 25.5}


@pytest.mark.parametrize(
    ("brand", "model", "hints", "codec"),
    [
        ("milesight-iot", "em310-udl", (), "milesight-em310-udl"),
        ("", "", ("Milesight EM500-UDL indoor",), "milesight-em500-udl"),
        ("", "", ("Tektelic Kiwi",), "tektelic-kiwi"),
        ("", "", ("kiwi farm",), ""),
        ("decentlab", "dl-pm", (), "decentlab-dl-pm"),
        ("", "", ("Chirpstack default device profile",), ""),
    ],
)
def test_models_that_the_network_names_are_recognised(
    brand: str, model: str, hints: tuple[str, ...], codec: str
) -> None:
    assert recognise(brand, model, hints) == codec


UPLINK = {
    "deviceInfo": {"devEui": "A840410000000001", "deviceName": "bin", "deviceProfileName": "x"},
    "time": "2026-11-22T09:59:00+00:00",
    "fPort": 85,
    "data": "AXVcA4JECAQAAQ==",
    "rxInfo": [{"gatewayId": "a", "rssi": -110, "snr": 1}, {"gatewayId": "b", "rssi": -60, "snr": 9.5}],
}


@pytest.fixture
def network(connect: Connect) -> Connect:
    connect.registry.add("city", Device(id="ns", kind="network", topics=("application/#",)))
    return connect


def test_an_uplink_comes_in_as_its_devices_entity_with_signal_and_battery(network: Connect, send) -> None:
    network.registry.add(
        "city",
        Device(
            id="bin-7",
            name="Bin",
            kind="lorawan",
            dev_eui="A840410000000001",
            entity_type="WasteContainer",
            codec="milesight-em310-udl",
        ),
    )
    decoded = network.decoder.decode("city", send(UPLINK, "application/1/device/a840410000000001/event/up"))
    assert decoded.error is None
    (update,) = decoded.updates
    assert update.id == "urn:ngsi-ld:WasteContainer:bin-7"
    values = {k.rsplit("/", 1)[-1]: v[0] for k, v in update.entity["attrs"].items()}
    assert values["distance"] == {
        "type": "Property",
        "value": 2116,
        "observedAt": "2026-11-22T09:59:00Z",
        "unitCode": "MMT",
    }
    assert values["name"]["value"] == "Bin"
    device = network.registry.get("city", "bin-7")
    assert (device.rssi_dbm, device.snr_db, device.battery_pct) == (-60, 9.5, 92)


def test_a_mapping_of_the_device_reads_what_its_codec_decoded(network: Connect, send) -> None:
    from rhinecloud.connect import Mapping
    from rhinecloud.connect.mapping import Attribute

    rule = Attribute(name="waterLevel", path="$.distance", unit_in="mm", scale=-1, offset=5000)
    network.documents.save("city", "mapping", Mapping(id="bridge", attributes=(rule,)))
    network.registry.add(
        "city",
        Device(
            id="a840410000000001",
            kind="lorawan",
            entity_type="WaterObserved",
            codec="milesight-em500-udl",
            mapping="bridge",
        ),
    )
    (update,) = network.decoder.decode("city", send(UPLINK, "application/x")).updates
    (instance,) = next(iter(update.entity["attrs"].values()))
    assert (instance["value"], instance["unitCode"]) == (2.884, "MTR")


def test_values_that_the_network_server_decoded_are_taken_where_there_is_no_codec(network: Connect, send) -> None:
    told = {k: v for k, v in UPLINK.items() if k != "data"} | {"object": {"temperature": 21.5, "oddity": 1}}
    (update,) = network.decoder.decode("city", send(told, "application/x")).updates
    assert update.id == "urn:ngsi-ld:Device:a840410000000001"
    assert {k.rsplit("/", 1)[-1] for k in update.entity["attrs"]} == {"temperature", "oddity"}


@pytest.mark.parametrize(
    ("event", "attributes"),
    [
        ({"devAddr": "01020304"}, set()),
        ({"margin": 10, "batteryLevel": 75.5}, {"batteryLevel"}),
        ({"queueItemId": "x", "acknowledged": True}, set()),
        ({"location": {"latitude": 51.4, "longitude": 6.7}}, {"location"}),
        ({"level": "ERROR", "code": "UPLINK_CODEC", "description": "x"}, set()),
    ],
)
def test_other_events_are_signs_of_life(network: Connect, send, event: dict, attributes: set[str]) -> None:
    network.registry.add("city", Device(id="a840410000000001", kind="lorawan"))
    told = {"deviceInfo": UPLINK["deviceInfo"], "time": UPLINK["time"], **event}
    decoded = network.decoder.decode("city", send(told, "application/x"))
    assert decoded.error is None
    assert {k.rsplit("/", 1)[-1] for u in decoded.updates for k in u.entity["attrs"]} == attributes
    assert network.registry.get("city", "a840410000000001").last_seen_us == send.stored_us


def test_a_tenants_own_codec_goes_first(network: Connect, send) -> None:
    own = Codec(id="mine", source="function Decoder(b) { return { n: b.length }; }", units={"n": "C62"})
    network.documents.save("city", "codec", own)
    network.registry.add("city", Device(id="a840410000000001", kind="lorawan", codec="mine"))
    (update,) = network.decoder.decode("city", send(UPLINK, "application/x")).updates
    (instance,) = next(iter(update.entity["attrs"].values()))
    assert (instance["value"], instance["unitCode"]) == (10, "C62")


def test_a_codec_that_is_not_there_or_fails_leaves_the_raw_message_to_quarantine(network: Connect, send) -> None:
    network.registry.add("city", Device(id="a840410000000001", kind="lorawan", codec="nobody"))
    decoded = network.decoder.decode("city", send(UPLINK, "application/x"))
    assert decoded.error is not None
    assert decoded.error.reason == "no codec"
    network.documents.save("city", "codec", Codec(id="nobody", source="function Decoder() { throw Error('x'); }"))
    decoded = network.decoder.decode("city", send(UPLINK, "application/x"))
    assert decoded.error is not None
    assert decoded.error.reason == "codec failed"
