"""Told for real: a unit's device over MQTT, an agency's system by webhook, people by mail; and all of it under kill -9.

RHINECLOUD_KILLS kills (3 unless told): nothing that was confirmed is missing on the other side, and what came twice
says so by its id.
"""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from rhinecloud.base.clock import now_us
from rhinecloud.operations import Unit, telling
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.telling import ways
from rhinecloud.operations.units import save
from tests.operations.telling.receivers import Hooks, Mails
from tests.running import launch, wait

from .conftest import LiveCity

KILLS = int(os.environ.get("RHINECLOUD_KILLS", "3"))
API = "/command-centre/v1"
ENTITY = "urn:ngsi-ld:EmergencyVehicle:hlf-1"


class Town:
    """A city as a process of its own, on ports that stay the same through kills, with an agency and its systems."""

    def __init__(self, data: Path, mail_port: int) -> None:
        self.data, self.log = data, data.with_suffix(".log")
        self.port, self.mqtt_port = _free_port(), _free_port()
        data.mkdir()
        (data / "rhinecloud.toml").write_text(
            f'allow_private_endpoints = true\nsmtp_host = "127.0.0.1"\nsmtp_port = {mail_port}\nsmtp_tls = "none"\n'
            'mail_from = "Leitstelle <city@example.org>"\n'
        )
        self.token = ""

    def start(self) -> None:
        env = os.environ | {"NO_COLOR": "1"}
        self.process = launch(self.data, "--empty", log=self.log, env=env, port=self.port, mqtt_port=self.mqtt_port)
        wait(self.process, self.data, self.log)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def command(self, *words: str) -> str:
        return LiveCity(self.data, "", 0, httpx.Client()).command(*words)

    def shelf(self) -> Shelf:
        return Shelf(self.data / "tenants" / "city", now_us)

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        url = f"http://127.0.0.1:{self.port}{API}{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=20, trust_env=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def mails() -> Iterator[Mails]:
    with Mails() as made:
        yield made


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with Hooks() as made:
        yield made


@pytest.fixture
def town(tmp_path: Path, mails: Mails) -> Iterator[Town]:
    made = Town(tmp_path / "data", mails.port)
    made.start()
    try:
        made.command("tenant", "agency", "city", "fire", "--title", "Feuerwehr")
        scopes = ("-s", "incidents.*", "-s", "units.*")
        made.token = made.command("token", "new", "dispatch", *scopes, "--tenant", "city", "--agency", "fire")
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()


def until(look: Callable[[], Any], what: str, patience_s: float = 30) -> Any:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {patience_s} s")


