"""From the sensor to the screen: 2,000 observations/s over MQTT, timed where a browser gets them.

Each observation carries the moment at which it was published as its value; the reader compares it with its own clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import harness


async def publish(city: harness.City, secrets: dict[str, str], rate: int, seconds: float) -> None:
    """Every device sends `rate` / devices messages a second, QoS 1."""
    import gmqtt

    clients = []
    for device, secret in secrets.items():
        client = gmqtt.Client(f"bench-{device}")
        client.set_auth_credentials(device, secret)
        await client.connect("127.0.0.1", city.mqtt_port, version=4)
        clients.append((device, client))
    begun, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - begun) < seconds:
        while sent < now * rate:
            device, client = clients[sent % len(clients)]
            client.publish(f"city/{device}/up", json.dumps({"temperature": round(time.time() % 86400, 4)}), qos=1)
            sent += 1
        await asyncio.sleep(0.005)
    for _, client in clients:
        await client.disconnect()


async def listen(city: harness.City, delays: list[float], stop: asyncio.Event) -> None:
    """Reads /live as a browser's EventSource does and notes the age of each value."""
    import httpx

    async with (
        httpx.AsyncClient(timeout=None) as client,
        client.stream("GET", f"http://127.0.0.1:{city.port}/live") as answer,
    ):
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if stop.is_set():
                return
            if not line.startswith("data:"):
                continue
            now = time.time() % 86400
            delays.extend(now - value for value in _temperatures(json.loads(line[5:])))


def _temperatures(found: object) -> list[float]:
    if isinstance(found, dict):
        own = (
            [found["value"]]
            if found.get("name", found.get("attr")) == "temperature" and isinstance(found.get("value"), int | float)
            else []
        )
        return own + [v for member in found.values() for v in _temperatures(member)]
    if isinstance(found, list):
        return [v for member in found for v in _temperatures(member)]
    return []


async def run(options: argparse.Namespace) -> None:
    with harness.city() as city:
        secrets = {}
        for n in range(options.devices):
            status, body = city.request(
                "POST", "/api/devices", {"id": f"bench-{n}", "entity_type": "WeatherObserved", "kind": "mqtt"}
            )
            if status != 201:
                raise SystemExit(f"device refused with {status}: {body[:300]!r}")
            secrets[f"bench-{n}"] = json.loads(body)["secret"]
        delays: list[float] = []
        stop = asyncio.Event()
        reader = asyncio.create_task(listen(city, delays, stop))
        await publish(city, secrets, options.rate, options.seconds)
        await asyncio.sleep(1)
        stop.set()
        reader.cancel()
        if len(delays) < 100:
            raise SystemExit(f"only {len(delays)} values arrived at the screen")
        delays.sort()
        harness.figure("sensor_to_screen_p50", statistics.median(delays) * 1000, "ms")
        harness.figure("sensor_to_screen_p99", delays[int(len(delays) * 0.99)] * 1000, "ms", target="< 500")
        harness.figure("values_on_screen", len(delays) / options.seconds, "1/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
