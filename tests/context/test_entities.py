"""The one update semantics, operation by operation (ETSI GS CIM 009, 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import AlreadyExists, BadRequestData, ResourceNotFound
from rhinecloud.base.model import ALL_DATASETS, NULL, Change, Entity, Op, Outcome, Update
from rhinecloud.context import apply
from rhinecloud.context.draft import Row, unchecked

from .gauges import GAUGE, LEVEL, NAME, expand, number, relation, text, update, values

NOW = parse_us("2026-11-22T10:00:00Z")


def do(entity: Entity | None, change: Update, now: int = NOW) -> tuple[Any, Any, list[Row]]:
    return apply(entity, change, now, unchecked)


def made(attrs: dict[str, Any], **members: Any) -> Entity:
    entity, result, _ = do(None, update(Op.CREATE, attrs=attrs, **members), NOW - 10)
    assert result.outcome is Outcome.CREATED
    assert entity is not None
    return entity


def test_create_tells_of_the_entity_and_of_each_attribute() -> None:
    entity, result, rows = do(
        None, update(Op.CREATE, attrs={"level": number(3.5, "09:00:00"), "name": text("Ruhrort")})
    )
    assert result.outcome is Outcome.CREATED
    assert values(entity) == {"level": 3.5, "name": "Ruhrort"}
    assert [(r[2], r[4]) for r in rows] == [("", 0), (LEVEL, 0), (NAME, 0)]
    assert rows[1][5] == parse_us("2026-11-22T09:00:00Z")
    assert (rows[1][7], rows[1][8]) == (3.5, None), "a bare number with its time needs no body"
    assert rows[2][8] == b'{"type":"Property","value":"Ruhrort"}'


@pytest.mark.parametrize(
    ("op", "members", "error"),
    [
        (Op.CREATE, {}, AlreadyExists),
        (Op.PATCH_ATTR, {"attr": expand("mood"), "attrs": {"mood": number(1)}}, ResourceNotFound),
        (Op.PATCH_ATTR, {"attr": LEVEL, "attrs": {"level": number(1, datasetId="urn:no")}}, ResourceNotFound),
        (Op.PATCH_ATTR, {"attr": LEVEL, "attrs": {"level": relation("urn:x")}}, BadRequestData),
        (Op.PATCH_ATTR, {"attr": LEVEL, "attrs": {"level": {"datasetId": NULL}}}, BadRequestData),
        (Op.REPLACE_ATTR, {"attr": expand("mood"), "attrs": {"mood": number(1)}}, ResourceNotFound),
        (Op.DELETE_ATTR, {"attr": expand("mood")}, ResourceNotFound),
        (Op.DELETE_ATTR, {"attr": LEVEL, "dataset": "urn:no"}, ResourceNotFound),
        (
            Op.UPSERT_UPDATE,
            {"attrs": {"level": {"type": "Property", "value": 1, "observedAt": "noon"}}},
            BadRequestData,
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(op: Op, members: dict[str, Any], error: type) -> None:
    entity = made({"level": number(1)})
    after, result, rows = do(entity, update(op, **members))
    assert isinstance(result.error, error)
    assert result.outcome is Outcome.REFUSED
    assert after is entity
    assert rows == []


@pytest.mark.parametrize("op", [o for o in Op if o not in (Op.CREATE, Op.UPSERT_REPLACE, Op.UPSERT_UPDATE, Op.OBSERVE)])
def test_an_entity_that_does_not_exist_is_not_found(op: Op) -> None:
    after, result, rows = do(None, update(op, attrs={"level": number(1)}, attr=LEVEL))
    assert isinstance(result.error, ResourceNotFound)
    assert (after, rows) == (None, [])


@pytest.mark.parametrize(
    ("op", "expected", "skipped"),
    [
        (Op.APPEND, {"level": 2, "mood": "new"}, []),
        (Op.APPEND_NEW, {"level": 1, "mood": "new"}, [LEVEL]),
        (Op.UPDATE, {"level": 2}, [expand("mood")]),
        (Op.UPDATE_NEW, {"level": 1, "mood": "new"}, [LEVEL]),
        (Op.MERGE, {"level": 2, "mood": "new"}, []),
        (Op.UPSERT_UPDATE, {"level": 2, "mood": "new"}, []),
        (Op.OBSERVE, {"level": 2, "mood": "new"}, []),
        (Op.REPLACE, {"level": 2, "mood": "new"}, []),
    ],
)
def test_each_operation_takes_new_and_known_attributes_in_its_own_way(
    op: Op, expected: dict[str, Any], skipped: list[str]
) -> None:
    after, result, _ = do(made({"level": number(1)}), update(op, attrs={"level": number(2), "mood": text("new")}))
    assert values(after) == expected
    assert [name for name, _ in result.skipped] == skipped


def test_replacing_keeps_when_things_were_made_and_tells_what_went() -> None:
    entity = made({"level": number(1), "name": text("x")}, scope=["/a"])
    after, _, rows = do(entity, update(Op.REPLACE, attrs={"level": number(2)}))
    assert after["_c"] == entity["_c"] < after["_m"]
    assert after["attrs"][LEVEL][0]["_c"] == entity["_c"]
    assert "scope" not in after
    assert [(r[2], r[4]) for r in rows] == [("", 1), (NAME, 2), (LEVEL, 1)]


def test_appending_replaces_the_scope_and_without_overwriting_adds_to_it() -> None:
    entity = made({}, scope=["/a"])
    assert do(entity, update(Op.APPEND, scope=["/b"]))[0]["scope"] == ["/b"]
    assert do(entity, update(Op.APPEND_NEW, scope=["/b"]))[0]["scope"] == ["/a", "/b"]
    assert do(made({}), update(Op.UPDATE, scope=["/b"]))[1].skipped[0][0] == "scope"
    assert do(entity, update(Op.UPDATE, scope=["/b"]))[0]["scope"] == ["/b"]
    gone, result, rows = do(entity, update(Op.DELETE_ATTR, attr="scope"))
    assert "scope" not in gone
    assert (result.updated, rows[0][4]) == (["scope"], Change.CHANGED)


def test_types_are_added_and_never_taken_away_by_fragments() -> None:
    entity = made({"level": number(1)})
    for op in (Op.APPEND, Op.APPEND_NEW, Op.UPDATE, Op.MERGE, Op.OBSERVE):
        after, _, rows = do(entity, update(op, types=("urn:type:B",)))
        assert after["type"] == [GAUGE, "urn:type:B"]
        assert [(r[1], r[2], r[4]) for r in rows] == [(f"{GAUGE} urn:type:B", "", 1)]


def test_instances_of_other_datasets_stay_as_they_are() -> None:
    entity = made({"level": [number(1), number(2, datasetId="urn:b")]})
    after, _, rows = do(
        entity, update(Op.APPEND, attrs={"level": [number(5, datasetId="urn:b"), number(7, datasetId="urn:c")]})
    )
    assert values(after) == {"level": {"": 1, "urn:b": 5, "urn:c": 7}}
    assert [(r[3], r[4]) for r in rows] == [("urn:b", 1), ("urn:c", 0)]
    assert values(do(after, update(Op.DELETE_ATTR, attr=LEVEL))[0]) == {"level": {"urn:b": 5, "urn:c": 7}}
    assert values(do(after, update(Op.DELETE_ATTR, attr=LEVEL, dataset="urn:b"))[0]) == {"level": {"": 1, "urn:c": 7}}
    assert values(do(after, update(Op.DELETE_ATTR, attr=LEVEL, dataset=ALL_DATASETS))[0]) == {}


@pytest.mark.parametrize("op", [Op.APPEND, Op.UPDATE, Op.MERGE, Op.PATCH_ATTR])
@pytest.mark.parametrize(
    "null",
    [
        {"type": "Property", "value": NULL},
        {"type": "Relationship", "object": NULL},
        {"type": "LanguageProperty", "languageMap": {"@none": NULL}},
    ],
)
def test_null_takes_an_attribute_away(op: Op, null: dict[str, Any]) -> None:
    member = {"Property": "value", "Relationship": "object", "LanguageProperty": "languageMap"}[null["type"]]
    entity = made({"name": {"type": null["type"], member: {"de": "x"} if member == "languageMap" else "urn:x"}})
    after, result, rows = do(entity, update(op, attrs={"name": null}, attr=NAME))
    assert values(after) == {}
    assert result.updated == [NAME]
    assert [(r[2], r[4], r[8]) for r in rows] == [
        (NAME, Change.DELETED, f'{{"type":"{null["type"]}","{member}":"{NULL}"}}'.encode())
    ]


def test_a_partial_update_keeps_the_other_members_and_sub_attributes() -> None:
    sub = {expand("accuracy"): [number(0.1)]}
    entity = made({"level": number(1, unitCode="CMT", attrs=sub)})
    change = number(2, attrs={expand("method"): [text("radar")]})
    after, _, rows = do(entity, update(Op.PATCH_ATTR, attr=LEVEL, attrs={"level": change}))
    instance = after["attrs"][LEVEL][0]
    assert (instance["value"], instance["unitCode"]) == (2, "CMT")
    assert set(instance["attrs"]) == {expand("accuracy"), expand("method")}
    assert b'"_' not in rows[0][8]
    whole, _, _ = do(entity, update(Op.REPLACE_ATTR, attr=LEVEL, attrs={"level": number(3)}))
    assert "unitCode" not in whole["attrs"][LEVEL][0]
    assert "attrs" not in whole["attrs"][LEVEL][0]


def test_merging_goes_into_objects_and_language_maps_but_not_into_geometry() -> None:
    entity = made(
        {
            "mood": {"type": "JsonProperty", "json": {"a": {"b": 1, "c": 2}, "d": [1]}},
            "name": {"type": "LanguageProperty", "languageMap": {"de": "Pegel", "en": "gauge"}},
            "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6, 51]}},
        }
    )
    after, _, _ = do(
        entity,
        update(
            Op.MERGE,
            attrs={
                "mood": {"type": "JsonProperty", "json": {"a": {"b": NULL, "e": 3}, "d": [2]}},
                "name": {"type": "LanguageProperty", "languageMap": {"en": NULL, "nl": "peil"}},
                "location": {"type": "GeoProperty", "value": {"type": "LineString", "coordinates": [[6, 51], [7, 51]]}},
            },
        ),
    )
    assert after["attrs"][expand("mood")][0]["json"] == {"a": {"c": 2, "e": 3}, "d": [2]}
    assert after["attrs"][NAME][0]["languageMap"] == {"de": "Pegel", "nl": "peil"}
    assert after["attrs"][expand("location")][0]["value"]["type"] == "LineString"


def test_the_same_observation_again_changes_nothing() -> None:
    entity = made({"level": number(1, "09:00:00", unitCode="CMT")})
    for op in (Op.OBSERVE, Op.UPSERT_UPDATE, Op.APPEND):
        after, result, rows = do(entity, update(op, attrs={"level": number(1, "09:00:00", unitCode="CMT")}))
        assert after is entity
        assert (result.outcome, rows) == (Outcome.UNCHANGED, [])


def test_a_late_observation_goes_to_the_past_only() -> None:
    entity = made({"level": number(1, "09:00:00")})
    after, result, rows = do(entity, update(Op.OBSERVE, attrs={"level": number(9, "08:00:00")}))
    assert after is entity
    assert result.outcome is Outcome.CHANGED
    assert [(r[5], r[7], r[12]) for r in rows] == [(parse_us("2026-11-22T08:00:00Z"), 9, True)]


def test_an_older_value_by_hand_does_replace_the_present_and_is_told_as_seen() -> None:
    after, _, rows = do(
        made({"level": number(1, "09:00:00")}), update(Op.APPEND, attrs={"level": number(9, "08:00:00")})
    )
    assert values(after) == {"level": 9}
    assert rows[0][12] is True


def test_a_newer_observation_is_new_for_sure() -> None:
    _, _, rows = do(made({"level": number(1, "09:00:00")}), update(Op.OBSERVE, attrs={"level": number(2, "09:00:01")}))
    assert rows[0][12] is False


def test_source_and_raw_message_stay_with_the_instance_and_the_row() -> None:
    after, _, rows = do(
        None, update(Op.OBSERVE, attrs={"level": number(1)}, source="device:g1", raw="RAW/7", received_us=5)
    )
    assert (after["attrs"][LEVEL][0]["_s"], after["attrs"][LEVEL][0]["_r"]) == ("device:g1", "RAW/7")
    assert rows[1][6] == 5
    assert rows[1][10:12] == ("device:g1", "RAW/7")


def test_quality_flags_stay_with_the_instance_and_the_row() -> None:
    seen: list[Any] = []

    def check(types: tuple[str, ...]) -> Any:
        def checker(old: Any, new: Any, observed: int | None, received: int) -> int:
            seen.append((types, old and old["value"], new["value"], observed, received))
            new["_u"] = 1
            return 4

        return {LEVEL: checker}

    entity = made({"level": number(1)})
    after, _, rows = apply(entity, update(Op.OBSERVE, attrs={"level": number(2, "09:00:00")}), NOW, check)
    assert after is not None
    assert (after["attrs"][LEVEL][0]["_f"], after["attrs"][LEVEL][0]["_u"], rows[0][9]) == (4, 1, 4)
    assert seen == [((GAUGE,), 1, 2, parse_us("2026-11-22T09:00:00Z"), NOW)]


def test_an_integer_that_a_float_cannot_hold_travels_in_the_body() -> None:
    _, _, rows = do(None, update(Op.CREATE, attrs={"level": number(2**53 + 1)}))
    assert (rows[1][7], rows[1][8]) == (None, b'{"type":"Property","value":9007199254740993}')


def test_deleting_tells_of_the_entity_once() -> None:
    after, result, rows = do(made({"level": number(1)}), update(Op.DELETE))
    assert (after, result.outcome) == (None, Outcome.DELETED)
    assert [(r[2], r[4]) for r in rows] == [("", Change.DELETED)]


def test_what_has_expired_is_gone_for_every_writer() -> None:
    entity = made({"level": number(1, expiresAt="2026-11-22T09:00:00Z"), "name": text("x")})
    assert isinstance(
        do(entity, update(Op.PATCH_ATTR, attr=LEVEL, attrs={"level": number(2)}))[1].error, ResourceNotFound
    )
    whole = made({"name": text("x")}, expiresAt="2026-11-22T09:00:00Z")
    assert do(whole, update(Op.CREATE, attrs={"name": text("y")}))[1].outcome is Outcome.CREATED
    kept, result, _ = do(whole, update(Op.APPEND, attrs={"name": text("y")}))
    assert isinstance(result.error, ResourceNotFound)
    assert kept is whole, "the reaper takes it away, and tells"


def test_the_old_entity_is_never_altered() -> None:
    import copy

    entity = made({"level": [number(1, "09:00:00"), number(2, datasetId="urn:b")], "name": text("x")}, scope=["/a"])
    before = copy.deepcopy(entity)
    attrs = {"level": number(5, attrs={NAME: [text("s")]}), "name": {"type": "Property", "value": {"a": 1}}}
    for op in Op:
        do(
            entity,
            update(op, attrs=attrs, attr=LEVEL, scope=["/b"], types=("urn:t",), expiresAt="2027-01-01T00:00:00Z"),
        )
    assert entity == before
