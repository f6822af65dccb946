"""HTTP batches: observations per second through POST /entityOperations/upsert, durable, with quality on.

Alone, and while GETs saturate the server. The limit in the same run: decoding the same JSON with msgspec on the same
core and doing nothing with it.
"""

from __future__ import annotations

import argparse
import http.client
import subprocess
import sys
import threading
import time

import harness
import msgspec

BATCH = 1000  # entities
ATTRIBUTES = 5


def send(port: int, batches: list[bytes], stop_at: float, counts: list[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    n = 0
    while time.perf_counter() < stop_at and n < len(batches):
        connection.request(
            "POST",
            "/ngsi-ld/v1/entityOperations/upsert?options=update",
            batches[n],
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (201, 204):
            raise SystemExit(f"batch refused with {answer.status}")
        counts.append(BATCH * ATTRIBUTES)
        n += 1
    connection.close()


def measure(city: harness.City, entities: int, seconds: float, clients: int = 2) -> float:
    """Observations per second, `clients` senders each with its own share of `entities`."""
    share = entities // clients
    prepared = []
    for client in range(clients):
        firsts = [client * share + k * BATCH for k in range(max(1, share // BATCH))]
        tick = measure.tick  # type: ignore[attr-defined]
        rounds = range(int(seconds * 20))
        prepared.append([harness.stations(BATCH, tick + n // len(firsts), firsts[n % len(firsts)]) for n in rounds])
    measure.tick += int(seconds * 20) + 1  # type: ignore[attr-defined]
    counts: list[int] = []
    begun, cpu = time.perf_counter(), city.cpu_s()
    threads = [threading.Thread(target=send, args=(city.port, b, begun + seconds, counts)) for b in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(counts) / (time.perf_counter() - begun)
    measure.cpu_us = (city.cpu_s() - cpu) / sum(counts) * 1e6  # type: ignore[attr-defined]
    harness.figure("cpu_per_observation", measure.cpu_us, "µs")  # type: ignore[attr-defined]
    return rate


measure.tick = 0  # type: ignore[attr-defined]


def decode_limit() -> float:
    """Observations per second of msgspec decoding alone, in a process on the server's core."""
    code = (
        "import time,msgspec,sys; b=sys.stdin.buffer.read(); d=msgspec.json.Decoder(); t=time.perf_counter(); n=0\n"
        "while time.perf_counter()-t<2: d.decode(b); n+=1\n"
        f"print(n*{BATCH * ATTRIBUTES}/(time.perf_counter()-t))"
    )
    done = subprocess.run(
        ["taskset", "-c", harness.SERVER_CORE, sys.executable, "-c", code],
        input=harness.stations(BATCH, 1),
        capture_output=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--entities", type=int, default=10_000)
    options = parser.parse_args()
    harness.pin_load()
    assert msgspec.json.decode(harness.stations(1, 0))
    limit = decode_limit()
    with harness.city() as city:
        measure(city, options.entities, 3)  # creates the entities
        alone = measure(city, options.entities, options.seconds)
        harness.figure(
            "http_batches",
            alone,
            "observations/s",
            ratio=alone / limit,
            of="decoding the JSON alone",
            target="≥ 60,000",
        )
        one = "/ngsi-ld/v1/entities/urn:ngsi-ld:WeatherObserved:7"
        loads: list[harness.Load] = []
        reader = threading.Thread(
            target=lambda: loads.append(
                harness.wrk(f"http://127.0.0.1:{city.port}{one}", connections=16, seconds=options.seconds)
            )
        )
        reader.start()
        busy = measure(city, options.entities, options.seconds)
        reader.join()
        harness.figure(
            "http_batches_under_gets",
            busy,
            "observations/s",
            ratio=busy / limit,
            of="decoding the JSON alone",
            target="≥ 30,000",
        )
        harness.figure("gets_under_batches", loads[0].rate, "requests/s")


if __name__ == "__main__":
    main()
