"""`rhinecloud pack` and `rhinecloud feed`: what a person does with domains and their sources at a terminal."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import Running, run

POI = (
    "surface observations;Parameter description;dry_bulb_temperature_at_2_meter_above_ground\n"
    "H419;Unit;Grad C\nDatum;Uhrzeit (UTC);Temperatur (2m)\n22.11.26;09:00;4,5\n22.11.26;08:00;warm\n"
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("city") / "data", "--empty", "--open")
    yield running
    running.stop()


@pytest.fixture
def source() -> Iterator[str]:
    """The weather service, as far as this machine knows it."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(POI.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/poi/H419-BEOB.csv"
    server.shutdown()
    thread.join()
    server.server_close()


def _rows(text: str) -> dict[str, list[str]]:
    return {line.split("\t")[0]: line.split("\t") for line in text.splitlines() if "\t" in line}


def _get(city: Running, path: str) -> object:
    with urllib.request.urlopen(city.url + path, timeout=10) as answer:
        return json.load(answer)


def test_packs_are_listed_with_what_they_bring(city: Running) -> None:
    listed = _rows(city.run("pack", "list").stdout)
    assert {"environment", "parking"} <= listed.keys()
    assert listed["environment"][3] == "on"
    assert "5 types" in listed["environment"][4]


def test_a_pack_is_switched_in_a_running_city_and_the_act_is_on_record(city: Running) -> None:
    done = city.run("pack", "off", "parking")
    assert done.stdout.strip() == "Parking is off in city; its data are kept"
    assert _rows(city.run("pack", "list").stdout)["parking"][3].startswith("off since")
    assert "packs.manage" in city.run("audit", "list").stdout
    city.run("pack", "on", "parking")
    assert _rows(city.run("pack", "list").stdout)["parking"][3].startswith("on since")


def test_a_pack_is_switched_where_no_city_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "tenants" / "city").mkdir(parents=True)
    assert run("pack", "off", "environment", data=data).returncode == 0
    assert _rows(run("pack", "list", data=data).stdout)["environment"][3].startswith("off since")


def test_what_cannot_be_switched_is_said(city: Running, tmp_path: Path) -> None:
    missing = city.run("pack", "on", "beehives")
    assert missing.returncode == 1
    assert "Pack beehives is not installed; there are environment, parking" in missing.stderr
    nowhere = run("pack", "list", data=tmp_path / "nowhere")
    assert nowhere.returncode == 1 and "no installation" in nowhere.stderr


def test_a_new_pack_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    made = run("pack", "new", "water_meters", "--into", tmp_path, "--title-de", "Wasserzähler")
    assert made.returncode == 0, made.stderr
    models = (tmp_path / "water_meters" / "src" / "rhinecloud_water_meters" / "models.py").read_text()
    assert 'name="WaterMeter"' in models and "Wasserzähler" in models and "@" not in models
    checked = run("pack", "check", tmp_path / "water_meters")
    assert checked.returncode == 0, checked.stdout
    assert "nothing is wrong with it" in checked.stdout


REFUSED = {
    "no id": (["Bee-Hives"], "is no id for a pack"),
    "taken": (["parking"], "There is a pack parking already"),
    "type of another": (["lots", "--type", "OffStreetParking"], "The pack parking declares the type OffStreetParking"),
    "no type": (["lots", "--type", "lot"], "is no name of an entity type"),
    "no title": (["lots", "--title", 'Lots "and" more'], "without quotation marks"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_pack_is_refused_before_anything_is_written(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = run("pack", "new", *words, "--into", tmp_path)
    assert done.returncode == 1 and said in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lots").mkdir()
    done = run("pack", "new", "lots", "--into", tmp_path)
    assert done.returncode == 1 and "is there already" in done.stderr
    assert not list((tmp_path / "lots").iterdir())


def test_check_says_what_is_wrong_where_and_what_to_do(tmp_path: Path) -> None:
    run("pack", "new", "lots", "--into", tmp_path)
    rules = tmp_path / "lots" / "src" / "rhinecloud_lots" / "rules.py"
    rules.write_text(rules.read_text().replace("fillLevel>=90", "fillLewel>=90"))
    done = run("pack", "check", tmp_path / "lots")
    assert done.returncode == 1
    assert "rule lots.full: Lot has no attribute 'fillLewel'; did you mean fillLevel?" in done.stdout


def test_check_knows_which_icons_are_shipped(tmp_path: Path) -> None:
    run("pack", "new", "lots", "--into", tmp_path)
    models = tmp_path / "lots" / "src" / "rhinecloud_lots" / "models.py"
    models.write_text(models.read_text().replace('icon="gauge"', 'icon="beehive"'))
    done = run("pack", "check", tmp_path / "lots")
    assert "type Lot: The icon 'beehive' is not shipped" in done.stdout


def test_check_of_a_pack_with_a_mistake_names_file_and_line(tmp_path: Path) -> None:
    run("pack", "new", "lots", "--into", tmp_path)
    rules = tmp_path / "lots" / "src" / "rhinecloud_lots" / "rules.py"
    rules.write_text("import no_such_module\n")
    said = "".join(run("pack", "check", tmp_path / "lots").stderr.split())
    assert "ModuleNotFoundError" in said and "rules.py,line1" in said


def test_check_of_what_does_not_load_or_is_no_pack_says_so(tmp_path: Path) -> None:
    assert "no folder with a pyproject.toml" in run("pack", "check", tmp_path).stderr
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert "names no pack" in run("pack", "check", tmp_path).stderr
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."rhinecloud.packs"]\nlots = "no_such:PACK"\n')
    assert "ModuleNotFoundError" in run("pack", "check", tmp_path).stderr


def test_feeds_of_packs_wait_and_go_with_their_pack(city: Running) -> None:
    listed = _rows(city.run("feed", "list").stdout)
    assert listed["environment.pegelonline"][1] == "off"
    city.run("pack", "off", "environment")
    assert "environment.pegelonline" not in city.run("feed", "list").stdout
    city.run("pack", "on", "environment")
    assert "environment.pegelonline" in city.run("feed", "list").stdout


def test_a_feed_in_a_form_of_a_pack_is_asked_and_read(city: Running, source: str, tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps({"id": "weather", "url": source, "format": "environment.dwd-poi", "interval_s": 10}))
    added = city.run("feed", "add", feed)
    assert added.stdout.strip() == "weather is version 1, and on"
    end = time.monotonic() + 30
    path = "/ngsi-ld/v1/entities?type=WeatherObserved&options=keyValues"
    while not (found := _get(city, path)) and time.monotonic() < end:
        time.sleep(0.3)
    assert isinstance(found, list)
    assert found[0]["id"] == "urn:ngsi-ld:WeatherObserved:dwd-duisburg-baerl"
    assert found[0]["temperature"] == 4.5
    assert "answered" in city.run("feed", "ask", "weather").stdout
    assert "answered" in _rows(city.run("feed", "list").stdout)["weather"][4]
    # The row that could not be read is in quarantine, with the reason.
    assert "1 of 2 records cannot be read" in city.run("quarantine", "list").stdout
    assert city.run("feed", "off", "weather").stdout.strip() == "weather is off in city"
    city.run("feed", "remove", "weather")
    assert "weather" not in _rows(city.run("feed", "list").stdout)


def test_a_feed_that_cannot_be_asked_is_refused(city: Running, tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps({"id": "x", "url": "https://example.org/", "format": "morse"}))
    done = city.run("feed", "add", feed)
    assert done.returncode == 1 and "Format 'morse' does not exist; there are pegelonline" in done.stderr
