"""A small model, a registry with one gauge, and raw messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rhinecloud.backbone import RawMessage
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.connect import Connect, Device


def label(text: str) -> Label:
    return Label(text, text)


def kind(
    name: str, subject: str, *attributes: Attribute, interval_s: float | None = None, main: str = ""
) -> EntityType:
    return EntityType(
        name=name,
        label=label(name),
        plural=label(name),
        subject=subject,
        icon="x",
        attributes=attributes,
        interval_s=interval_s,
        main=main,
    )


WATER = kind(
    "WaterObserved",
    "dataModel.Environment",
    Attribute(
        name="waterLevel", label=label("level"), unit="MTR", minimum=0, maximum=14, max_rate=0.5, stuck_after_s=86_400
    ),
    Attribute(name="flow", label=label("flow"), unit="MQS"),
    Attribute(name="name", label=label("name"), kind="text"),
    Attribute(name="location", label=label("place"), kind="geo"),
    Attribute(name="refDevice", label=label("device"), kind="relation"),
    interval_s=900,
    main="waterLevel",
)
PARKING = kind(
    "OffStreetParking",
    "dataModel.Parking",
    Attribute(name="availableSpotNumber", label=label("free"), kind="integer", minimum=0),
    Attribute(name="totalSpotNumber", label=label("all"), kind="integer", minimum=0),
    Attribute(name="status", label=label("status"), kind="text", options=("open", "closed")),
    Attribute(name="open", label=label("open"), kind="boolean"),
    Attribute(name="name", label=label("name"), kind="text"),
    Attribute(name="location", label=label("place"), kind="geo"),
)


@pytest.fixture(scope="session")
def model() -> Model:
    return Model((WATER, PARKING))


@pytest.fixture
def tenants(tmp_path: Path) -> Path:
    folder = tmp_path / "tenants"
    for name in ("city", "port"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def connect(tenants: Path, model: Model, held_clock: Callable[[], int]) -> Iterator[Connect]:
    room = Connect(tenants, model=model, clock=held_clock)
    yield room
    room.close()


@pytest.fixture
def gauge(connect: Connect) -> Device:
    """A registered gauge, "city/gauge"."""
    connect.registry.add("city", Device(id="gauge", entity_type="WaterObserved"))
    return connect.registry.get("city", "gauge")


class Sender:
    """Makes raw messages with rising sequences, stored at a fixed instant."""

    def __init__(self) -> None:
        self.sequence = 0
        self.stored_us = 1_795_341_600_000_000  # 2026-11-22T10:00:00Z

    def __call__(self, content: Any, topic: str = "city/gauge/up", *, stream: str = "$MQTT_msgs") -> RawMessage:
        self.sequence += 1
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)
        return RawMessage(stream, self.sequence, topic, data, self.stored_us)


@pytest.fixture
def send() -> Sender:
    return Sender()
