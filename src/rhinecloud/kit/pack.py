"""A pack is one frozen value: everything that a domain brings, on one first page.

A value and not a manifest file, so that mypy checks it and a reader sees all of it (`docs/decisions/0006`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Named
from pathlib import Path
from typing import Any, Literal

import msgspec

from rhinecloud.base.declare import EntityType, Label
from rhinecloud.insight import Forecast, Indicator, Rule
from rhinecloud.operations import Centre, PlaybookStep, Scenario, Trigger

from .crew import Crew
from .world import World


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
    format: str = ""  # a form that the platform reads, as "pegelonline", or a `Reader`'s id; "": see `mapping`
    mapping: str = ""  # the id of a `Mapping`; "" too: the answer is NGSI-LD
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
    through: str = ""  # the gateway that sends for it, and for others: a device without a thing of its own; "": itself
    on_change: bool = False  # sends when a value changes, and each `interval_s` anyway
    crew: Crew | None = None  # people who take orders; then `measure` is what they do without any


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen shows of the things of a type beside the list of their attributes; the screens draw it.

    A chart draws each attribute's past and, where `<attr>Forecast` is kept, what is to come with its band; a table the
    steps of such a forecast, and the values of other attributes. Guidance is what the pack's endpoint `<pack>.guidance`
    answers to `lon` and `lat` of the thing: `suggestions` with `id`, `name` and `reasons` (each `de` and `en`), and
    `left_out` with `id`, `name` and `reason`.
    """

    type: str  # the type's name
    title: Label
    kind: Literal["figures", "chart", "table", "guidance"] = "figures"
    attributes: tuple[str, ...] = ()  # in the order shown
    hours: float = 24  # for a chart: how far it looks back
    text: Label | None = None  # a sentence that helps to read it


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    """What people do, in which order, when a rule that names it raises an alert. Declared data only.

    A step that is a mere text waits for the one before it; a `PlaybookStep` says itself what it waits for, who owns it,
    when it is due, on which reading it hangs, what it does by itself, and what takes it back.
    """

    id: str  # unique among all packs: "environment.flood"
    title: Label
    text: Label  # when it is for, and after whose plan
    steps: tuple[Label | PlaybookStep, ...]
    types: tuple[str, ...] = ()  # it begins by itself in incidents of these
    triggers: tuple[Trigger, ...] = ()  # alerts that ask for it

    @property
    def titles(self) -> tuple[Label, ...]:
        """The steps in words."""
        return tuple(step if isinstance(step, Label) else step.title for step in self.steps)


class Bad(msgspec.Struct, frozen=True):
    """A record of a file or feed that could not be read. It is kept with its reason, never dropped."""

    reason: str  # a few words by which such records are counted: "no id", "bad value"
    detail: str  # a sentence for the one who has to mend it; names the record
    raw: bytes = b""  # the record as it came


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A form of file or feed beyond those that the platform knows.

    `read` gives entities as NGSI-LD has them, normalized or concise, with the model's own names; `Bad` for each record
    that cannot be read. A file that is not of this form, or is broken as a whole, raises ValueError with a sentence.
    """

    id: str  # unique among all packs: "parking.datex2"; also what a feed names as its `format`
    label: Label
    sniff: Callable[[str, bytes], bool]  # (file name, its first 64 KiB) → it is of this form
    read: Callable[[bytes], Iterator[dict[str, Any] | Bad]]


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """Open data in a form of the domain's own, at `/publications/<path>`; to be read by whoever may read its types.

    `render` gets the entities of its types as NGSI-LD normalized objects with the model's own names, in the order of
    their making, and gives the document. It is called in a thread of its own.
    """

    id: str  # unique among all packs: "parking.datex2"
    label: Label
    media_type: str
    path: str  # under /publications/, unique among all packs: "parking/datex2-v3.xml"
    types: tuple[str, ...]  # names of the entity types that it publishes
    render: Callable[[Iterable[Named[str, Any]]], bytes]
    licence: str = ""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of an endpoint."""

    name: str
    label: Label
    kind: Literal["number", "integer", "boolean", "text"] = "number"
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A question about the present that a domain answers, at `/<path>`; read by whoever may read its types.

    `answer` gets the entities of its types as NGSI-LD normalized objects with the model's own names, the parameters
    that were given (checked and converted), and the instant in µs; what it gives is sent as JSON. It is called in a
    thread of its own. A parameter that cannot be raises ValueError with a sentence.
    """

    id: str  # unique among all packs: "parking.guidance"
    label: Label
    path: str  # begins with the pack's id and a slash: "parking/guidance"
    types: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    answer: Callable[[Sequence[Named[str, Any]], Named[str, Any], int], Any]


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A domain. `simulator` builds its things for a world; the same world gives the same things and values.

    All that is named here appears and disappears with the pack, tenant by tenant; the data stay (`kit.Switchboard`).
    """

    id: str  # a-z, 0-9 and "_", as the entry point; all its ids begin with it and a dot
    title: Label
    text: Label  # one or two sentences, for whom it is and what it brings
    types: tuple[EntityType, ...]
    mappings: tuple[Mapping, ...] = ()
    feeds: tuple[Feed, ...] = ()
    layers: tuple[Layer, ...] = ()
    simulator: Callable[[World], Sequence[Thing]] | None = None
    centre: Centre | None = None  # what a demo city's command centre begins with
    scenarios: tuple[Scenario, ...] = ()  # drills
    needs: tuple[str, ...] = ()  # names of other packs' entity types that it reads
    rules: tuple[Rule, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    panels: tuple[Panel, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    readers: tuple[Reader, ...] = ()
    publications: tuple[Publication, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    readme: str = ""  # Markdown with the headings Purpose, Sources, Standards, Known limits
    on_by_default: bool = True  # on in a tenant where nobody has decided yet
    version: str = ""


def beside(file: str, name: str = "README.md") -> str:
    """The text of a file beside a module: `readme=beside(__file__)`."""
    return Path(file).with_name(name).read_text("utf-8")
