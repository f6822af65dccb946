"""What the benchmarks share: a city pinned to one core, load from the others, and one way to print a figure.

Server and NATS run on core 0 (`taskset`), the load on the rest. A figure is printed with the ratio to its limit or to a
peer measured in the same run, so that it can be compared between machines:

    http_batches   61,234 observations/s   0.52 of decoding the same JSON alone   target ≥ 60,000
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SERVER_CORE = "0"
LOAD_CORES = ",".join(str(n) for n in range(1, os.cpu_count() or 1)) or "0"


@dataclass
class City:
    """A running `rhinecloud up --empty --open` on a data directory of its own."""

    data: Path
    process: subprocess.Popen[bytes]
    port: int
    mqtt_port: int
    started_s: float
    log: Path = field(default_factory=Path)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"} | headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory_mb(self) -> float:
        """Resident memory of the city and its children (proportional set size where the kernel tells it), MB."""
        import psutil

        parent = psutil.Process(self.process.pid)
        return sum(_pss(p.pid) for p in [parent, *parent.children(recursive=True)]) / 1e6

    def cpu_s(self) -> float:
        """Processor time of the city and its children so far, seconds; the clock would see the neighbours too."""
        import psutil

        parent = psutil.Process(self.process.pid)
        return sum(sum(p.cpu_times()[:2]) for p in [parent, *parent.children(recursive=True)])

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def start(data: Path, *options: str, core: str | None = SERVER_CORE, wait_s: float = 60) -> City:
    """Starts a city and waits until it serves; `core` None leaves it unpinned."""
    log = data.parent / f"{data.name}.log"
    command = [
        sys.executable,
        "-m",
        "rhinecloud",
        "up",
        "--data",
        str(data),
        "--port",
        "0",
        "--mqtt-port",
        "0",
        *options,
    ]
    if core is not None and shutil.which("taskset"):
        command = ["taskset", "-c", core, *command]
    begun = time.perf_counter()
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=os.environ | {"NO_COLOR": "1"})
    state = data / "rhinecloud.lock"
    while time.perf_counter() - begun < wait_s:
        if process.poll() is not None:
            raise SystemExit(f"the city did not start:\n{log.read_text()[-3000:]}")
        with contextlib.suppress(OSError, ValueError, KeyError):
            told = json.loads(state.read_text())
            port = int(told["url"].rpartition(":")[2])
            if told["pid"] == process.pid and _serves(port):
                return City(data, process, port, told["mqtt_port"], time.perf_counter() - begun, log)
        time.sleep(0.01)
    process.kill()
    raise SystemExit(f"the city did not serve within {wait_s} s:\n{log.read_text()[-3000:]}")


def _serves(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    finally:
        connection.close()


def pin_load() -> None:
    """Keeps this process, which sends, off the server's core. Called before anything is started."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(n) for n in LOAD_CORES.split(",")})


@contextlib.contextmanager
def city(*options: str, core: str | None = SERVER_CORE) -> Iterator[City]:
    """A city for one benchmark: empty, open on loopback, gone afterwards.

    It has built its screens, which takes a second of the core after it began to serve: `bench/start` measures that.
    """
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    running = start(folder / "data", "--empty", "--open", *options, core=core)
    try:
        running.request("GET", "/")
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


BARE = b"""
async def app(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * %d})
"""


@contextlib.contextmanager
def bare_asgi(body_bytes: int, core: str = SERVER_CORE) -> Iterator[int]:
    """The limit for a request: an ASGI app that only answers `body_bytes`, under the same uvicorn. Yields its port."""
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bare-"))
    (folder / "bare.py").write_bytes(BARE.replace(b"%d", str(body_bytes).encode()))
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bare:app",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "error",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--lifespan",
        "off",
    ]
    if shutil.which("taskset"):
        command = ["taskset", "-c", core, *command]
    process = subprocess.Popen(command, cwd=folder)
    try:
        for _ in range(500):
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/")
                connection.getresponse().read()
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass
class Load:
    rate: float  # requests/s
    p50_ms: float
    p99_ms: float
    errors: int


def wrk(url: str, *, connections: int = 32, seconds: float = 8, script: str = "") -> Load:
    """Requests per second that the server at `url` answers, by `wrk` (Debian's package) from the load cores."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed; on Debian: apt-get install wrk")
    command = [
        "taskset",
        "-c",
        LOAD_CORES,
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "--latency",
        "--timeout",
        "10s",
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if script:
            file.write(script)
            file.flush()
            command += ["-s", file.name]
        text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    timeouts = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = int(bad[1]) if bad else 0
    errors += sum(map(int, timeouts.groups())) if timeouts else 0
    return Load(float(rate[1]) if rate else 0.0, _latency(text, "50%"), _latency(text, "99%"), errors)


def _latency(text: str, which: str) -> float:
    found = re.search(rf"{re.escape(which)}\s+([\d.]+)(us|ms|s)", text)
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]] if found else float("nan")


def figure(name: str, value: float, unit: str, *, ratio: float | None = None, of: str = "", target: str = "") -> None:
    """Prints one result; the last line of each is also JSON when RHINECLOUD_BENCH_JSON names a file to append to."""
    text = f"{name:28s} {value:>14,.2f} {unit:18s}"
    if ratio is not None:
        text += f" {ratio:6.2f} of {of}"
    print(text + (f"   target {target}" if target else ""), flush=True)
    if file := os.environ.get("RHINECLOUD_BENCH_JSON"):
        with Path(file).open("a") as out:
            out.write(
                json.dumps({"name": name, "value": value, "unit": unit, "ratio": ratio, "of": of, "target": target})
                + "\n"
            )


def observed(n: int) -> str:
    """The n-th second of a fixed recent hour, so that each batch is later than the one before."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_790_000_000 + n))


def stations(count: int, tick: int, first: int = 0) -> bytes:
    """A batch as a weather network sends it: `count` entities, five numbers each, all with observedAt."""
    at = observed(tick)
    entities = [
        {
            "id": f"urn:ngsi-ld:WeatherObserved:{n}",
            "type": "WeatherObserved",
            **{
                name: {
                    "type": "Property",
                    "value": round(low + (n * 7 + tick * 3) % 97 / 97 * span, 2),
                    "unitCode": unit,
                    "observedAt": at,
                }
                for name, low, span, unit in (
                    ("temperature", 5.0, 10.0, "CEL"),
                    ("relativeHumidity", 0.4, 0.5, "C62"),
                    ("atmosphericPressure", 990.0, 30.0, "A97"),
                    ("windSpeed", 0.0, 12.0, "MTS"),
                    ("precipitation", 0.0, 3.0, "MMT"),
                )
            },
        }
        for n in range(first, first + count)
    ]
    return json.dumps(entities, separators=(",", ":")).encode()
