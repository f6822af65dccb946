"""A whole city as its user starts it: `rhinecloud up --empty` in a process of its own, with sign-in as in life."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import launch, wait

PATIENCE_S = 30.0


@dataclass
class LiveCity:
    """A running city and what is needed to use it."""

    data: Path
    url: str
    mqtt_port: int
    http: httpx.Client

    def command(self, *words: str) -> str:
        """A command of the command line, as typed; returns its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "rhinecloud", *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` gives as soon as it is true."""
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE_S:
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"{what} did not come within {PATIENCE_S} s")

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        return answer.json() if answer.status_code == 200 else None

    def publish(self, user: str, secret: str, topic: str, payload: bytes) -> None:
        """As `mosquitto_pub` does it: QoS 1, and back only when it is acknowledged."""
        subprocess.run(
            [
                *("mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.mqtt_port), "-u", user, "-P", secret),
                *("-i", user, "-q", "1", "-t", topic, "-s"),
            ],
            input=payload,
            check=True,
            timeout=20,
        )


class Person:
    """Somebody at a browser: cookies, and forms with the token of the page that they stand on."""

    def __init__(self, city: LiveCity) -> None:
        self.http = httpx.Client(base_url=city.url, timeout=30, trust_env=False, headers={"Accept-Language": "en"})

    def send(self, page: str, path: str, **fields: str) -> httpx.Response:
        """Sends the form at `path` as it stands on `page`."""
        shown = self.http.get(page)
        token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text)
        assert token, (shown.status_code, shown.text[:500])
        return self.http.post(path, data={"_csrf_token": token[1], **fields})

    def sign_in(self, name: str, password: str) -> httpx.Response:
        return self.send("/sign-in", "/sign-in", name=name, password=password)


@contextlib.contextmanager
def person(city: LiveCity) -> Iterator[Person]:
    made = Person(city)
    with made.http:
        yield made


def first_link(city: LiveCity) -> str:
    """The one-time link that the first start printed, without its host."""
    found = re.search(r"/sign-in/link/\w+", city.data.with_suffix(".log").read_text())
    assert found
    return found[0]


@contextlib.contextmanager
def run_city(data: Path, *options: str) -> Iterator[LiveCity]:
    """Starts a city on free ports; stops it as ctrl-C does."""
    log = data.with_suffix(".log")
    process = launch(data, *options, log=log, env=os.environ | {"NO_COLOR": "1"})
    try:
        note = wait(process, data, log)
        token = (data / "secrets" / "cli.token").read_text().strip()
        url = note["url"].replace("localhost", "127.0.0.1")
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
            yield LiveCity(data, url, note["mqtt_port"], client)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    assert process.returncode == 0, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def live_city(tmp_path: Path) -> Iterator[LiveCity]:
    with run_city(tmp_path / "data", "--empty") as running:
        yield running


@pytest.fixture
def open_city(tmp_path: Path) -> Iterator[LiveCity]:
    """Without sign-in, for what is only about data."""
    with run_city(tmp_path / "data", "--empty", "--open") as running:
        yield running
