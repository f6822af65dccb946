"""The internal form into what was asked for: representations, projections, languages, linked entities, GeoJSON."""

from __future__ import annotations

from typing import Any

import pytest

from rhinecloud.context import Vocabulary
from rhinecloud.sharing.ngsi_ld.parse import entity_from_json
from rhinecloud.sharing.ngsi_ld.render import Renderer, View

CORE = Vocabulary("core")
D = "https://uri.etsi.org/ngsi-ld/default-context/"
POINT = {"type": "Point", "coordinates": [6.7, 51.4]}


def entity(**attributes: Any) -> Any:
    """An entity as the store gives it, with stamps and sources."""
    made = entity_from_json({"id": "urn:x:1", "type": "T", **attributes}, CORE)
    made["_c"] = made["_m"] = 1_763_805_600_000_000
    for instances in made["attrs"].values():
        for instance in instances:
            instance |= {"_c": made["_c"], "_m": made["_m"], "_f": 4, "_s": "device:7"}
    return made


def shown(given: Any, linked: Any = None, **wishes: Any) -> Any:
    return Renderer(View(**wishes), CORE, linked).entity(given)


def test_nothing_of_ours_is_shown() -> None:
    assert shown(entity(a={"type": "Property", "value": 1})) == {
        "id": "urn:x:1",
        "type": "T",
        "a": {"type": "Property", "value": 1},
    }


def test_system_attributes_are_shown_on_request_everywhere() -> None:
    out = shown(entity(a={"type": "Property", "value": 1}), sys_attrs=True)
    assert out["createdAt"] == out["a"]["modifiedAt"] == "2025-11-22T10:00:00Z"


def test_several_types_and_scopes_are_lists_and_one_is_not() -> None:
    out = shown(entity_from_json({"id": "urn:x:1", "type": ["A", "B"], "scope": "/a"}, CORE))
    assert (out["type"], out["scope"]) == (["A", "B"], "/a")


ALL: dict[str, Any] = {
    "p": {"type": "Property", "value": 5, "unitCode": "MTR"},
    "o": {"type": "Property", "value": {"type": "X"}},
    "g": {"type": "GeoProperty", "value": POINT},
    "r": {"type": "Relationship", "object": "urn:x:2"},
    "l": {"type": "LanguageProperty", "languageMap": {"de": "Rhein", "nl": "Rijn"}},
    "v": {"type": "VocabProperty", "vocab": "Open"},
    "j": {"type": "JsonProperty", "json": {"id": 5}},
    "li": {"type": "ListProperty", "valueList": [1, 2]},
    "lr": {"type": "ListRelationship", "objectList": [{"object": "urn:x:2"}]},
    "m": [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:1"}],
}


def copy() -> dict[str, Any]:
    import copy as copying

    return copying.deepcopy(ALL)


def test_normalized_gives_back_what_came() -> None:
    assert shown(entity(**copy())) == {"id": "urn:x:1", "type": "T", **ALL}


@pytest.mark.parametrize("form", ["normalized", "concise"])
def test_normalized_and_concise_lose_nothing(form: str) -> None:
    first = entity(**copy())
    again = entity_from_json(shown(first, form=form), CORE)
    assert shown(again) == shown(first)


def test_simplified_is_values_alone() -> None:
    assert shown(entity(**copy()), form="simplified") == {
        "id": "urn:x:1",
        "type": "T",
        "p": 5,
        "o": {"type": "X"},
        "g": POINT,
        "r": "urn:x:2",
        "l": {"languageMap": {"de": "Rhein", "nl": "Rijn"}},
        "v": {"vocab": "Open"},
        "j": {"json": {"id": 5}},
        "li": [1, 2],
        "lr": ["urn:x:2"],
        "m": {"dataset": {"@none": 1, "urn:d:1": 2}},
    }


@pytest.mark.parametrize(
    ("lang", "text", "tag"),
    [
        ("nl", "Rijn", "nl"),
        ("de-AT", "Rhein", "de"),
        ("fr,nl;q=0.5,de;q=0.9", "Rhein", "de"),
        ("*", "Rhein", "de"),
        ("fr", "Rhein", "de"),
        ("q=;;,;q=x", "Rhein", "de"),
    ],
)
def test_a_language_filter_chooses_one_text(lang: str, text: str, tag: str) -> None:
    out = shown(entity(l={"type": "LanguageProperty", "languageMap": {"de": "Rhein", "nl": "Rijn"}}), lang=lang)
    assert out["l"] == {"type": "Property", "value": text, "lang": tag}


def test_pick_omit_and_attrs_choose_members() -> None:
    two = entity(a=1, b=2)
    assert shown(two, pick={"id": {}, D + "a": {}}) == {"id": "urn:x:1", "a": {"type": "Property", "value": 1}}
    assert shown(two, omit={"type": {}, D + "a": {}}) == {"id": "urn:x:1", "b": {"type": "Property", "value": 2}}
    assert shown(two, attrs=frozenset([D + "b"])).keys() == {"id", "type", "b"}


def test_datasets_are_filtered_and_attributes_without_one_left_out() -> None:
    out = shown(entity(**copy()), datasets=frozenset(["urn:d:1"]))
    assert out == {"id": "urn:x:1", "type": "T", "m": {"type": "Property", "value": 2, "datasetId": "urn:d:1"}}


def test_geojson_is_a_feature_with_the_chosen_geometry() -> None:
    out = shown(entity(location=POINT, a=1), geo=True, form="simplified")
    assert out == {
        "id": "urn:x:1",
        "type": "Feature",
        "properties": {"type": "T", "location": POINT, "a": 1},
        "geometry": POINT,
    }
    assert shown(entity(a=1), geo=True)["geometry"] is None


def test_linked_entities_are_shown_inline_once() -> None:
    other = entity_from_json({"id": "urn:x:2", "type": "U", "back": {"object": "urn:x:1"}, "n": 1}, CORE)
    out = shown(entity(r={"object": "urn:x:2"}), {"urn:x:2": other}, join="inline", join_level=3)
    assert out["r"]["entity"]["n"] == {"type": "Property", "value": 1}
    assert "entity" not in out["r"]["entity"]["back"]
    simple = shown(entity(r={"object": "urn:x:2"}), {"urn:x:2": other}, join="inline", form="simplified")
    assert simple["r"] == {"id": "urn:x:2", "type": "U", "back": "urn:x:1", "n": 1}
