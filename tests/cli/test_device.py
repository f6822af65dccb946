"""Devices by the command line, beside a running city."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .conftest import Running, run


def _push(city: Running, device: str, secret: str, body: dict[str, object]) -> int:
    request = urllib.request.Request(
        f"{city.url}/push/{device}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _entity(city: Running, entity: str) -> dict[str, object]:
    token = (city.data / "secrets" / "cli.token").read_text().strip()
    request = urllib.request.Request(
        f"{city.url}/ngsi-ld/v1/entities/{entity}", headers={"Authorization": f"Bearer {token}"}
    )
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            error.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_adding_a_device_prints_its_secret_alone_and_how_to_use_it(city: Running) -> None:
    done = city.run(
        "device", "add", "balcony", "--type", "WeatherObserved", "--name", "Balkon", "--at", "6.7623,51.4344"
    )
    assert done.returncode == 0, done.stderr
    secret = done.stdout.strip()
    assert len(secret) == 40
    assert secret not in done.stderr
    assert "mosquitto_pub" in done.stderr
    assert "city/balcony/up" in done.stderr
    assert _push(city, "balcony", secret, {"temperature": 21.5}) < 300
    entity = _entity(city, "urn:ngsi-ld:WeatherObserved:balcony")
    assert entity["temperature"]["value"] == 21.5  # type: ignore[index]
    assert entity["name"]["value"] == "Balkon"  # type: ignore[index]


def test_the_line_that_is_shown_for_mosquitto_works_as_it_is(city: Running) -> None:
    if not shutil.which("mosquitto_pub"):
        pytest.skip("mosquitto_pub is not installed")
    done = city.run("device", "add", "line", "--type", "NoiseLevelObserved")
    shown = next(line.strip() for line in done.stderr.splitlines() if "mosquitto_pub" in line)
    sent = subprocess.run(
        shown.replace("SECRET", done.stdout.strip()), shell=True, capture_output=True, check=False, timeout=20
    )
    assert sent.returncode == 0, sent.stderr
    assert "LAeq" in _entity(city, "urn:ngsi-ld:NoiseLevelObserved:line")


def test_a_rotated_secret_works_and_the_old_one_ends_with_its_grace(city: Running) -> None:
    old = city.run("device", "add", "turning", "--type", "WeatherObserved").stdout.strip()
    new = city.run("device", "rotate", "turning", "--grace", "0").stdout.strip()
    assert new != old
    assert _push(city, "turning", new, {"temperature": 1}) < 300
    assert _push(city, "turning", old, {"temperature": 1}) == 401


def test_a_revoked_device_is_locked_out_until_it_is_let_in_again(city: Running) -> None:
    secret = city.run("device", "add", "lost", "--type", "WeatherObserved").stdout.strip()
    assert city.run("device", "revoke", "lost").returncode == 0
    assert _push(city, "lost", secret, {"temperature": 1}) == 401
    assert "locked out" in city.run("device", "list", "lost").stdout
    assert city.run("device", "revoke", "lost", "--undo").returncode == 0
    assert _push(city, "lost", secret, {"temperature": 1}) < 300


def test_show_is_json_and_remove_forgets(city: Running) -> None:
    city.run("device", "add", "brief", "--type", "WeatherObserved")
    shown = json.loads(city.run("device", "show", "brief").stdout)
    assert shown["id"] == "brief"
    assert shown["created_at"].endswith("Z")
    assert city.run("device", "remove", "brief", "--yes").returncode == 0
    assert city.run("device", "show", "brief").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["balcony city", "--type", "WeatherObserved"], "cannot be used"),
        (["x1", "--type", "Zeppelin"], "No pack declares the entity type Zeppelin"),
        (["x2", "--type", "WeatherObserved", "--at", "here"], "no place"),
        (["x3", "--type", "WeatherObserved", "--at", "51.4,190"], "not on the globe"),
        (["x4", "--kind", "telepathy"], "no kind of device"),
    ],
)
def test_what_cannot_be_a_device_is_refused_in_one_sentence(city: Running, arguments: list[str], words: str) -> None:
    done = city.run("device", "add", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_to_a_device_that_is_away_expires(city: Running) -> None:
    city.run("device", "add", "asleep", "--type", "WeatherObserved")
    done = city.run("device", "command", "asleep", "ping", "--wait", "0.5")
    assert done.returncode == 1
    assert "expired" in done.stdout


def test_acts_are_in_the_audit_log(city: Running) -> None:
    city.run("device", "add", "noted", "--type", "WeatherObserved")
    assert "device:noted" in city.run("audit", "list", "--action", "device.add").stdout


def test_without_an_installation_it_says_so(tmp_path: Path) -> None:
    done = run("device", "list", data=tmp_path / "nowhere")
    assert done.returncode == 1
    assert "no installation" in done.stderr
