"""A real city, started the way a person starts it: as a process, by its command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import launch, wait

ENV = {k: v for k, v in os.environ.items() if not k.startswith("RHINECLOUD_")}


def run(*arguments: str | Path, data: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """`rhinecloud ARGUMENTS`, to its end."""
    env = {**ENV, "RHINECLOUD_DATA": str(data)} if data else ENV
    command = [sys.executable, "-m", "rhinecloud", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False, **more)


class Running:
    """A city that runs as a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data, self.log = data, data.with_suffix(".log")
        self.process = launch(data, *options, log=self.log, env=ENV)
        self.note = wait(self.process, data, self.log)

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        return str(self.note["url"])

    def run(self, *arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        return run(*arguments, data=self.data, **more)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A city without the demo, for all tests of a file."""
    running = Running(tmp_path_factory.mktemp("city") / "data", "--empty")
    yield running
    running.stop()
