"""A third party's pack: written by `pack new`, installed from a folder of its own, live after a restart of the city.

Then switched off and on at run time, and broken: which stops nobody.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .conftest import LiveCity, Person, first_link, person, run_city

pytestmark = pytest.mark.slow
PASSWORD = "gelbe Boje am Strom"
HIVE = "urn:ngsi-ld:Beehive:ruhrort"


def _run(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the pack is installed: a folder on the path that is neither ours nor the environment's."""
    _run("rhinecloud", "pack", "new", "beehives", "--into", str(tmp_path / "theirs"), "--title-de", "Bienenstöcke")
    site = tmp_path / "site"
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    _run("pip", "install", "--quiet", "--target", str(site), *offline, str(tmp_path / "theirs" / "beehives"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    return site


@contextmanager
def signed_in(city: LiveCity) -> Iterator[Person]:
    with person(city) as somebody:
        link = first_link(city)
        answer = somebody.send(link, link, password=PASSWORD, again=PASSWORD)
        assert answer.status_code < 400, answer.text
        yield somebody


def _types(city: LiveCity) -> list[str]:
    found: list[str] = city.get("/ngsi-ld/v1/types")["typeList"]
    return found


def _hive(city: LiveCity) -> Any:
    return city.get(f"/ngsi-ld/v1/entities/{HIVE}")


def _has_layer(city: LiveCity) -> bool:
    """Whether the map shows its things: a layer is there while there is something on it."""
    return any(row[0].startswith("urn:ngsi-ld:Beehive:") for row in city.get("/web/things")["rows"])


def test_a_pack_of_a_third_party_is_live_after_a_restart(site: Path, tmp_path: Path) -> None:
    with run_city(tmp_path / "data") as city:
        # Its simulated device is registered and heard, and what it says is of the declared type.
        hive = city.until(lambda: _hive(city), "a simulated beehive")
        assert "beehives-altstadt" in city.command("device", "list")
        assert 0 <= hive["fillLevel"]["value"] <= 100 and hive["fillLevel"]["unitCode"] == "P1"
        assert "Beehive" in _types(city)
        city.until(lambda: _has_layer(city), "its layer on the map")
        figures = "/ngsi-ld/v1/entities?type=KeyPerformanceIndicator&limit=1000&options=keyValues"
        city.until(lambda: "beehives.fill-level" in city.http.get(figures).text, "its indicator")
        with signed_in(city) as anna:
            assert "Nearly full" in anna.http.get("/rules").text
            assert "Beehives" in anna.http.get("/packs").text

            # Switched off, all of it disappears without a restart, and the data stay.
            assert "off in city; its data are kept" in city.command("pack", "off", "beehives")
            city.until(lambda: not _has_layer(city), "the end of its layer")
            assert "Nearly full" not in anna.http.get("/rules").text
            assert _hive(city)["fillLevel"]
            anonymous = city.http.get(f"/ngsi-ld/v1/entities/{HIVE}", headers={"Authorization": ""})
            assert anonymous.status_code in (401, 404), "what belongs to no pack that is on is open to nobody"
            city.command("pack", "on", "beehives")
            city.until(lambda: _has_layer(city), "its layer, back again")
            assert "Nearly full" in anna.http.get("/rules").text

    # Broken, it is left out and says where; the city runs.
    (site / "rhinecloud_beehives" / "rules.py").write_text("raise RuntimeError('no bees today')\n", "utf-8")
    with run_city(tmp_path / "data", "--empty") as city:
        listed = city.command("pack", "list")
        assert "left out" in listed and "no bees today" in listed
        assert city.http.get("/health").status_code == 200
        assert _hive(city)["id"] == HIVE
