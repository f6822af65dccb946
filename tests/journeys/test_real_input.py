"""Real files through the real doors: they come in, are seen on the map and found in the past, or lie in quarantine."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.connect import Device, Registry, Tables
from rhinecloud.kit import Model, packs
from tests.connect.test_lorawan import CODEC_OF, uplink_files

from .conftest import LiveCity

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed"),
]
NOT_NGSI_LD = {
    "Berth/example-normalized": "is not a URI",
    "Berth/example": "is not a URI",
    "FloodMonitoring/example-normalized": "'string', which is no type of attribute",
    "PortCall/example-normalized": "'Date-Time', which is no type of attribute",
    "WaterObserved/example-normalized": "dateObserved",
    "WeatherAlert/example": "is not a URI",
}
PLACE = {"type": "Point", "coordinates": [6.7623, 51.4344]}


@pytest.fixture
def registry(live_city: LiveCity) -> Registry:
    """The registry's file beside the running city, as the command line uses it."""
    return Registry(Tables(live_city.data / "tenants"), model=Model(t for p in packs() for t in p.types))


def past(city: LiveCity, entity: str, attribute: str) -> list[tuple[str, Any]]:
    """(observedAt, value) of everything that the past holds of an attribute."""
    found = city.get(
        f"/ngsi-ld/v1/temporal/entities/{entity}",
        attrs=attribute,
        timerel="before",
        timeAt="2100-01-01T00:00:00Z",
        lastN=5000,
    )
    instances = (found or {}).get(attribute, [])
    return [(i.get("observedAt"), i.get("value")) for i in (instances if isinstance(instances, list) else [instances])]


def on_the_map(city: LiveCity, entity: str) -> bool:
    return entity in json.dumps(city.get("/web/things") or {})


def test_every_lorawan_uplink_is_seen_and_found_in_the_past(
    live_city: LiveCity, samples: Path, registry: Registry
) -> None:
    secret = live_city.command(
        "device", "add", "network-server", "--kind", "network", "--topic", "application/#", "--topic", "v3/#"
    )
    for n, file in enumerate(uplink_files(samples)):
        told = json.loads(file.read_text())
        result = json.loads(file.with_name(file.name.replace("payload", "result")).read_text())
        telemetry = (result[0] if isinstance(result, list) else result)["telemetry"][0]
        eui = (
            told.get("deviceInfo", {}).get("devEui") or told.get("end_device_ids", {}).get("dev_eui") or told.get("EUI")
        ) or "0202020202020202"
        # Upstream gave many devices one EUI: each uplink is a thing of its own here.
        entity = f"urn:ngsi-ld:Device:uplink-{n}"
        if registry.find_eui("city", eui.lower()) is None:
            registry.add("city", Device(id=eui.lower(), kind="lorawan", location=PLACE))
        registry.change("city", eui.lower(), codec=CODEC_OF[file.parts[-3]], entity_id=entity)
        time.sleep(0.55)  # the city looks twice a second for what the command line changed
        topic = f"v3/app@tenant/devices/{n}/up" if "uplink_message" in told else f"application/1/device/{eui}/event/up"
        live_city.publish("network-server", secret, topic, file.read_bytes())
        live_city.until(lambda e=entity: live_city.get(f"/ngsi-ld/v1/entities/{e}"), f"{file}: {entity}")
        for name, value in telemetry["values"].items():
            attribute = "messageType" if name == "type" else name
            assert value in [v for _, v in past(live_city, entity, attribute)], (file, name)


def test_the_gauge_at_ruhrort_has_its_past(live_city: LiveCity, samples: Path, tmp_path: Path) -> None:
    file = samples / "water" / "pegelonline-rhine" / "pegelstaende_datawrapper.csv"
    live_city.command("import", str(shutil.copy(file, tmp_path / file.name)))
    with file.open(newline="") as lines:
        levels = [float(row["Duisburg-Ruhrort"]) / 100 for row in csv.DictReader(lines) if row["Duisburg-Ruhrort"]]
    found = live_city.get("/ngsi-ld/v1/entities", type="WaterObserved", limit=100)
    gauge = next(e["id"] for e in found if "ruhrort" in json.dumps(e).lower())
    values = live_city.until(lambda: past(live_city, gauge, "height"), "the past of Ruhrort")
    assert sorted(v for _, v in values) == pytest.approx(sorted(levels))


def test_every_smart_data_models_payload_comes_in(open_city: LiveCity, samples: Path) -> None:
    live_city = open_city
    refused: dict[str, str] = {}
    for file in sorted((samples / "ngsi-ld").rglob("*.json*")):
        entity = json.loads(file.read_text())
        live_city.http.delete(f"/ngsi-ld/v1/entities/{entity['id']}")
        answer = live_city.http.post(
            "/ngsi-ld/v1/entities", content=file.read_bytes(), headers={"Content-Type": "application/ld+json"}
        )
        if answer.status_code == 400:
            refused[f"{file.parent.name}/{file.stem}"] = answer.json()["detail"]
            continue
        assert answer.status_code == 201, (file, answer.text)
        kept = live_city.get(f"/ngsi-ld/v1/entities/{entity['id']}")
        assert kept, file
        if "location" in entity and "coordinates" in json.dumps(entity["location"]):
            assert on_the_map(live_city, entity["id"]), file
    # What is no NGSI-LD is refused, and told why.
    assert refused.keys() == NOT_NGSI_LD.keys(), refused
    for file, reason in NOT_NGSI_LD.items():
        assert reason in refused[file], (file, refused[file])


def test_every_parking_file_is_read_or_refused_with_a_reason(
    live_city: LiveCity, samples: Path, tmp_path: Path
) -> None:
    copies = shutil.copytree(samples / "parking", tmp_path / "parking")  # what is refused is written beside a file
    files = sorted(f for f in copies.rglob("*") if f.is_file())
    assert len(files) >= 20
    before = 0
    for file in files:
        done = subprocess.run(
            [sys.executable, "-m", "rhinecloud", "import", str(file), "--data", str(live_city.data)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        answer = live_city.http.get(
            "/ngsi-ld/v1/entities",
            params={"type": "OffStreetParking,ParkingSpot,OnStreetParking", "count": "true", "limit": 1},
        )
        after = int(answer.headers.get("ngsild-results-count", 0))
        told = done.stdout + done.stderr
        assert done.returncode == 0 or len(told) > 40, (file, told)
        assert "Traceback" not in told, (file, told)
        assert after > before or done.returncode != 0 or "observation" in told or "entit" in told, (file, told)
        before = after
    assert before > 500
