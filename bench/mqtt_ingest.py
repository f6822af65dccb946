"""MQTT QoS 1 from 500 connections to durable present and past, with quality on; server and NATS on one core.

    python bench/mqtt_ingest.py [seconds]

Figures of one run: what a bare consumer on the same NATS takes, what the city takes until everything is readable in
the past, and their ratio. The load comes from the other cores and is never the limit (`mqtt_load`).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import LOAD_CORES, SERVER_CORE, City, city

from rhinecloud.base.declare import Model
from rhinecloud.connect import Device, Registry, Tables

CONNECTIONS = 500
TARGET = 10_000
DEVICE = ("gauge-{}", "urn:ngsi-ld:WaterObserved:bench-{}")


def pinned(core: str, *command: str) -> list[str]:
    return ["taskset", "-c", core, *command] if shutil.which("taskset") else list(command)


def load(port: int, devices: Path, seconds: float, window: int) -> dict[str, float]:
    options = ["--port", str(port), "--devices", str(devices), "--seconds", f"{seconds:g}", "--window", str(window)]
    command = pinned(LOAD_CORES, sys.executable, str(Path(__file__).with_name("mqtt_load.py")), *options)
    result: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert result["connected"] == CONNECTIONS, result
    return result


async def _bare(folder: Path) -> None:
    """The peer: the same NATS and the same reading, and nothing done with what is read."""
    from rhinecloud.backbone import MQTT, Backbone, MqttGrant, RawMessage
    from rhinecloud.base.settings import Settings

    taken = 0

    async def count(messages: list[RawMessage]) -> None:
        nonlocal taken
        taken += len(messages)
        (folder / "taken.new").write_text(str(taken))
        (folder / "taken.new").replace(folder / "taken")

    backbone = Backbone(Settings(data=folder, mqtt_port=0), authenticate=lambda user, *_: MqttGrant((f"{user}/#",), ()))
    backbone.consume(MQTT, count)
    await backbone.start()
    (folder / "taken").write_text("0")
    (folder / "port").write_text(str(backbone.mqtt_port))
    await asyncio.to_thread(sys.stdin.read)
    await backbone.stop()


def bare(seconds: float, window: int) -> float:
    """Messages/s from the first publish until the last is taken."""
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    devices = folder / "devices.json"
    devices.write_text(json.dumps([[f"city/g{n}", "x", f"city/g{n}/up"] for n in range(CONNECTIONS)]))
    process = subprocess.Popen(
        pinned(SERVER_CORE, sys.executable, __file__, "--bare", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin
    try:
        while not (folder / "port").exists():
            assert process.poll() is None, "the bare consumer does not start"
            time.sleep(0.01)
        port = int((folder / "port").read_text())
        begun = time.perf_counter()
        told = load(port, devices, seconds, window)
        while int((folder / "taken").read_text() or 0) < told["acked"]:
            time.sleep(0.01)
        # Connecting comes before the first publish and is measured by itself.
        return told["acked"] / (time.perf_counter() - begun - CONNECTIONS / told["connects_per_s"])
    finally:
        process.stdin.close()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def figure(running: City, name: str, **labels: str) -> float:
    """A counter of /metrics, summed over what is not named."""
    total = 0.0
    for line in running.request("GET", "/metrics")[1].decode().splitlines():
        if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.rsplit(" ", 1)[1])
    return total


def cpu_s(pid: int) -> float:
    """Processor time that the city and its NATS have used."""
    import psutil

    parent = psutil.Process(pid)
    return sum(sum(p.cpu_times()[:2]) for p in [parent, *parent.children(recursive=True)])


def register(running: City, devices: Path) -> None:
    tables = Tables(running.data / "tenants")
    registry, rows = Registry(tables, model=Model([])), []
    for n in range(CONNECTIONS):
        name, entity = (part.format(n) for part in DEVICE)
        secret = registry.add("city", Device(id=name, entity_id=entity, entity_type="WaterObserved"))
        rows.append([f"city/{name}", secret, f"city/{name}/up"])
    tables.close()
    devices.write_text(json.dumps(rows))


def _until_read(running: City, messages: float, seconds: float) -> None:
    begun = time.perf_counter()
    while figure(running, "rhinecloud_ingest_messages_total", outcome="read") < messages:
        assert time.perf_counter() - begun < 20 * seconds, "the city does not keep up"
        time.sleep(0.02)


def to_the_past(seconds: float, window: int) -> tuple[float, dict[str, Any]]:
    """Messages/s from the first publish until every one is in the present and readable in the past."""
    with city() as running:
        devices = running.data / "devices.json"
        register(running, devices)
        first = load(running.mqtt_port, devices, 1.0, window)["acked"]  # has loaded what the first messages load
        _until_read(running, first, seconds)
        begun, busy_s = time.perf_counter(), cpu_s(running.process.pid)
        told = load(running.mqtt_port, devices, seconds, window)
        _until_read(running, first + told["acked"], seconds)
        entity = DEVICE[1].format(CONNECTIONS - 1)
        status, _ = running.request("GET", f"/ngsi-ld/v1/temporal/entities/{entity}?lastN=1")  # waits for the past
        took_s = time.perf_counter() - begun - CONNECTIONS / told["connects_per_s"]
        assert status == 200, status
        told["cpu_us"] = (cpu_s(running.process.pid) - busy_s) / told["acked"] * 1e6
        told["quarantined"] = figure(running, "rhinecloud_ingest_messages_total", outcome="quarantined")
        assert not told["quarantined"]
        return told["acked"] / took_s, told


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    window = int(os.environ.get("WINDOW", "1"))
    peer = bare(min(seconds, 5), window)
    rate, told = to_the_past(seconds, window)
    print(f"mqtt_bare      {peer:10,.0f} messages/s taken by a bare consumer of the same NATS")
    print(
        f"mqtt_ingest    {rate:10,.0f} messages/s from {CONNECTIONS} connections to present and past   "
        f"{rate / peer:.2f} of the bare consumer   target ≥ {TARGET:,}   "
        f"({told['connects_per_s']:,.0f} connects/s, acknowledged at {told['rate']:,.0f}/s)"
    )
    # On a machine that is busy with other things, this tells what a core of its own would give.
    print(
        f"mqtt_cpu       {told['cpu_us']:10.1f} µs of processor time a message, so {1e6 / told['cpu_us']:,.0f}/s a core"
    )


if __name__ == "__main__":
    if "--bare" in sys.argv:
        asyncio.run(_bare(Path(sys.argv[-1])))
    else:
        main()
