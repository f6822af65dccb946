"""The past that is brought in: what is sent, in which order, and where it goes on after a stop."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from rhinecloud.kit import World, fleet
from rhinecloud.kit.archive import Archive, evolution, instants, windows_of
from rhinecloud.kit.faults import Faults
from rhinecloud.kit.simulation import Fill, Filled, Told

AT = 1_795_000_000.0
DAY = 86_400.0
WORLD = World(7)
FAULTS = Faults(7, WORLD.events)
UNITS = {("WaterObserved", "height"): "MTR"}


class City(BaseHTTPRequestHandler):
    """Stands for the temporal API: keeps what it is sent, and fails as it is told to."""

    told: list[dict[str, object]]
    failing: list[int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.failing.pop() if self.failing else 204
        if status == 204:
            self.told.append(body | {"tenant": self.headers["NGSILD-Tenant"], "by": self.headers["Authorization"]})
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def city() -> Iterator[tuple[type[City], Told]]:
    class Mine(City):
        pass

    Mine.told, Mine.failing = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield Mine, Told(host="", port=1, tenant="city", url=url, token="rc_x")
    server.shutdown()
    thread.join()
    server.server_close()


def test_windows_cover_the_stretch_once_the_newest_first() -> None:
    fill = Fill(AT - 365 * DAY, AT, 3600)
    windows = list(windows_of(fill, 11.0))
    assert len(windows) == 4
    assert windows[0][1] == AT and windows[-1][0] == fill.from_s
    assert all(newer[0] == older[1] for newer, older in pairwise(windows))
    every = [at for window in windows for at in instants(window, 3600)]
    assert len(set(every)) == len(every) == 365 * 24
    assert all(at % 3600 == 0 for at in every)


def test_an_evolution_has_units_times_and_what_never_changes_at_its_beginning() -> None:
    gauge = next(t for t in fleet(world=WORLD) if t.device == "gauge-ruhrort")
    body, count = evolution(gauge, [AT, AT + 3600], FAULTS, UNITS)
    assert count == 2 * len(gauge.measure(AT))
    assert [i["observedAt"] for i in body["height"]] == ["2026-11-18T11:06:40Z", "2026-11-18T12:06:40Z"]
    assert body["height"][0]["unitCode"] == "MTR"
    assert body["height"][0]["value"] == gauge.measure(AT)["height"]
    assert body["location"]["observedAt"] == "2026-11-18T11:06:40Z"
    assert body["name"]["value"] == "Rhein, Ruhrort"


def test_what_moves_tells_where_it_was() -> None:
    unit = next(t for t in fleet(world=WORLD) if "location" in t.measure(AT))
    body, _ = evolution(unit, [AT, AT + 3600], FAULTS, UNITS)
    assert [i["type"] for i in body["location"]] == ["GeoProperty"] * len(body["location"])
    assert body["location"][0]["value"] == unit.measure(AT)["location"]


def test_what_speaks_on_change_is_kept_where_it_changes() -> None:
    bay = next(t for t in fleet(world=WORLD) if t.on_change)
    body, count = evolution(bay, [AT + step * 600 for step in range(144)], FAULTS, UNITS)
    states = [instance["value"] for instance in body["status"]]
    assert count == len(states) < 60
    assert all(a != b for a, b in pairwise(states))


def test_it_goes_on_where_it_was_stopped_and_survives_a_city_that_stumbles(
    city: tuple[type[City], Told], tmp_path: Path
) -> None:
    handler, told = city
    things = fleet(world=WORLD)[:6]
    heard: list[Filled] = []
    archive = Archive(tmp_path / "progress", heard.append)
    archive.ask([Fill(AT - DAY, AT, 3600), Fill(AT - 2 * DAY, AT - DAY, 3600)])
    handler.failing.append(503)
    archive.progress.done = 4  # as if it had been stopped there
    archive.run(told, things, FAULTS, UNITS)
    assert [body["id"] for body in handler.told] == [t.entity for t in (*things[4:], *things)]
    assert {body["by"] for body in handler.told} == {"Bearer rc_x"} and handler.told[0]["tenant"] == "city"
    assert heard[-1].done == 1 and not heard[-1].trouble
    again = Archive(tmp_path / "progress", heard.append)
    assert not again.progress.fills
    assert again.oldest() == AT - 2 * DAY


def test_a_refusal_is_told_and_ends_it(city: tuple[type[City], Told], tmp_path: Path) -> None:
    handler, told = city
    handler.failing.append(403)
    heard: list[Filled] = []
    archive = Archive(tmp_path / "progress", heard.append)
    archive.ask([Fill(AT - DAY, AT, 3600)])
    archive.run(told, fleet(world=WORLD)[:2], FAULTS, UNITS)
    assert "did not take the past of urn:ngsi-ld:" in heard[-1].trouble
    assert archive.progress.fills


def test_a_torn_progress_file_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "progress").write_text('{"fills": [{"fro')
    assert Archive(tmp_path / "progress", lambda _: None).progress.fills == []
