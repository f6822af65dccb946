"""How long a start takes: on an empty directory, a second time, and after `kill -9` of everything under load."""

from __future__ import annotations

import shutil
import signal
import statistics
import tempfile
from pathlib import Path

import harness


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    data = folder / "data"
    try:
        city = harness.start(data, "--empty", "--open", core=None)
        harness.figure("first_start", city.started_s, "s")
        for tick in range(20):
            city.request("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", harness.stations(1000, tick))
        city.stop()
        times = []
        for _ in range(5):
            city = harness.start(data, "--empty", "--open", core=None)
            times.append(city.started_s)
            city.stop()
        harness.figure("second_start", statistics.median(times), "s", target="≤ 1.5")
        times = []
        for _ in range(5):
            city = harness.start(data, "--empty", "--open", core=None)
            city.request("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", harness.stations(1000, 99))
            city.stop(signal.SIGKILL)
            city = harness.start(data, "--empty", "--open", core=None)
            times.append(city.started_s)
            city.stop()
        harness.figure("start_after_kill", statistics.median(times), "s", target="≤ 1.5")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
