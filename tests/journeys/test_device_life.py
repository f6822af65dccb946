"""A device from its first message to its last: let in, heard, commanded, misread and mended, rotated, locked out."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from rhinecloud.connect import Documents, Mapping, Quarantine, Tables
from rhinecloud.connect.mapping import Attribute

from .conftest import LiveCity, first_link, person, run_city

pytestmark = pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
STATION = "urn:ngsi-ld:WeatherObserved:balcony"
PASSWORD = "gelbe Boje am Strom"


def add(city: LiveCity, device: str, *options: str) -> str:
    return city.command("device", "add", device, "--type", "WeatherObserved", *options)


def temperature(city: LiveCity, entity: str = STATION) -> Any:
    found = city.get(f"/ngsi-ld/v1/entities/{entity}")
    return found["temperature"]["value"] if found else None


def until_temperature(city: LiveCity, wanted: float, entity: str = STATION) -> None:
    city.until(lambda: temperature(city, entity) == wanted, f"{wanted} on {entity}")


def on_the_map(city: LiveCity, entity: str) -> list[Any] | None:
    return next((row for row in city.get("/web/things")["rows"] if row[0] == entity), None)


@contextmanager
def tables(city: LiveCity) -> Iterator[Tables]:
    """The registry's files beside the running city, as the command line uses them."""
    made = Tables(city.data / "tenants")
    try:
        yield made
    finally:
        made.close()


class Connected:
    """A device that stays connected, as paho does it."""

    def __init__(self, city: LiveCity, user: str, secret: str, *topics: str) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.codes: queue.Queue[int] = queue.Queue()
        self.gone: queue.Queue[int] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"life-{user}", reconnect_on_failure=False)
        self.client.username_pw_set(user, secret)
        self.client.on_connect = lambda _c, _u, _f, code, _p: self.codes.put(code.value)
        self.client.on_disconnect = lambda _c, _u, _f, code, _p: self.gone.put(code.value)
        self.client.on_message = lambda _c, _u, message: self.heard.put((message.topic, bytes(message.payload)))
        self.client.connect("127.0.0.1", city.mqtt_port)
        self.client.loop_start()
        self.code = self.codes.get(timeout=10)
        for topic in topics:
            self.client.subscribe(topic, qos=1)

    def tell(self, topic: str, **body: Any) -> None:
        self.client.publish(topic, json.dumps(body), qos=1).wait_for_publish(10)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def connected(city: LiveCity, user: str, secret: str, *topics: str) -> Iterator[Connected]:
    device = Connected(city, user, secret, *topics)
    try:
        yield device
    finally:
        device.close()


def test_a_message_is_on_the_entity_and_on_the_map(live_city: LiveCity) -> None:
    secret = add(live_city, "balcony", "--name", "Balkon", "--at", "6.7623,51.4344")
    live_city.publish("city/balcony", secret, "city/balcony/up", b'{"temperature": 21.5}')
    until_temperature(live_city, 21.5)
    row = live_city.until(lambda: on_the_map(live_city, STATION), "the row")
    assert row[2:5] == ["Balkon", 6.7623, 51.4344]
    assert row[6] == 21.5
    live_city.until(lambda: "s ago" in live_city.command("device", "list", "balcony"), "when it was heard")


def test_nobody_speaks_on_the_topic_of_another(live_city: LiveCity) -> None:
    mine, theirs = add(live_city, "balcony"), add(live_city, "roof")
    with connected(live_city, "city/roof", theirs) as roof:
        assert roof.code == 0
        roof.client.publish("city/balcony/up", b'{"temperature": 99}', qos=1)
        time.sleep(0.5)
    live_city.publish("city/balcony", mine, "city/balcony/up", b'{"temperature": 1.5}')
    until_temperature(live_city, 1.5)
    with tables(live_city) as files:
        assert Quarantine(files).summary("city").messages == 0  # dropped at the door, not read and set aside
    past = live_city.get(f"/ngsi-ld/v1/temporal/entities/{STATION}", attrs="temperature", options="temporalValues")
    assert [value for value, _ in past["temperature"]["values"]] == [1.5]
    with connected(live_city, "city/roof", mine) as wrong:
        assert wrong.code != 0


