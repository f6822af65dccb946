"""Files into a city and out of it again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .conftest import Running

GAUGES = "Datum,Ruhrort,Kaub\n" + "".join(
    f"2026-08-09 {hour:02}:00:00,{143 + hour},{24 + hour}\n" for hour in range(24)
)


@pytest.fixture
def gauges(tmp_path: Path) -> Path:
    (tmp_path / "water").mkdir()
    path = tmp_path / "water" / "pegel.csv"
    path.write_text(GAUGES)
    return path


def test_a_series_comes_in_is_found_in_the_past_and_twice_is_once(city: Running, gauges: Path, tmp_path: Path) -> None:
    done = city.run("import", gauges)
    assert done.returncode == 0, done.stderr
    assert "48 taken in" in done.stdout
    assert "centimetres" in done.stderr
    assert "already" in city.run("import", gauges).stderr
    assert "48 taken in" in city.run("import", gauges, "--again").stdout

    out = tmp_path / "past.csv"
    assert city.run("export", out, "--type", "WaterObserved", "--from", "2026-08-01T00:00:00Z").returncode == 0
    with out.open() as file:
        rows = [row for row in csv.DictReader(file) if row["attribute"].endswith("/height")]
    assert len(rows) == 48
    ruhrort = sorted(float(row["value"]) for row in rows if row["entity"].lower().endswith("ruhrort"))
    assert ruhrort[0] == 1.43
    assert all("MTR" in row["body"] for row in rows)


def test_an_old_observation_does_not_replace_a_newer_one(city: Running, tmp_path: Path) -> None:
    def entity(value: int, at: str) -> dict[str, object]:
        temperature = {"type": "Property", "value": value, "observedAt": at}
        return {"id": "urn:ngsi-ld:WeatherObserved:order", "type": "WeatherObserved", "temperature": temperature}

    newer, older = tmp_path / "newer.jsonl", tmp_path / "older.jsonl"
    newer.write_text(json.dumps(entity(20, "2026-08-22T10:00:00Z")))
    older.write_text(json.dumps(entity(10, "2026-08-21T10:00:00Z")))
    assert city.run("import", newer, older).returncode == 0
    out = tmp_path / "now.jsonld"
    assert city.run("export", out, "--type", "WeatherObserved", "-q", "temperature>15").returncode == 0
    assert [e["temperature"]["value"] for e in json.loads(out.read_text())] == [20]


def test_what_cannot_be_taken_in_is_written_down_with_its_reason(city: Running, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    good = [
        {"id": f"urn:ngsi-ld:Lamp:{n}", "type": "Lamp", "on": {"type": "Property", "value": True}} for n in range(3)
    ]
    path.write_text("\n".join([*map(json.dumps, good), '{"id": "no URI", "type": "Lamp"}', "{broken"]) + "\n")
    done = city.run("import", path)
    assert done.returncode == 1
    assert "3 taken in, 2 not" in done.stdout
    [kept] = (city.data / "imports").glob("mixed.jsonl.*.rejects.jsonl")
    assert kept.name in done.stderr.replace("\n", "")
    assert list(tmp_path.iterdir()) == [path]
    rejects = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [r["position"] for r in rejects] == [4, 5]
    assert all(r["reason"] and r["detail"] for r in rejects)


def test_an_interrupted_import_goes_on_where_it_ended(city: Running, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [
        json.dumps({"id": f"urn:ngsi-ld:Bench:{n}", "type": "Bench", "n": {"type": "Property", "value": n}})
        for n in range(1200)
    ]
    path.write_text("\n".join(lines) + "\n")
    first = city.run("import", path, "--tenant", "elsewhere")
    assert first.returncode == 1
    assert "elsewhere does not exist" in first.stderr
    # As if the first thousand had been taken in when the wire was cut.
    assert "1200 taken in" in city.run("import", path).stdout
    for kept in (city.data / "imports").glob("*.json"):
        told = json.loads(kept.read_text())
        if told["file"] == str(path):
            kept.write_text(json.dumps({**told, "after": 1000, "done": False}))
    again = city.run("import", path)
    assert "going on behind item 1000" in again.stderr
    assert "200 taken in" in again.stdout


@pytest.mark.parametrize("ending", ["jsonld", "geojson", "csv"])
def test_the_present_goes_out_in_every_form(city: Running, tmp_path: Path, ending: str) -> None:
    place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.76, 51.43]}}
    park = {"id": "urn:ngsi-ld:OffStreetParking:out", "type": "OffStreetParking", "location": place}
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({**park, "availableSpotNumber": {"type": "Property", "value": 7}}))
    assert city.run("import", source).returncode == 0
    out = tmp_path / f"out.{ending}"
    done = city.run("export", out, "--type", "OffStreetParking", "-q", "availableSpotNumber==7")
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    if ending == "csv":
        [row] = csv.DictReader(text.splitlines())
        assert (row["longitude"], row["latitude"], row["availableSpotNumber"]) == ("6.76", "51.43", "7")
    elif ending == "geojson":
        [feature] = json.loads(text)["features"]
        assert feature["geometry"]["coordinates"] == [6.76, 51.43]
        assert feature["properties"]["availableSpotNumber"] == 7
    else:
        assert json.loads(text)[0]["availableSpotNumber"]["value"] == 7
    assert "exists already" in city.run("export", out).stderr


def test_the_past_goes_out_as_parquet(city: Running, gauges: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    city.run("import", gauges, "--again")
    out = tmp_path / "past.parquet"
    assert city.run("export", out, "--type", "WaterObserved", "--from", "2026-08-01T00:00:00Z").returncode == 0
    table = pq.read_table(out)
    heights = [r for r in table.to_pylist() if r["attribute"].endswith("/height")]
    assert len(heights) == 48
    assert min(r["value"] for r in heights) == 0.24


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "x.docx"], "says no form"),
        (["export", "x.geojson", "--from", "2026-01-01T00:00:00Z"], "says no form for the past"),
        (["export", "x.csv", "--from", "yesterday"], "not a date and time"),
        (["import", "nowhere.csv"], "is no file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    city: Running, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = city.run(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_file_is_refused_with_what_to_do(city: Running, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    done = city.run("import", tmp_path / "empty.csv")
    assert done.returncode == 1
    assert "empty.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_past_of_many_rows_goes_out_whole_and_once(city: Running, tmp_path: Path) -> None:
    rows = [f"2026-07-{1 + n // 1440:02} {n // 60 % 24:02}:{n % 60:02}:00,{200 + n % 50}" for n in range(5_000)]
    (tmp_path / "water").mkdir()
    path = tmp_path / "water" / "pegel-lang.csv"
    path.write_text("Datum,Langpegel\n" + "\n".join(rows) + "\n")
    assert "5000 taken in" in city.run("import", path, "--type", "WaterObserved").stdout
    out = tmp_path / "past.csv"
    asked = ("--type", "WaterObserved", "--from", "2026-06-01T00:00:00Z", "--to", "2026-08-01T00:00:00Z")
    assert city.run("export", out, *asked).returncode == 0
    with out.open() as file:
        moments = [r["time"] for r in csv.DictReader(file) if r["attribute"].endswith("/height")]
    assert len(moments) == len(set(moments)) == 5_000
