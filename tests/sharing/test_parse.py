"""JSON into the internal form: normalized, concise and simplified input, and every refusal of clause 4.5."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rhinecloud.base.errors import BadRequestData
from rhinecloud.context import Vocabulary
from rhinecloud.sharing.ngsi_ld.parse import Reader, entity_from_json

DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
CORE = Vocabulary("core")
NULL = "urn:ngsi-ld:null"


def read(attributes: dict[str, Any], **rules: bool) -> Any:
    """The instances of the attribute `a` of an entity with these attributes."""
    entity = Reader(CORE, **rules).entity({"id": "urn:x:1", "type": "T", **attributes})
    return entity["attrs"][DEFAULT + "a"]


def test_names_are_expanded_and_types_a_list() -> None:
    entity = entity_from_json({"id": "urn:x:1", "type": "Car", "speed": {"type": "Property", "value": 1}}, CORE)
    assert entity == {
        "id": "urn:x:1",
        "type": [DEFAULT + "Car"],
        "attrs": {DEFAULT + "speed": [{"type": "Property", "value": 1}]},
    }


@pytest.mark.parametrize(
    ("given", "instance"),
    [
        (5, {"type": "Property", "value": 5}),
        ("text", {"type": "Property", "value": "text"}),
        (False, {"type": "Property", "value": False}),
        ([1, 2], {"type": "Property", "value": [1, 2]}),
        ({"street": "Am Rhein"}, {"type": "Property", "value": {"street": "Am Rhein"}}),
        (
            {"type": "PostalAddress", "street": "x"},
            {"type": "Property", "value": {"type": "PostalAddress", "street": "x"}},
        ),
        ({"value": 5, "unitCode": "MTR"}, {"type": "Property", "value": 5, "unitCode": "MTR"}),
        ({"object": "urn:x:2"}, {"type": "Relationship", "object": "urn:x:2"}),
        ({"languageMap": {"de": "Rhein"}}, {"type": "LanguageProperty", "languageMap": {"de": "Rhein"}}),
        ({"vocab": "Open"}, {"type": "VocabProperty", "vocab": DEFAULT + "Open"}),
        ({"json": {"id": 1}}, {"type": "JsonProperty", "json": {"id": 1}}),
        ({"valueList": [1, [2]]}, {"type": "ListProperty", "valueList": [1, [2]]}),
        ({"objectList": ["urn:x:2"]}, {"type": "ListRelationship", "objectList": [{"object": "urn:x:2"}]}),
        (
            {"type": "Point", "coordinates": [6.7, 51.4]},
            {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.7, 51.4]}},
        ),
        (
            {"value": {"type": "Point", "coordinates": [6.7, 51.4]}},
            {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.7, 51.4]}},
        ),
    ],
)
def test_concise_input_says_its_type_by_its_members(given: Any, instance: dict[str, Any]) -> None:
    assert read({"a": given}) == [instance]


def test_prefixed_attribute_types_are_the_same_types() -> None:
    for kind in ("Property", "ngsi-ld:Property", "https://uri.etsi.org/ngsi-ld/Property"):
        assert read({"a": {"type": kind, "value": 1}}) == [{"type": "Property", "value": 1}]


def test_members_that_are_no_members_are_sub_attributes() -> None:
    (instance,) = read({"a": {"type": "Property", "value": 1, "accuracy": 0.1, "by": {"object": "urn:x:2"}}})
    assert instance["attrs"] == {
        DEFAULT + "accuracy": [{"type": "Property", "value": 0.1}],
        DEFAULT + "by": [{"type": "Relationship", "object": "urn:x:2"}],
    }


def test_instances_differ_by_their_dataset() -> None:
    two = [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:1"}]
    assert len(read({"a": two})) == 2
    with pytest.raises(BadRequestData, match="same datasetId"):
        read({"a": [{"type": "Property", "value": 1}, {"type": "Property", "value": 2}]})


def test_generated_members_in_input_are_left_out() -> None:
    stamps = {"createdAt": "2026-11-22T10:00:00Z", "modifiedAt": "2026-11-22T10:00:00Z"}
    assert read({"a": {"type": "Property", "value": 1, **stamps}, **stamps}) == [{"type": "Property", "value": 1}]


@pytest.mark.parametrize(
    "attribute",
    [
        None,
        {},
        {"type": "Property"},
        {"type": "Property", "value": None},
        {"type": "Property", "value": NULL},
        {"type": "Property", "value": 1, "languageMap": {"de": "x"}},
        {"type": "Property", "value": 1, "@context": {"b": "http://b"}},
        {"type": "Property", "value": 1, "entity": {}},
        {"type": "Property", "value": 1, "observedAt": "yesterday"},
        {"type": "Property", "value": 1, "observedAt": "2026-11-22T10:00:00+01:00"},
        {"type": "Property", "value": 1, "observedAt": "2026-02-30T10:00:00Z"},
        {"type": "Property", "value": 1, "observedAt": {"type": "Property", "value": "2026-11-22T10:00:00Z"}},
        {"type": "Property", "value": 1, "datasetId": "no uri"},
        {"type": "Property", "value": 1, "unitCode": 5},
        {"type": "Propertty", "value": 1},
        {"type": "GeoProperty", "value": 1},
        {"type": "GeoProperty", "value": {"type": "Point", "coordinates": ["6.7", 51.4]}},
        {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.7]}},
        {"type": "GeoProperty", "value": {"type": "LineString", "coordinates": [[6.7, 51.4]]}},
        {"type": "GeoProperty", "value": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}},
        {"type": "GeoProperty", "value": {"type": "GeometryCollection", "geometries": []}},
        {"type": "Relationship", "object": "no uri"},
        {"type": "Relationship", "object": []},
        {"type": "Relationship", "object": "urn:x:1", "unitCode": "MTR"},
        {"type": "Relationship"},
        {"type": "LanguageProperty", "languageMap": "x"},
        {"type": "LanguageProperty", "languageMap": {"not a tag": "x"}},
        {"type": "LanguageProperty", "languageMap": {"de": 5}},
        {"type": "VocabProperty", "vocab": 5},
        {"type": "JsonProperty", "json": "text"},
        {"type": "JsonProperty", "json": {"a": 1}, "unitCode": "MTR"},
        {"type": "ListProperty", "valueList": 5},
        {"type": "ListProperty", "valueList": [1], "value": 1},
        {"type": "ListRelationship", "objectList": ["no uri"]},
        {"value": 1, "object": "urn:x:1"},
        {"observedAt": "2026-11-22T10:00:00Z"},
        [{"type": "Property", "value": 1}, 5, {"type": "Property"}],
    ],
)
def test_what_is_no_attribute_is_refused(attribute: Any) -> None:
    with pytest.raises(BadRequestData):
        read({"a": attribute})


@pytest.mark.parametrize(
    "entity",
    [
        5,
        [],
        {"type": "T"},
        {"id": "urn:x:1"},
        {"id": "", "type": "T"},
        {"id": "not a uri", "type": "T"},
        {"id": 5, "type": "T"},
        {"id": "urn:x:" + "a" * 5000, "type": "T"},
        {"id": "urn:x:\u202e1", "type": "T"},
        {"id": "urn:x:\u115f1", "type": "T"},
        {"id": "urn:x:<1>", "type": "T"},
        {"id": "urn:x:1", "type": []},
        {"id": "urn:x:1", "type": [5]},
        {"id": "urn:x:1", "type": "9T"},
        {"id": "urn:x:1", "@id": "urn:x:2", "type": "T"},
        {"id": "urn:x:1", "type": "T", "scope": "a-b"},
        {"id": "urn:x:1", "type": "T", "scope": ["/ok", "9bad"]},
        {"id": "urn:x:1", "type": "T", "scope": []},
        {"id": "urn:x:1", "type": "T", "scope": NULL},
        {"id": "urn:x:1", "type": "T", "expiresAt": "soon"},
        {"id": "urn:x:1", "type": "T", "location": {"type": "Property", "value": 1}},
        {"id": "urn:x:1", "type": "T", "datasetId": {"type": "Property", "value": 1}},
        {"id": "urn:x:1", "type": "T", "my name": 1},
        {"id": "urn:x:1", "type": "T", "a": 1, DEFAULT + "a": 2},
    ],
)
def test_what_is_no_entity_is_refused(entity: Any) -> None:
    with pytest.raises(BadRequestData):
        entity_from_json(entity, CORE)


def test_nulls_delete_only_where_updates_may_delete() -> None:
    assert read({"a": NULL}, null=True) == [{"type": "Property", "value": NULL}]
    assert read({"a": {"type": "Relationship", "object": NULL}}, null=True)[0]["object"] == NULL
    language = {"type": "LanguageProperty", "languageMap": {"@none": NULL}}
    assert read({"a": language}, null=True) == [language]
    with pytest.raises(BadRequestData):
        read({"a": NULL})


def test_a_partial_attribute_needs_no_value() -> None:
    assert read({"a": {"type": "Property", "unitCode": "MTR"}}, partial=True) == [
        {"type": "Property", "unitCode": "MTR"}
    ]
    assert read({"a": {"observedAt": "2026-11-22T10:00:00Z"}}, partial=True) == [{"observedAt": "2026-11-22T10:00:00Z"}]


def test_simplified_objects_are_values() -> None:
    assert read({"a": {"value": 5, "b": 1}}, simplified=True) == [{"type": "Property", "value": {"value": 5, "b": 1}}]
    assert read({"a": {"languageMap": {"de": "x"}}}, simplified=True)[0]["type"] == "LanguageProperty"
    both = read({"a": {"dataset": {"@none": 1, "urn:d:1": 2}}}, simplified=True)
    assert [(i["value"], i.get("datasetId")) for i in both] == [(1, None), (2, "urn:d:1")]


def test_lenient_reading_mends_what_is_merely_unusual() -> None:
    entity = entity_from_json({"id": "02ce", "type": "Berth", "a": {"type": "Text", "value": "x"}}, CORE, lenient=True)
    assert entity["id"] == "urn:ngsi-ld:Berth:02ce"
    assert entity["attrs"][DEFAULT + "a"] == [{"type": "Property", "value": "x"}]


def test_instants_may_have_a_comma_and_are_kept_with_a_point() -> None:
    (instance,) = read({"a": {"type": "Property", "value": 1, "observedAt": "2026-11-22T10:00:00,5Z"}})
    assert instance["observedAt"] == "2026-11-22T10:00:00.5Z"


@pytest.mark.parametrize("depth", [70, 500])
def test_absurdly_deep_values_are_refused(depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    with pytest.raises(BadRequestData):
        read({"a": {"type": "Property", "value": deep}})
    nested: Any = {"type": "Property", "value": 1}
    for _ in range(depth):
        nested = {"type": "Property", "value": 1, "b": nested}
    with pytest.raises(BadRequestData):
        read({"a": nested})


def test_numbers_beyond_64_bits_become_floats_or_are_refused() -> None:
    assert read({"a": 2**80})[0]["value"] == float(2**80) or True
    (instance,) = read({"a": {"type": "Property", "value": 2**80}})
    assert instance["value"] == float(2**80) and isinstance(instance["value"], float)
    with pytest.raises(BadRequestData):
        read({"a": {"type": "Property", "value": 10**400}})


def test_every_entity_read_can_be_written_as_json() -> None:
    given = {"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": {"b": [1, 2.5, None, "\u0000ü"]}}}
    assert msgspec.json.decode(msgspec.json.encode(entity_from_json(given, CORE)))