def test_a_command_reaches_the_device_and_its_answer_comes_back(live_city: LiveCity) -> None:
    secret = add(live_city, "balcony")
    with connected(live_city, "city/balcony", secret, "city/balcony/command") as device:
        time.sleep(0.5)  # subscribed
        command = [sys.executable, "-m", "rhinecloud", "device", "command", "balcony", "dim", "-p", "level=40"]
        asking = subprocess.Popen(
            [*command, "--data", str(live_city.data)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        topic, payload = device.heard.get(timeout=20)
        told = json.loads(payload)
        assert topic == "city/balcony/command"
        assert (told["name"], told["params"]) == ("dim", {"level": 40})
        device.tell("city/balcony/command/ack", id=told["id"], status="confirmed", result={"level": 40})
        said = asking.communicate(timeout=30)[0]
    assert asking.returncode == 0, said
    assert said.splitlines()[0] == "confirmed"
    assert json.loads(said.splitlines()[1]) == {"level": 40}


def test_the_old_secret_serves_its_grace_and_a_locked_out_device_is_sent_away(live_city: LiveCity) -> None:
    old = add(live_city, "balcony")
    new = live_city.command("device", "rotate", "balcony", "--grace", "1")
    for value, secret in enumerate((old, new)):
        live_city.publish("city/balcony", secret, "city/balcony/up", b'{"temperature": %d}' % value)
        until_temperature(live_city, value)
    with connected(live_city, "city/balcony", new) as device:
        newest = live_city.command("device", "rotate", "balcony", "--grace", "0")
        device.gone.get(timeout=10)
    with pytest.raises(subprocess.CalledProcessError):
        live_city.publish("city/balcony", new, "city/balcony/up", b'{"temperature": 7}')

    with connected(live_city, "city/balcony", newest) as device:
        assert device.code == 0
        live_city.command("device", "revoke", "balcony")
        device.gone.get(timeout=10)
    with connected(live_city, "city/balcony", newest) as device:
        assert device.code != 0
    headers = {"Authorization": f"Bearer {newest}"}
    assert live_city.http.post("/push/balcony", json={"temperature": 8}, headers=headers).status_code == 401
    assert temperature(live_city) == 1  # what it said stays
    live_city.command("device", "revoke", "balcony", "--undo")
    live_city.publish("city/balcony", newest, "city/balcony/up", b'{"temperature": 9}')
    until_temperature(live_city, 9)


def test_what_cannot_be_read_lies_in_quarantine_until_its_mapping_is_mended(live_city: LiveCity) -> None:
    with tables(live_city) as files:
        documents, quarantine = Documents(files), Quarantine(files)
        wrong = Mapping(id="weather", attributes=(Attribute(name="temperature", path="$.temp", required=True),))
        documents.save("city", "mapping", wrong)
        secret = add(live_city, "balcony", "--mapping", "weather")
        live_city.publish("city/balcony", secret, "city/balcony/up", b'{"measured": {"t": 17.5}}')
        live_city.publish("city/balcony", secret, "city/balcony/up", b"\xff\x00")
        live_city.until(lambda: quarantine.summary("city").messages == 2, "two messages in quarantine")
        items = quarantine.list("city", newest_first=False).items
        assert "temp" in items[0].detail
        assert items[1].reason == "not JSON"
        assert all(item.device == "balcony" for item in items)
        assert temperature(live_city) is None

        with person(live_city) as engineer:
            link = first_link(live_city)
            assert engineer.send(link, link, password=PASSWORD, again=PASSWORD).status_code == 303
            shown = engineer.http.get(f"/quality/quarantine/{items[0].id}")
            assert shown.status_code == 200
            assert "measured" in shown.text
            mended = Mapping(
                id="weather", attributes=(Attribute(name="temperature", path="$.measured.t", required=True),)
            )
            documents.save("city", "mapping", mended)
            time.sleep(0.6)  # the city notices within half a second
            answer = engineer.send("/quality", "/quality/replay")
            assert answer.headers["location"].startswith("/quality?read=1&still=1")
        until_temperature(live_city, 17.5)
        [left] = quarantine.list("city").items
        assert left.attempts == 2
    assert "quarantine.replay" in live_city.command("audit", "list")


def test_a_device_without_mqtt_pushes_by_http(live_city: LiveCity) -> None:
    secret = add(live_city, "balcony", "--kind", "http")
    headers = {"Authorization": f"Bearer {secret}"}
    assert live_city.http.post("/push/balcony", json={"temperature": 12.5}, headers=headers).status_code == 202
    until_temperature(live_city, 12.5)
    wrong = {"Authorization": "Bearer " + "0" * len(secret)}
    assert live_city.http.post("/push/balcony", json={"temperature": 99}, headers=wrong).status_code == 401


def test_after_a_restart_everything_is_as_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with run_city(data, "--empty") as city:
        secret = add(city, "balcony", "--name", "Balkon", "--at", "6.7623,51.4344")
        city.publish("city/balcony", secret, "city/balcony/up", b'{"temperature": 1.5}')
        city.publish("city/balcony", secret, "city/balcony/up", b"not JSON at all {")
        until_temperature(city, 1.5)
        with tables(city) as files:
            city.until(lambda: Quarantine(files).summary("city").messages == 1, "the message in quarantine")
    with run_city(data, "--empty") as city:
        assert temperature(city) == 1.5
        assert on_the_map(city, STATION)
        with tables(city) as files:
            assert Quarantine(files).summary("city").messages == 1
        city.publish("city/balcony", secret, "city/balcony/up", b'{"temperature": 2.5}')
        until_temperature(city, 2.5)
        past = city.get(f"/ngsi-ld/v1/temporal/entities/{STATION}", attrs="temperature", options="temporalValues")
        assert sorted(value for value, _ in past["temperature"]["values"]) == [1.5, 2.5]
