"""Entities that devices send as NGSI-LD: what is no NGSI-LD is refused before anything is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Unreadable
from rhinecloud.connect.ngsild import read_entity

GAUGE = {"id": "urn:ngsi-ld:WaterObserved:ruhrort", "type": "WaterObserved"}
URI = "urn:ngsi-ld:Device:1"


def read(attribute: Any) -> Any:
    return next(iter(read_entity({**GAUGE, "a": attribute}, Model([])).entity["attrs"].values()))


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ({"type": "Property", "value": 1, "datasetId": 2.5}, "datasetId is a URI"),
        ({"type": "Property", "value": 1, "datasetId": "no URI"}, "datasetId is a URI"),
        ({"type": "Property", "value": 1, "datasetId": [URI]}, "datasetId is a URI"),
        ({"type": "Property", "value": 1, "unitCode": 7}, "unitCode is a text"),
        ({"type": "Property", "value": 1, "unitCode": {"a": 1}}, "unitCode is a text"),
        ({"type": "Relationship", "object": 7}, "leads to a URI"),
        ({"type": "Relationship", "object": [URI, None]}, "leads to a URI"),
        ({"type": "LanguageProperty", "languageMap": "Pegel"}, "languageMap"),
        ({"type": "VocabProperty", "vocab": 3}, "vocab"),
        ({"type": "GeoProperty", "value": {"type": "Point", "coordinates": [10**400, 0]}}, "longitude"),
        ({"type": "Property", "value": 1, "sub": {"type": "Property", "value": 1, "datasetId": 0.1}}, "datasetId"),
    ],
)
def test_what_is_no_attribute_is_refused_with_the_reason(attribute: Any, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(attribute)


def test_what_is_one_is_kept() -> None:
    assert read({"type": "Property", "value": 1, "datasetId": URI})[0]["datasetId"] == URI
    assert read({"type": "Relationship", "object": [URI, URI + "2"]})[0]["object"] == [URI, URI + "2"]
    assert read({"languageMap": {"de": "Pegel"}})[0]["type"] == "LanguageProperty"
