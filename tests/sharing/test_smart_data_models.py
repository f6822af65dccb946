"""Every Smart Data Models payload among the real files comes in and can be retrieved, or says helpfully why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from rhinecloud.base.errors import BadRequestData
from rhinecloud.sharing import entity_from_json

from .conftest import City

pytestmark = pytest.mark.data
LD = {"content-type": "application/ld+json"}

# What the standard itself refuses: ids and objects that are no URIs, and attribute types that are none (NGSIv2's).
REFUSED = {
    "Berth/example.jsonld",
    "Berth/example-normalized.jsonld",
    "WeatherAlert/example.jsonld",
    "FloodMonitoring/example-normalized.jsonld",
    "PortCall/example-normalized.jsonld",
    "WaterObserved/example-normalized.jsonld",
}


def payloads(samples: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for file in sorted((samples / "ngsi-ld").glob("*/*.jsonld")):
        given = msgspec.json.decode(file.read_bytes())
        found[f"{file.parent.name}/{file.name}"] = given[0] if isinstance(given, list) else given
    return found


async def test_they_come_in_over_http_and_go_out_as_they_came(city: City, samples: Path) -> None:
    refused = {}
    for name, given in payloads(samples).items():
        answer = await city.ask("POST", "/entities", given, headers=LD)
        if answer.status_code != 201:
            refused[name] = answer.json()["detail"]
            assert answer.status_code == 400, (name, answer.text)
            continue
        where = f"/entities/{quote(given['id'], safe='')}"
        link = f'<{given["@context"][-1]}>; rel="http://www.w3.org/ns/json-ld#context"'
        form = "normalized" if "normalized" in name else "simplified"
        shown = (await city.ask("GET", f"{where}?format={form}", headers={"link": link})).json()
        assert shown == {key: value for key, value in given.items() if key != "@context"}, name
        assert (await city.ask("DELETE", where)).status_code == 204
    assert refused.keys() == REFUSED, refused


async def test_files_are_read_leniently(city: City, samples: Path) -> None:
    """As an import of files reads them: all of them come in."""
    for name, given in payloads(samples).items():
        context = given.pop("@context")
        vocabulary = await city.app.door.vocabularies.load(context, "city")
        try:
            entity = entity_from_json(given, vocabulary, lenient=True)
        except BadRequestData as error:
            raise AssertionError(f"{name}: {error}") from error
        assert len(entity["attrs"]) >= len(given) - 4, name
