"""Whatever comes through the door gives Updates or a reason: never another exception, never what cannot be kept.

RHINECLOUD_FUZZ=10000 makes ten thousand of each instead of a hundred.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import Unreadable
from rhinecloud.base.model import VALUE_MEMBER
from rhinecloud.connect import Connect, Decoded, Device, Mapping, Quality, try_mapping
from rhinecloud.connect.lorawan import read_uplink
from rhinecloud.connect.mapping import Attribute, Time

WORDS = st.sampled_from(
    [
        "id",
        "type",
        "@context",
        "value",
        "unit",
        "unitCode",
        "observedAt",
        "time",
        "ts",
        "waterLevel",
        "location",
        "name",
        "object",
        "metadata",
        "coordinates",
        "scope",
        "datasetId",
        "expiresAt",
        "languageMap",
        "deviceInfo",
        "devEui",
        "data",
        "fPort",
        "rxInfo",
        "rssi",
        "snr",
        "txInfo",
        "end_device_ids",
        "dev_eui",
        "uplink_message",
        "frm_payload",
        "decoded_payload",
        "EUI",
        "cmd",
        "bat",
        "devEUI",
        "objectJSON",
        "tags",
        "settings",
        "battery",
        "",
        "a b",
        "\u0000",
        "lat",
        "lon",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        [
            "urn:x:1",
            "Property",
            "GeoProperty",
            "Relationship",
            "Point",
            "WaterObserved",
            "2026-11-22T10:00:00Z",
            "2026-13-45T99:00:00Z",
            "9999-12-31T23:59:59-14:00",
            "AXVcA4JECAQAAQ==",
            "1000000000000001",
            "cm",
            "rx",
            "51.4,6.7",
            "POINT (1 2)",
            "NaN",
            "1e999",
            "urn:ngsi-ld:null",
        ]
    ),
    st.text(max_size=12),
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -1, 10**18, 2**63, -(2**63), 1e308, 5e-324, 1795341600])
    | TEXTS
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=6),
    max_leaves=25,
)
OBJECTS = st.dictionaries(WORDS, DOCUMENTS, max_size=8)
TOPICS = st.sampled_from(
    ["city/gauge/up", "city/gauge/waterLevel", "city/ns/up", "city/mapped/up", "city/gauge", "city/gauge/a/b"]
)
EXAMPLES = int(os.environ.get("RHINECLOUD_FUZZ", "100"))
HARD = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def door(connect: Connect) -> Connect:
    connect.registry.add("city", Device(id="gauge", entity_type="WaterObserved", name="G"))
    connect.registry.add("city", Device(id="ns", kind="network"))
    connect.registry.add("city", Device(id="1000000000000001", kind="lorawan", codec="milesight-em310-udl"))
    mapping = Mapping(
        id="m",
        each="$.data",
        entity="urn:x:{$.id}",
        time=Time(path="$.ts"),
        attributes=(
            Attribute(name="waterLevel", path="$.value", unit_path="$.unit"),
            Attribute(name="location", path="$.location"),
            Attribute(name="on", path="$.name", kind="boolean"),
        ),
    )
    connect.documents.save("city", "mapping", mapping)
    connect.registry.add("city", Device(id="mapped", mapping="m"))
    return connect


def can_be_kept(decoded: Decoded, quality: Quality) -> None:
    assert decoded.error is None or (
        isinstance(decoded.error, Unreadable) and decoded.error.reason and decoded.error.detail
    )
    for update in decoded.updates:
        assert ":" in update.id
        assert update.id.isprintable()
        assert all(isinstance(kind, str) and kind for kind in update.entity["type"])
        for name, instances in update.entity["attrs"].items():
            assert ":" in name
            for instance in instances:
                assert VALUE_MEMBER[instance["type"]] in instance
                observed = parse_us(instance["observedAt"]) if "observedAt" in instance else None
                quality.checker(tuple(update.entity["type"]), name)(None, instance, observed, 1_795_341_600_000_000)
        msgspec.json.decode(msgspec.json.encode(update.entity))


@HARD
@given(DOCUMENTS, TOPICS)
def test_any_json(door: Connect, send, model, document: Any, topic: str) -> None:
    can_be_kept(door.decoder.decode("city", send(document, topic)), Quality(model))


@HARD
@given(st.lists(OBJECTS, max_size=3) | OBJECTS, TOPICS)
def test_objects_that_look_familiar(door: Connect, send, model, document: Any, topic: str) -> None:
    can_be_kept(door.decoder.decode("city", send(document, topic)), Quality(model))


@HARD
@given(st.binary(max_size=200), TOPICS)
def test_any_bytes(door: Connect, send, model, data: bytes, topic: str) -> None:
    can_be_kept(door.decoder.decode("city", send(data, topic)), Quality(model))


@HARD
@given(st.text(max_size=60), st.binary(max_size=5))
def test_any_topic(door: Connect, send, model, topic: str, data: bytes) -> None:
    tenant = door.decoder.tenant_of("$MQTT_msgs", topic) or "city"
    can_be_kept(door.decoder.decode(tenant, send(data, topic)), Quality(model))


NETWORKS = st.one_of(
    st.fixed_dictionaries(
        {"deviceInfo": st.fixed_dictionaries({"devEui": TEXTS}) | DOCUMENTS},
        optional={
            "data": DOCUMENTS,
            "fPort": DOCUMENTS,
            "rxInfo": DOCUMENTS,
            "txInfo": DOCUMENTS,
            "time": DOCUMENTS,
            "object": DOCUMENTS,
            "location": DOCUMENTS,
            "margin": DOCUMENTS,
            "batteryLevel": DOCUMENTS,
            "tags": DOCUMENTS,
        },
    ),
    st.fixed_dictionaries(
        {"end_device_ids": st.fixed_dictionaries({"dev_eui": TEXTS}) | DOCUMENTS},
        optional={
            "uplink_message": OBJECTS | DOCUMENTS,
            "received_at": DOCUMENTS,
            "location_solved": DOCUMENTS,
            "join_accept": DOCUMENTS,
        },
    ),
    st.fixed_dictionaries(
        {"EUI": TEXTS, "cmd": TEXTS},
        optional={
            "data": DOCUMENTS,
            "port": DOCUMENTS,
            "ts": DOCUMENTS,
            "dr": DOCUMENTS,
            "gws": DOCUMENTS,
            "decoded": DOCUMENTS,
        },
    ),
    st.fixed_dictionaries(
        {"devEUI": TEXTS, "fPort": DOCUMENTS},
        optional={"objectJSON": TEXTS, "rxInfo": DOCUMENTS, "txInfo": DOCUMENTS, "tags": DOCUMENTS},
    ),
)


@HARD
@given(NETWORKS)
def test_any_network_server(door: Connect, send, model, document: dict[str, Any]) -> None:
    try:
        read_uplink(document)
    except Unreadable as error:
        assert error.reason in ("bad uplink", "bad time", "encrypted")
    can_be_kept(door.decoder.decode("city", send(document, "city/ns/up")), Quality(model))


@HARD
@given(
    st.fixed_dictionaries(
        {"id": TEXTS},
        optional={
            "each": TEXTS | st.just("$.a"),
            "entity": TEXTS | st.just("urn:{$.a}"),
            "type": TEXTS,
            "time": st.fixed_dictionaries(
                {"path": TEXTS | st.just("$.ts")}, optional={"zone": TEXTS, "pattern": TEXTS}
            ),
            "attributes": st.lists(
                st.fixed_dictionaries(
                    {"name": TEXTS | st.just("a")},
                    optional={
                        "path": st.sampled_from(
                            ["$.a", "$.a[0]", "$.a[x=1].b", "$['a']", "$$", "$", "a", "$.a[", "$..a"]
                        )
                        | TEXTS,
                        "kind": st.sampled_from(
                            ["number", "integer", "text", "boolean", "geo", "relation", "json", "x"]
                        ),
                        "unit_in": TEXTS,
                        "unit": TEXTS,
                        "scale": st.floats(),
                        "words": st.dictionaries(TEXTS, SCALARS, max_size=2),
                        "const": SCALARS,
                        "lon": TEXTS,
                        "lat": TEXTS,
                    },
                ),
                max_size=3,
            ),
        },
    ),
    DOCUMENTS,
)
def test_any_mapping(model, mapping: dict[str, Any], document: Any) -> None:
    shown = try_mapping(mapping, msgspec.json.encode(document), model=model)
    assert shown.updates or shown.error or isinstance(document, list | dict)
    msgspec.json.encode(shown)
