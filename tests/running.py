"""A city as its user starts it, `rhinecloud up` in a process of its own: the one way in which tests do it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


def launch(
    data: Path, *options: str, log: Path, env: Mapping[str, str], port: int = 0, mqtt_port: int = 0
) -> subprocess.Popen[bytes]:
    """Starts the process and does not wait; what it says goes to the end of `log`."""
    places = ["--data", str(data), "--port", str(port), "--mqtt-port", str(mqtt_port)]
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "rhinecloud", "up", *places, *options], stdout=out, stderr=out, env=dict(env)
        )


def wait(process: subprocess.Popen[bytes], data: Path, log: Path) -> dict[str, Any]:
    """The note that a serving city leaves in its folder: pid, url, mqtt_port."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, f"the city ended:\n{log.read_text()}"
        with contextlib.suppress(OSError, ValueError):
            note: dict[str, Any] = json.loads((data / "rhinecloud.lock").read_text())
            if note["pid"] == process.pid and note["url"]:
                return note
        time.sleep(0.02)
    raise AssertionError(f"the city is not up after {PATIENCE_S} s:\n{log.read_text()}")
