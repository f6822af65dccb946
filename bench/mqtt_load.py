"""A lean MQTT 3.1.1 publisher: hundreds of connections in one process, QoS 1 with a small window each.

    python bench/mqtt_load.py --port 1883 --devices devices.json --seconds 10

`devices.json` is a list of [user name, secret, topic]. Prints one JSON line: connected, acknowledged, rate. Ordinary
client libraries take 50–100 µs a message, so that the load would be the limit; this one takes about 3.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT control packet. Source: MQTT 3.1.1, 2.2."""
    rest, length = b"", len(body)
    while True:
        length, digit = divmod(length, 128)
        rest += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([kind]) + rest + body


def text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


class Publisher(asyncio.Protocol):
    """One device. `payload()` gives its next message; `acked` counts the broker's promises."""

    def __init__(self, user: str, secret: str, topic: str, payload: Callable[[], bytes], window: int = 8) -> None:
        self.login, self.topic, self.payload, self.window = (user, secret), text(topic), payload, window
        self.sent = self.acked = 0
        self.running = True
        self.connected: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.rest = cast(asyncio.Transport, transport), b""
        user, secret = self.login
        body = text("MQTT") + b"\x04\xc2\x00\x3c" + text("bench-" + user) + text(user) + text(secret)
        transport.write(packet(0x10, body))

    def publish(self, count: int) -> None:
        out = []
        for _ in range(count):
            self.sent += 1
            number = (self.sent - 1) % 65_535 + 1
            out.append(packet(0x32, self.topic + number.to_bytes(2, "big") + self.payload()))
        self.transport.write(b"".join(out))

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        at = acks = 0
        while at + 4 <= len(data):  # only CONNACK and PUBACK come here, of four bytes each
            if data[at] == 0x20 and not self.connected.done():
                self.connected.set_result(data[at + 3])
            elif data[at] == 0x40:
                acks += 1
            at += 4
        self.rest = data[at:]
        if acks:
            self.acked += acks
            if self.running:
                self.publish(acks)

    def connection_lost(self, _error: Exception | None) -> None:
        self.running = False
        if not self.connected.done():
            self.connected.set_result(-1)


async def run(host: str, port: int, devices: list[list[str]], seconds: float, window: int) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    number = 0

    def payload() -> bytes:
        nonlocal number
        number += 1
        # A river that breathes by some centimetres: one that leaps by metres would raise and clear alerts all the time.
        return b'{"height": 3.%02d}' % (40 + number % 20)

    begun = time.perf_counter()
    made = await asyncio.gather(
        *(loop.create_connection(lambda d=d: Publisher(*d[:3], payload, window), host, port) for d in devices)
    )
    publishers = [p for _, p in made]
    codes = await asyncio.gather(*(p.connected for p in publishers))
    connect_s = time.perf_counter() - begun
    begun = time.perf_counter()
    for p in publishers:
        p.publish(window)
    await asyncio.sleep(seconds)
    took_s, acked = time.perf_counter() - begun, sum(p.acked for p in publishers)
    for p in publishers:
        p.running = False
    for _ in range(100):
        if all(p.acked == p.sent for p in publishers):
            break
        await asyncio.sleep(0.05)
    total = sum(p.acked for p in publishers)
    for p in publishers:
        p.transport.close()
    return {
        "connected": codes.count(0),
        "connects_per_s": len(devices) / connect_s,
        "acked": total,
        "rate": acked / took_s,
        "cpu_s": time.process_time(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--devices", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--window", type=int, default=8)
    given = parser.parse_args()
    import uvloop

    devices = json.loads(given.devices.read_text())
    print(json.dumps(uvloop.run(run(given.host, given.port, devices, given.seconds, given.window))))


if __name__ == "__main__":
    main()
