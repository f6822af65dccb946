"""A real city, started the way a person starts it: as a process, by its command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ENV = {k: v for k, v in os.environ.items() if not k.startswith("RHINECLOUD_")}


def run(*arguments: str | Path, data: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """`rhinecloud ARGUMENTS`, to its end."""
    env = {**ENV, "RHINECLOUD_DATA": str(data)} if data else ENV
    command = [sys.executable, "-m", "rhinecloud", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False, **more)


class Running:
    """A city that runs as a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
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
        self.process = subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""
        self.note = self._wait()

    def _wait(self) -> dict[str, Any]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the city ended: {self.process.communicate()[0]}")
            try:
                note: dict[str, Any] = json.loads((self.data / "rhinecloud.lock").read_text())
                if note["url"]:
                    return note
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        raise AssertionError("the city is not up after a minute")

    @property
    def url(self) -> str:
        return str(self.note["url"])

    def run(self, *arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        return run(*arguments, data=self.data, **more)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.said += self.process.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.said += self.process.communicate()[0]
        return self.process.returncode


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A city without the demo, for all tests of a file."""
    running = Running(tmp_path_factory.mktemp("city") / "data", "--empty")
    yield running
    running.stop()
