"""A pack is one frozen value: everything that a domain brings, on one first page.

A value and not a manifest file, so that mypy checks it and a reader sees all of it (`docs/decisions/0006`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from rhinecloud.base.declare import EntityType, Label


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """How payloads of a form of their own become attributes; flat JSON with the model's names and units needs none."""

    id: str  # unique among all packs: "parking.counter"
    label: Label
    body: dict[str, Any]  # the other members of `rhinecloud.connect`'s Mapping, as a JSON document


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A source on the web that is asked on a schedule; a city switches it on."""

    id: str  # unique among all packs: "environment.pegelonline"
    label: Label
    url: str
    format: str  # the reader's name in `connect`
    interval_s: float
    licence: str
    attribution: str  # shown wherever the data is shown
    options: dict[str, Any] = {}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer of the map: the things of one type, drawn as that type's declaration says."""

    type: str  # the type's name
    label: Label
    on: bool = True  # switched on for who has not chosen
    cluster: bool = True  # far out, near ones are drawn as one
    min_zoom: float = 0


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated device and the thing that it watches.

    `measure` is a pure function of the instant (seconds since 1970 UTC): it gives the observed values by attribute
    name, in the declared units. So the past that a fleet sends at its first start and the present that it sends
    afterwards are one curve, and the same seed gives the same city.
    """

    device: str  # "gauge-ruhrort"; a-z, 0-9 and "-"
    name: str
    type: str  # the entity type's name
    entity: str  # "urn:ngsi-ld:WaterObserved:ruhrort"
    location: tuple[float, float]  # (lon, lat), WGS 84
    interval_s: float
    measure: Callable[[float], dict[str, Any]]
    fixed: dict[str, Any] = {}  # what never changes: capacity, address, …; sent once at each connection


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A domain. `simulator` builds its things for a seed; the same seed gives the same things and values."""

    id: str
    title: Label
    text: Label  # one or two sentences, for whom it is and what it brings
    types: tuple[EntityType, ...]
    mappings: tuple[Mapping, ...] = ()
    feeds: tuple[Feed, ...] = ()
    layers: tuple[Layer, ...] = ()
    simulator: Callable[[int], Sequence[Thing]] | None = None
    needs: tuple[str, ...] = ()  # names of other packs' entity types that it reads