class Radio:
    """A unit's device: a real MQTT client that takes orders and says what becomes of them."""

    def __init__(self, port: int, name: str, secret: str) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.name = name
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.username_pw_set(name, secret)
        self._client.on_message = lambda _client, _data, message: self.orders.put(json.loads(message.payload))
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe(f"city/{name}/command", qos=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(20)

    def publish(self, topic: str, **values: Any) -> None:
        self._client.publish(f"city/{self.name}/{topic}", json.dumps(values), qos=1).wait_for_publish(20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_a_unit_with_a_radio_takes_an_order_and_is_followed_by_its_digits(town: Town) -> None:
    secret = town.command("device", "add", "hlf-1", "--type", "EmergencyVehicle").splitlines()[-1].split()[-1]
    shelf = town.shelf()
    with shelf.work(SYSTEM) as work:
        save(work, Unit(id="hlf-1", name="HLF 1", kind="fire", agency="fire", entity=ENTITY))
    shelf.close()
    assert town.call("GET", "/units/hlf-1").status_code == 200
    radio = Radio(town.mqtt_port, "hlf-1", secret)
    try:
        radio.publish("up", radioStatus="2")
        until(lambda: town.call("GET", "/units/hlf-1").json()["status"] == "2", "status 2")
        made = town.call("POST", "/incidents", {"type": "fire", "title": "Küche"}).json()["incident"]
        assert town.call("POST", f"/incidents/{made['id']}/assignments", {"units": ["hlf-1"]}).status_code == 201
        order = radio.orders.get(timeout=20)
        assert order["name"] == "order" and order["params"]["data"]["incident"]["number"] == made["number"]
        held = until(lambda: (a := _held(town)) and a["receivedAt"] and a["sentAt"] and a, "that its client has it")
        assert held["state"] == "received"
        radio.publish("command/ack", id=order["id"], status="delivered", result="read")
        until(lambda: _held(town)["state"] == "read", "read")
        radio.publish("command/ack", id=order["id"], result="accepted")
        until(lambda: _held(town)["state"] == "accepted", "accepted")
        radio.publish("up", radioStatus="3")
        until(lambda: town.call("GET", f"/incidents/{made['id']}").json()["state"] == "under-way", "under way")
        assert town.call("POST", "/units/hlf-1/statuses", {"status": "4"}).is_success  # said by voice
        radio.publish("up", radioStatus="3")  # its device says again what it said before
        radio.publish("up", radioStatus="5")
        until(lambda: _speaks(town), "the wish to speak")
        assert town.call("GET", "/units/hlf-1").json()["status"] == "4", "5 is a call, no state, and 3 is nothing new"
        town.call("POST", f"/assignments/{held['id']}/withdraw", {"reason": "Fehlalarm"})
        recall = radio.orders.get(timeout=20)
        assert (recall["name"], recall["params"]["data"]["kind"]) == ("message", "recall")
    finally:
        radio.close()


def _held(town: Town) -> Any:
    return town.call("GET", "/units/hlf-1").json()["assignment"]


def _speaks(town: Town) -> bool:
    news = town.call("GET", "/news?limit=1000").json()["news"]
    return any(n["what"] == "unit.speech" for n in news)


def test_nothing_confirmed_is_lost_under_kills_and_what_comes_twice_says_so(
    town: Town, hooks: Hooks, mails: Mails
) -> None:
    shelf = town.shelf()
    with shelf.work(SYSTEM) as work:
        about = ("news:incident.reported",)
        ways.save(
            work, telling.Way(recipient="agency:fire", agency="fire", channel="webhook", address=hooks.url, about=about)
        )
    confirmed: dict[str, str] = {}
    mailed: set[str] = set()
    keys = 0
    for _ in range(KILLS):
        end = time.monotonic() + random.uniform(0.4, 1.2)
        stopped = threading.Timer(end - time.monotonic(), town.kill)
        stopped.start()
        while time.monotonic() < end + 0.2:
            keys += 1
            key = f"key-{keys}"
            try:
                answer = town.call("POST", "/incidents", {"type": "fire", "title": f"Brand {keys}"}, key)
            except httpx.HTTPError:
                break
            confirmed[key] = answer.json()["incident"]["number"]
        stopped.join()
        with shelf.work(SYSTEM) as work:  # handed over while nobody runs
            key = f"mail-{keys}"
            text = {"de": telling.Text(key)}
            telling.tell(work, telling.Tell(key=key, about="report", to=("mailto:lage@example.org",), text=text))
            mailed.add(key)
        town.start()
    for key, number in confirmed.items():
        title = f"Brand {key.removeprefix('key-')}"
        again = town.call("POST", "/incidents", {"type": "fire", "title": title}, key)
        assert again.json()["incident"]["number"] == number and again.headers["idempotency-replayed"] == "true"
    numbers = {i["number"] for i in _all(town)}
    assert set(confirmed.values()) <= numbers and len(numbers) <= len(confirmed) + KILLS
    until(lambda: len({d["subject"] for _, d, _ in _told(hooks)}) >= len(numbers), "news of every incident")
    until(lambda: mailed <= {str(m["Subject"]) for _, m in mails.got}, "every mail")
    heard = {document["incident"] for _, document, _ in _told(hooks)}
    assert {i["id"] for i in _all(town)} == heard, "each incident was told"
    ids: dict[str, set[str]] = {}
    for headers, document, _ in hooks.got:
        ids.setdefault(document["incident"], set()).add(headers["webhook-id"])
    assert all(len(each) == 1 for each in ids.values()), "what comes twice has the same id"
    doubted = {d for (d,) in shelf.rows("SELECT id FROM delivery WHERE doubts > 0")}
    twice = {i for i, n in Counter(headers["webhook-id"] for headers, *_ in hooks.got).items() if n > 1}
    assert twice <= doubted, "what was sent twice is known to have been"
    same = Counter(str(m["Message-ID"]) for _, m in mails.got)
    assert len(same) == len(mailed)
    shelf.close()


def _told(hooks: Hooks) -> list[Any]:
    return [(h, {**d, "subject": d["incident"]}, b) for h, d, b in list(hooks.got)]


def _all(town: Town) -> list[Any]:
    page = town.call("GET", "/incidents?limit=200").json()
    found = page["incidents"]
    while page["next"]:
        page = town.call("GET", page["next"].removeprefix(API)).json()
        found += page["incidents"]
    return list(found)
