"""Messages become Updates: plain forms, NGSI-LD, mappings; and what cannot be read says why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rhinecloud.base.declare import DEFAULT_NAMESPACE
from rhinecloud.base.model import Op, Update
from rhinecloud.connect import Connect, Device, Mapping, try_mapping
from rhinecloud.connect.mapping import Attribute, Time

ENVIRONMENT = "https://smartdatamodels.org/dataModel.Environment/"
LEVEL = ENVIRONMENT + "waterLevel"
STORED = "2026-11-22T10:00:00Z"


def only(connect: Connect, message: Any) -> Update:
    decoded = connect.decoder.decode("city", message)
    assert decoded.error is None, decoded.error
    (update,) = decoded.updates
    return update


def level(update: Update) -> dict[str, Any]:
    return update.entity["attrs"][LEVEL][0]


def test_keys_are_attributes_of_the_devices_entity(connect: Connect, gauge: Device, send) -> None:
    update = only(connect, send({"waterLevel": 8.12, "observedAt": "2026-11-22T09:59:30Z", "mood": "calm"}))
    assert (update.op, update.id) == (Op.OBSERVE, "urn:ngsi-ld:WaterObserved:gauge")
    assert update.entity["type"] == [ENVIRONMENT + "WaterObserved"]
    assert level(update) == {"type": "Property", "value": 8.12, "observedAt": "2026-11-22T09:59:30Z", "unitCode": "MTR"}
    assert update.entity["attrs"][DEFAULT_NAMESPACE + "mood"][0]["value"] == "calm"
    assert (update.source, update.raw) == ("device:gauge", "$MQTT_msgs/1")


def test_without_a_time_of_its_own_it_is_when_the_message_was_stored(connect: Connect, gauge: Device, send) -> None:
    assert level(only(connect, send({"waterLevel": 8})))["observedAt"] == STORED


@pytest.mark.parametrize(
    ("told", "observed"),
    [
        ("2026-11-22T11:00:00+01:00", "2026-11-22T10:00:00Z"),
        ("2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00.123Z"),
        ("2026-11-22T10:00:00.123456789Z", "2026-11-22T10:00:00.123456Z"),
        ("2026-11-22 10:00:00Z", "2026-11-22T10:00:00Z"),
        (1795341600, "2026-11-22T10:00:00Z"),
        (1795341600.5, "2026-11-22T10:00:00.500Z"),
        (1795341600123, "2026-11-22T10:00:00.123Z"),
        (1795341600123456, "2026-11-22T10:00:00.123456Z"),
        (1795341600123456789, "2026-11-22T10:00:00.123457Z"),
        ("1795341600", "2026-11-22T10:00:00Z"),
    ],
)
def test_times_in_use_are_read(connect: Connect, gauge: Device, send, told: Any, observed: str) -> None:
    assert level(only(connect, send({"waterLevel": 8, "timestamp": told})))["observedAt"] == observed


@pytest.mark.parametrize(
    ("content", "value", "unit"),
    [
        ({"waterLevel": {"value": 812, "unit": "cm"}}, 8.12, "MTR"),
        ({"waterLevel": {"value": 8.12, "unitCode": "MTR"}}, 8.12, "MTR"),
        ({"waterLevel": {"value": 8.12}}, 8.12, "MTR"),
        ({"waterLevel": "8.12"}, 8.12, "MTR"),
        ({"waterLevel": {"value": 3, "unit": "m³/s"}}, 3, "MQS"),  # kept, and flagged by quality
        ({"waterLevel": {"value": 3, "unit": "m+NN"}}, 3, "m+NN"),
        ({"waterLevel": "high"}, "high", None),
    ],
)
def test_values_with_units_are_converted_to_the_declared_one(
    connect: Connect, gauge: Device, send, content: Any, value: Any, unit: str | None
) -> None:
    found = level(only(connect, send(content)))
    assert found["value"] == value
    assert found.get("unitCode") == unit


def test_what_else_is_told_of_a_value_stays_as_sub_attribute(connect: Connect, gauge: Device, send) -> None:
    found = level(only(connect, send({"waterLevel": {"value": 8, "accuracy": 0.01}})))
    assert found["attrs"] == {DEFAULT_NAMESPACE + "accuracy": [{"type": "Property", "value": 0.01}]}


@pytest.mark.parametrize(
    ("topic", "content", "value"),
    [
        ("city/gauge/waterLevel", b"8.12", 8.12),
        ("city/gauge/waterLevel", b'{"value": 812, "unit": "cm"}', 8.12),
        ("city/gauge/up", b"8.12", 8.12),  # the type's main attribute
        ("city/gauge/up", b'{"value": 8.12}', 8.12),
        ("city/gauge/waterLevel", b"high", "high"),
    ],
)
def test_a_value_alone_belongs_to_the_attribute_of_its_topic(
    connect: Connect, gauge: Device, send, topic: str, content: bytes, value: Any
) -> None:
    assert level(only(connect, send(content, topic)))["value"] == value


def test_several_readings_are_several_updates_and_one_bad_does_not_lose_the_rest(
    connect: Connect, gauge: Device, send
) -> None:
    readings = [{"waterLevel": n, "ts": 1795341600 + n} for n in range(3)] + [{"waterLevel": 9, "ts": "yesterday"}]
    decoded = connect.decoder.decode("city", send(readings))
    assert [level(u)["value"] for u in decoded.updates] == [0, 1, 2]
    assert decoded.error is not None
    assert decoded.error.reason == "bad time"
    assert "1 of 4 readings cannot be read; number 3: Member ts: 'yesterday' is not a time" in decoded.error.detail


def test_the_first_message_brings_name_and_place_and_so_does_its_replay(connect: Connect, send) -> None:
    place = {"type": "Point", "coordinates": [6.73, 51.46]}
    connect.registry.add("city", Device(id="gauge", name="Pegel", entity_type="WaterObserved", location=place))
    first = send({"waterLevel": 1})
    for message in (first, first):
        attrs = only(connect, message).entity["attrs"]
        assert attrs["https://smartdatamodels.org/name"][0]["value"] == "Pegel"
        assert attrs["https://uri.etsi.org/ngsi-ld/location"] == [{"type": "GeoProperty", "value": place}]
    send.stored_us += 1
    assert list(only(connect, send({"waterLevel": 2})).entity["attrs"]) == [LEVEL]
    connect.registry.change("city", "gauge", name="Pegel Ruhrort")
    send.stored_us += 1
    assert len(only(connect, send({"waterLevel": 3})).entity["attrs"]) == 3


def test_words_that_ngsi_ld_keeps_for_itself_are_renamed(connect: Connect, gauge: Device, send) -> None:
    attrs = only(connect, send({"type": "heartbeat", "waterLevel": 1})).entity["attrs"]
    assert attrs[DEFAULT_NAMESPACE + "messageType"][0]["value"] == "heartbeat"


def test_ngsi_ld_entities_come_in_as_they_are(connect: Connect, gauge: Device, send) -> None:
    entity = {
        "id": "urn:ngsi-ld:OffStreetParking:koenig",
        "type": "OffStreetParking",
        "availableSpotNumber": {
            "type": "Property",
            "value": 12,
            "observedAt": "2026-11-22T09:00:00Z",
            "accuracy": {"type": "Property", "value": 1},
        },
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.7, 51.4]}},
        "operatedBy": {"type": "Relationship", "object": "urn:x:dvv"},
        "scope": ["/mitte"],
        "@context": ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"],
    }
    update = only(connect, send(entity))
    attrs = update.entity["attrs"]
    free = attrs["https://smartdatamodels.org/dataModel.Parking/availableSpotNumber"][0]
    assert (free["value"], free["observedAt"]) == (12, "2026-11-22T09:00:00Z")
    assert free["attrs"] == {DEFAULT_NAMESPACE + "accuracy": [{"type": "Property", "value": 1}]}
    assert attrs[DEFAULT_NAMESPACE + "operatedBy"] == [{"type": "Relationship", "object": "urn:x:dvv"}]
    assert update.entity["scope"] == ["/mitte"]
    many = connect.decoder.decode("city", send([entity, entity | {"id": "urn:x:2"}]))
    assert [u.id for u in many.updates] == [entity["id"], "urn:x:2"]


def test_simplified_and_v2_entities_are_understood(connect: Connect, gauge: Device, send) -> None:
    update = only(connect, send({"id": "urn:x:1", "type": "OffStreetParking", "availableSpotNumber": 3, "name": "P"}))
    free = update.entity["attrs"]["https://smartdatamodels.org/dataModel.Parking/availableSpotNumber"][0]
    assert free == {"type": "Property", "value": 3, "observedAt": STORED}
    told = {"timestamp": {"type": "DateTime", "value": "2026-11-22T09:00:00Z"}}
    v2 = {
        "id": "urn:x:1",
        "type": "OffStreetParking",
        "availableSpotNumber": {"type": "Number", "value": 4, "metadata": told},
        "location": {"type": "geo:point", "value": "51.4, 6.7"},
    }
    attrs = only(connect, send(v2)).entity["attrs"]
    assert (
        attrs["https://smartdatamodels.org/dataModel.Parking/availableSpotNumber"][0]["observedAt"]
        == "2026-11-22T09:00:00Z"
    )
    assert attrs["https://uri.etsi.org/ngsi-ld/location"][0]["value"]["coordinates"] == [6.7, 51.4]


def test_a_smart_data_models_context_gives_the_namespace_of_its_subject(connect: Connect, gauge: Device, send) -> None:
    context = "https://raw.githubusercontent.com/smart-data-models/dataModel.Streetlighting/master/context.jsonld"
    update = only(connect, send({"id": "urn:x:1", "type": "Streetlight", "powerState": "on", "@context": context}))
    assert update.entity["type"] == ["https://smartdatamodels.org/dataModel.Streetlighting/Streetlight"]
    assert "https://smartdatamodels.org/dataModel.Streetlighting/powerState" in update.entity["attrs"]


def test_a_device_cannot_write_another_devices_entity(connect: Connect, gauge: Device, send) -> None:
    connect.registry.add("city", Device(id="second", entity_type="WaterObserved"))
    theft = {"id": "urn:ngsi-ld:WaterObserved:gauge", "type": "WaterObserved", "waterLevel": 99}
    decoded = connect.decoder.decode("city", send(theft, "city/second/up"))
    assert decoded.updates == []
    assert decoded.error is not None
    assert decoded.error.reason == "not its entity"


@pytest.mark.parametrize(
    ("content", "topic", "reason", "said"),
    [
        (b"{", "city/gauge/up", "not JSON", "begins with b'{'"),
        (b"\xff\xfe", "city/gauge/up", "not JSON", "begins with"),
        (b"null", "city/gauge/up", "nothing mapped", "it tells nothing"),
        (b"[]", "city/gauge/up", "nothing mapped", "empty list"),
        (b"{}", "city/gauge/up", "nothing mapped", "send e.g."),
        (b'"word"', "city/gauge/up", "no attribute named", "city/gauge/<attribute>"),
        (b'{"waterLevel": 1, "ts": "12:00"}', "city/gauge/up", "bad time", "is not a time"),
        (b'{"waterLevel": 1, "ts": "2026-11-22T10:00:00"}', "city/gauge/up", "bad time", "has no time zone"),
        (b'{"waterLevel": 1, "ts": 1e300}', "city/gauge/up", "bad time", "years 1 to 9999"),
        (b'{"waterLevel": {"value": null}}', "city/gauge/up", "value missing", "null"),
        (b'{"waterLevel": {"value": "x", "unit": "cm"}}', "city/gauge/up", "not a number", "waterLevel is 'x'"),
        (b'{"location": [1, 2, 3, 4]}', "city/gauge/up", "not a place", "a list of 4"),
        (b'{"a b": 1}', "city/gauge/up", "bad name", "'a b' cannot be"),
        (b"[" * 100 + b"]" * 100, "city/gauge/up", "too deep", "deeper than 64"),
        (b"1", "city/unknown/up", "unknown device", "register it"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(
    connect: Connect, gauge: Device, send, content: bytes, topic: str, reason: str, said: str
) -> None:
    decoded = connect.decoder.decode("city", send(content, topic))
    assert decoded.updates == []
    assert decoded.error is not None
    assert decoded.error.reason == reason
    assert said in decoded.error.detail


def mapped(connect: Connect, *attributes: Attribute, **members: Any) -> None:
    connect.documents.save("city", "mapping", Mapping(id="m", attributes=attributes, **members))
    connect.registry.change("city", "gauge", mapping="m")
    connect.decoder.use(connect.registry.model)  # what is compiled is looked at again twice a second


def test_a_mapping_reads_paths_units_words_and_time(connect: Connect, gauge: Device, send) -> None:
    mapped(
        connect,
        Attribute(name="waterLevel", path="$.s[0].v", unit_in="cm", offset=100),
        Attribute(name="flow", path="$.s[1].v", unit_path="$.s[1].u"),
        Attribute(name="state", path="$.st", words={"1": "ok", "*": "broken"}),
        Attribute(name="location", lon="$.x", lat="$.y"),
        Attribute(name="network", const="LTE", fixed=True),
        time=Time(path="$.t", pattern="%d.%m.%Y %H:%M", zone="Europe/Berlin"),
    )
    content = {"s": [{"v": 712}, {"v": 3600, "u": "m³/h"}], "st": 7, "x": "6.73", "y": 51.46, "t": "22.11.2026 10:30"}
    attrs = only(connect, send(content)).entity["attrs"]
    assert attrs[LEVEL] == [
        {"type": "Property", "value": 8.12, "observedAt": "2026-11-22T09:30:00Z", "unitCode": "MTR"}
    ]
    assert (attrs[ENVIRONMENT + "flow"][0]["value"], attrs[ENVIRONMENT + "flow"][0]["unitCode"]) == (1.0, "MQS")
    assert attrs[DEFAULT_NAMESPACE + "state"][0]["value"] == "broken"
    assert attrs["https://uri.etsi.org/ngsi-ld/location"][0]["value"]["coordinates"] == [6.73, 51.46]
    assert attrs[DEFAULT_NAMESPACE + "network"] == [{"type": "Property", "value": "LTE"}]


def test_a_mapping_of_readings_makes_entities_from_a_template(connect: Connect, gauge: Device, send) -> None:
    mapped(
        connect,
        Attribute(name="waterLevel", path="$.v", required=True),
        each="$.rows",
        entity="urn:ngsi-ld:WaterObserved:{tenant}-{device}-{$.id}-{$$.site}-{topic[2]}",
        time=Time(path="$$.at", form="s"),
    )
    content = {"site": "nord ost", "at": 1795341600, "rows": [{"id": 1, "v": 2}, {"id": 2}, {"v": 3}]}
    decoded = connect.decoder.decode("city", send(content))
    assert [u.id for u in decoded.updates] == ["urn:ngsi-ld:WaterObserved:city-gauge-1-nord-ost-up"]
    assert decoded.error is not None
    assert "2 of 3 readings cannot be read" in decoded.error.detail
    assert "stands at $.v, but $ is an object with id, without .v" in decoded.error.detail


def test_mappings_are_chosen_by_topic(connect: Connect, gauge: Device, send) -> None:
    connect.documents.save(
        "city", "mapping", Mapping(id="a", topic="a/+", attributes=(Attribute(name="fromA", path="$.v"),))
    )
    connect.documents.save(
        "city", "mapping", Mapping(id="b", topic="b", attributes=(Attribute(name="fromB", path="$.v"),))
    )
    connect.registry.change("city", "gauge", mapping="a, b")
    names = [next(iter(only(connect, send({"v": 1}, f"city/gauge/{t}")).entity["attrs"])) for t in ("a/1", "b", "c")]
    assert [n.rsplit("/", 1)[-1] for n in names] == ["fromA", "fromB", "v"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"attributes": []}, "maps nothing"),
        ({"attributes": [{"name": "a"}]}, "neither a path nor a constant"),
        ({"attributes": [{"name": "a", "path": "a.b"}]}, "begins with $"),
        ({"attributes": [{"name": "a", "path": "$.a["}]}, "not understood from '['"),
        ({"attributes": [{"name": "a", "path": "$.a", "unit_in": "furlong"}]}, "Unit 'furlong' is not known"),
        ({"attributes": [{"name": "a", "path": "$.a", "unit_in": "m", "unit": "SEC"}]}, "different things"),
        ({"attributes": [{"name": "a", "path": "$.a"}], "time": {"path": "$.t", "zone": "Mars"}}, "Time zone 'Mars'"),
        ({"attributes": [{"name": "a", "path": "$.a", "colour": "red"}]}, "unknown field `colour`"),
        ({"attributes": [{"name": "a", "path": "$.b"}]}, "it looks at $.b, but the message is an object with a"),
        ({"attributes": [{"name": "a", "path": "$.a", "kind": "geo"}]}, "a is 1, not a place"),
    ],
)
def test_the_editor_hears_what_is_wrong_with_a_mapping(model, members: dict[str, Any], said: str) -> None:
    preview = try_mapping({"id": "m", **members}, b'{"a": 1}', model=model)
    assert preview.updates == []
    assert said in preview.error


def test_the_editor_sees_what_would_come_out(model) -> None:
    preview = try_mapping(
        {"id": "m", "attributes": [{"name": "a", "path": "$.a"}, {"name": "b", "path": "$.b"}]},
        b'{"a": 1}',
        model=model,
    )
    assert preview.error == ""
    assert preview.updates[0]["attrs"][DEFAULT_NAMESPACE + "a"][0]["value"] == 1
    assert [(look.attribute, look.found) for look in preview.looked] == [
        ("a", "$.a is 1"),
        ("b", "$ is an object with a, without .b"),
    ]


def test_documents_are_versioned_over_the_packs_defaults(connect: Connect) -> None:
    default = Mapping(id="m", title="pack", attributes=(Attribute(name="a", path="$.a"),))
    connect.documents.bring("mapping", [default])
    assert connect.documents.get("city", "mapping", "m", Mapping).title == "pack"
    assert connect.documents.save("city", "mapping", msgspec.structs.replace(default, title="own")) == 1
    assert connect.documents.save("city", "mapping", msgspec.structs.replace(default, title="newer")) == 2
    assert [m.title for m in connect.documents.list("city", "mapping", Mapping)] == ["newer"]
    assert connect.documents.get("city", "mapping", "m", Mapping, version=1).title == "own"
    assert connect.documents.get("port", "mapping", "m", Mapping).title == "pack"
    connect.documents.delete("city", "mapping", "m")
    assert connect.documents.get("city", "mapping", "m", Mapping).title == "pack"


async def test_many_messages_are_decoded_in_their_order(connect: Connect, gauge: Device, send) -> None:
    messages = [("city", send({"waterLevel": n})) for n in range(50)]
    decoded = await connect.decoder.decode_many(messages)
    assert [level(d.updates[0])["value"] for d in decoded] == list(range(50))


def test_answers_to_commands_are_not_decoded(connect: Connect, gauge: Device, send) -> None:
    decoded = connect.decoder.decode("city", send({"id": "1", "status": "done"}, "city/gauge/command/ack"))
    assert (decoded.updates, decoded.error, decoded.device) == ([], None, "gauge")


def test_a_topic_that_looks_like_an_http_message_stays_with_its_own_tenant(
    connect: Connect, gauge: Device, send
) -> None:
    (connect.tables.folder / "http").mkdir()
    connect.registry.add("http", Device(id="city"))
    assert only(connect, send({"waterLevel": 1}, "http/city/gauge", stream="RAW")).source == "device:gauge"
    assert connect.decoder.tenant_of("$MQTT_msgs", "http/city/gauge") == "http"
    decoded = connect.decoder.decode("http", send({"waterLevel": 1}, "http/city/gauge"))
    assert decoded.updates[0].source == "device:city"


def test_http_messages_belong_to_the_device_of_their_subject(connect: Connect, gauge: Device, send) -> None:
    assert connect.decoder.tenant_of("RAW", "http/city/gauge") == "city"
    assert level(only(connect, send({"waterLevel": 1}, "http/city/gauge", stream="RAW")))["value"] == 1
